"""Deletions that wait for a person or for the world, as conditions tell them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clusterimport.limits.deletions import HELD_NAMESPACES_SHOWN
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION
from clusterimport.model.tenant import Tenant, namespace_of

BUDGET_EXCEEDED = "DeletionBudgetExceeded"
EXAMPLES = 5
_NAMESPACES = 3
_TOKENS = 8


@dataclass(frozen=True, slots=True)
class HeldDeletions:
    """Why deletions of one tenant do not happen."""

    reason: str
    why: str
    over_budget: int
    releasable: int
    """Doubts that a person may release."""
    count: int
    examples: tuple[str, ...]
    token: str
    """With it a person releases what is over the budget and what is releasable of the doubts."""
    maximum: str = ""
    """``spec.maxDeletions``, where the policy says it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Why deletions of one policy do not happen."""

    reason: str
    message: str
    count: int
    held: tuple[dict[str, Any], ...] = ()
    """As ``status.heldDeletions`` shows it: by namespace how many a token releases."""

    @classmethod
    def of(cls, policy: str, held: Iterable[tuple[Tenant, HeldDeletions]]) -> "Block":
        """Put together what is held of the tenants of a policy, of which there is at least one."""
        # The budget is told before the doubts.
        parts = sorted(held, key=lambda part: (not part[1].over_budget, part[0]))
        first = parts[0][1]
        over = [(tenant, each.over_budget) for tenant, each in parts if each.over_budget]
        why = _over_budget(over, first.maximum) if over else first.why
        count = sum(each.count for _, each in parts)
        examples = [name for _, each in parts for name in each.examples][:EXAMPLES]
        more = f" and {count - len(examples)} more" if count > len(examples) else ""
        releasable = [(tenant, each) for tenant, each in parts if each.token]
        return cls(
            first.reason,
            f"{why}. Not deleted: {', '.join(examples)}{more}{_release(policy, releasable)}",
            count,
            tuple(_shown(*part) for part in sorted(releasable)[:HELD_NAMESPACES_SHOWN]),
        )


class Blocks:
    """The present block of each policy, put together from those of its tenants."""

    def __init__(self) -> None:
        self._held: dict[str, dict[Tenant, HeldDeletions]] = {}
        # By policy: the sum over its tenants, and what is told, which is put together when asked.
        self._counts: Counter[str] = Counter()
        self._blocks: dict[str, Block] = {}

    def get(self, policy: str) -> Block | None:
        """Return why deletions of a policy do not happen, None if nothing is held back."""
        held = self._held.get(policy)
        if held and policy not in self._blocks:
            self._blocks[policy] = Block.of(policy, held.items())
        return self._blocks.get(policy)

    def count(self, policy: str) -> int:
        """Return how many deletions of a policy are held."""
        return self._counts[policy]

    def of(self, policy: str, tenant: Tenant) -> HeldDeletions | None:
        """Return what is held of one tenant, None if nothing is."""
        return self._held.get(policy, {}).get(tenant)

    def set(self, policy: str, tenant: Tenant, held: HeldDeletions) -> bool:
        """Set what is held of a tenant; return whether it says anything new."""
        tenants = self._held.setdefault(policy, {})
        before = tenants.get(tenant)
        if before == held:
            return False
        tenants[tenant] = held
        self._counts[policy] += held.count - (before.count if before else 0)
        self._blocks.pop(policy, None)
        return True

    def clear(self, policy: str, tenant: Tenant) -> bool:
        """Forget what is held of a tenant; return whether there was anything."""
        tenants = self._held.get(policy, {})
        held = tenants.pop(tenant, None)
        if held is None:
            return False
        self._counts[policy] -= held.count
        self._blocks.pop(policy, None)
        if not tenants:
            del self._held[policy], self._counts[policy]
        return True


def _over_budget(over: Sequence[tuple[Tenant, int]], maximum: str) -> str:
    number = sum(count for _, count in over)
    whose = ""
    if len(over) > 1:
        named = ", ".join(
            f"{namespace_of(tenant) or 'none'}: {n}" for tenant, n in over[:_NAMESPACES]
        )
        more = f" and {len(over) - _NAMESPACES} more" if len(over) > _NAMESPACES else ""
        whose = f" of {len(over)} namespaces ({named}{more})"
    elif namespace_of(over[0][0]):
        whose = f" of namespace {namespace_of(over[0][0])}"
    return (
        f"{number} lifecycles{whose} seem to be unwanted, more than may be deleted within "
        f"10 minutes without a person{f' (spec.maxDeletions: {maximum})' if maximum else ''}"
    )


def _release(policy: str, releasable: Sequence[tuple[Tenant, HeldDeletions]]) -> str:
    """Say how a person releases what is held, empty where nobody can."""
    if not releasable:
        return ""
    shown = [each for _, each in releasable[:_TOKENS]]
    number = sum(each.over_budget + each.releasable for each in shown)
    which, rest = f"exactly these {number}", ""
    if len(releasable) > len(shown):
        which = f"the {number} of the first {len(shown)} namespaces"
        rest = ". status.heldDeletions and the controller's log have the tokens of the others"
    tokens = ",".join(each.token for each in shown)
    return (
        f". To delete {which}: kubectl annotate clusterimportpolicy {policy} --overwrite "
        f"{ALLOW_DELETIONS_ANNOTATION}={tokens}{rest}"
    )


def _shown(tenant: Tenant, held: HeldDeletions) -> dict[str, Any]:
    namespace = namespace_of(tenant)
    entry = {"count": held.over_budget + held.releasable, "token": held.token}
    return {"namespace": namespace, **entry} if namespace else entry
