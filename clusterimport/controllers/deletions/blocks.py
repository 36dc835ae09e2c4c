"""Deletions that wait for a person or for the world, as conditions tell them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clusterimport.controllers.deletions.confirm import Finding
from clusterimport.model import meta
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION

BUDGET_EXCEEDED = "DeletionBudgetExceeded"
_EXAMPLES = 5
_TOKEN = re.compile(re.escape(ALLOW_DELETIONS_ANNOTATION) + r"=(\S+)")


@dataclass(frozen=True, slots=True)
class Block:
    """Why deletions of one policy do not happen."""

    reason: str
    message: str
    count: int
    token: str
    """With it a person releases what is over the budget and what is releasable of the doubts."""

    @classmethod
    def of(
        cls,
        over_budget: Sequence[meta.Object],
        doubts: Sequence[tuple[meta.Object, Finding]],
        *,
        policy: str,
        token: str,
    ) -> "Block":
        """Describe what is not deleted; the budget is told before the doubts."""
        releasable = [obj for obj, finding in doubts if finding.is_releasable]
        held = [*over_budget, *(obj for obj, _ in doubts)]
        if over_budget:
            reason = BUDGET_EXCEEDED
            why = (
                f"{len(over_budget)} lifecycles seem to be unwanted, more than may be deleted "
                "within 10 minutes without a person"
            )
        else:
            reason, why = doubts[0][1].reason, doubts[0][1].message
        names = ", ".join(meta.name_of(obj) for obj in held[:_EXAMPLES])
        more = f" and {len(held) - _EXAMPLES} more" if len(held) > _EXAMPLES else ""
        release = ""
        if over_budget or releasable:
            release = (
                f". To delete exactly these {len(over_budget) + len(releasable)}: kubectl annotate "
                f"clusterimportpolicy {policy} --overwrite {ALLOW_DELETIONS_ANNOTATION}={token}"
            )
        message = f"{why}. Not deleted: {names}{more}{release}"
        return cls(reason, message, len(held), token)


def token_in(message: str) -> str:
    """Return the token that the message of a block names, empty if there is none."""
    found = _TOKEN.search(message)
    return found[1] if found else ""


class Blocks:
    """The present block of each policy."""

    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}

    def get(self, policy: str) -> Block | None:
        """Return why deletions of a policy do not happen, None if nothing is held back."""
        return self._blocks.get(policy)

    def set(self, policy: str, block: Block) -> bool:
        """Set the block of a policy; return whether it says anything new."""
        changed = self._blocks.get(policy) != block
        self._blocks[policy] = block
        return changed

    def clear(self, policy: str) -> bool:
        """Forget the block of a policy; return whether there was one."""
        return self._blocks.pop(policy, None) is not None
