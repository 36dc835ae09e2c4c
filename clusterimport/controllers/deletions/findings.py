"""What a live look at one candidate has found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clusterimport.controllers.shared.blocks import BUDGET_EXCEEDED, EXAMPLES, HeldDeletions
from clusterimport.model import meta
from clusterimport.model.gvr import GroupVersionResource


class Certainty(StrEnum):
    """What the server says about a lifecycle that its policy seems not to want."""

    UNWANTED = "unwanted"
    WANTED = "wanted"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question."""

    certainty: Certainty
    reason: str
    message: str = ""
    is_counted: bool = True
    """Whether the deletion uses up the budget."""
    is_releasable: bool = False
    """Whether a person may release a doubt: what is missing was looked for and is not there."""
    missing: GroupVersionResource | None = None
    """The type of what is missing: certain only once ``settle`` has looked at that, too."""
    missed_at: float = 0.0
    """When the server said so, on the monotonic clock."""


def wanted(message: str) -> Finding:
    """Answer that the lifecycle stays."""
    return Finding(Certainty.WANTED, "Wanted", message)


def doubt(reason: str, message: str, *, is_releasable: bool = False) -> Finding:
    """Answer that nothing is certain."""
    return Finding(Certainty.DOUBTFUL, reason, message, is_releasable=is_releasable)


def unwanted(reason: str, *, is_counted: bool = True) -> Finding:
    """Answer that the lifecycle goes."""
    return Finding(Certainty.UNWANTED, reason, is_counted=is_counted)


def held_back(
    over_budget: Sequence[meta.Object],
    doubts: Sequence[tuple[meta.Object, Finding]],
    *,
    token: str,
    maximum: str = "",
) -> HeldDeletions:
    """Describe what is not deleted; the budget is told before the doubts."""
    kept = [*over_budget, *(obj for obj, _ in doubts)]
    return HeldDeletions(
        reason=BUDGET_EXCEEDED if over_budget else doubts[0][1].reason,
        why="" if over_budget else doubts[0][1].message,
        over_budget=len(over_budget),
        releasable=sum(1 for _, finding in doubts if finding.is_releasable),
        count=len(kept),
        examples=tuple(meta.name_of(obj) for obj in kept[:EXAMPLES]),
        token=token,
        maximum=maximum,
    )
