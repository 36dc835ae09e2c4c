"""Deletions that wait for a person or for the world, as conditions tell them."""

from collections.abc import Sequence
from dataclasses import dataclass

from clusterimport.controllers.deletions.confirm import Finding
from clusterimport.model import meta
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION

BUDGET_EXCEEDED = "DeletionBudgetExceeded"
_EXAMPLES = 5
_SHOWN_LIMIT = 16
"""Sets remembered per policy: a person answers to one of the last."""


@dataclass(frozen=True, slots=True)
class Block:
    """Why deletions of one policy do not happen."""

    reason: str
    message: str
    count: int
    token: str
    uids: frozenset[str]
    """What the token releases."""

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
        uids = frozenset(meta.uid_of(obj) for obj in [*over_budget, *releasable])
        return cls(reason, message, len(held), token, uids)


class Blocks:
    """The present block of each policy, and the sets that were shown with a token."""

    def __init__(self) -> None:
        self._blocks: dict[str, Block] = {}
        # Sets told to people under a token, kept while the policy is blocked.
        self._shown: dict[str, dict[str, frozenset[str]]] = {}

    def get(self, policy: str) -> Block | None:
        """Return why deletions of a policy do not happen, None if nothing is held back."""
        return self._blocks.get(policy)

    def shown(self, policy: str, token: str) -> frozenset[str]:
        """Return the uids that were shown under a token."""
        return self._shown.get(policy, {}).get(token, frozenset())

    def set(self, policy: str, block: Block) -> bool:
        """Set the block of a policy; return whether it says anything new."""
        shown = self._shown.setdefault(policy, {})
        shown[block.token] = block.uids
        while len(shown) > _SHOWN_LIMIT:
            del shown[next(iter(shown))]
        changed = self._blocks.get(policy) != block
        self._blocks[policy] = block
        return changed

    def clear(self, policy: str) -> bool:
        """Forget the block of a policy; return whether there was one."""
        self._shown.pop(policy, None)
        return self._blocks.pop(policy, None) is not None
