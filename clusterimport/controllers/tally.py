"""How the import of each policy stands, kept by one entry per selected source.

Both the source and the lifecycle reconciler report here; the policy reconciler reads sums. All
of it is made anew by a leadership term from what the reconcilers find, so nothing is persisted.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import nsmallest
from operator import itemgetter

from clusterimport.model.keys import ObjectKey

FAILED_RECONCILE = "FailedReconcile"
"""Clusterpedia's reason where the server did not take what had to be written."""
NAMED_REJECTIONS = 5
"""How many rejected sources a condition names; the count tells the rest."""


class State(StrEnum):
    """Where a selected source stands."""

    PENDING = "pending"
    IMPORTED = "imported"
    WAITING = "waiting"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    """Imported, and the cluster does not do what its credentials are for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of one source."""

    state: State
    reason: str = ""
    message: str = ""
    has_lifecycle: bool = True
    is_rejected: bool = False
    """Whether it is the source that failed: a lifecycle of before, which may do well, does not end
    that."""


PENDING = Standing(State.PENDING)


@dataclass(slots=True)
class PolicyTally:
    """The sums of one policy; changed only by ``Tally``."""

    standings: dict[ObjectKey, Standing] = field(default_factory=dict)
    # For each state, exactly the number of entries of ``standings`` in it.
    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    # Exactly the failed sources without a lifecycle: no other object shows them.
    rejected: dict[ObjectKey, Standing] = field(default_factory=dict)

    # Sources that have to be looked at again since the policy itself has changed.
    unjudged: set[ObjectKey] = field(default_factory=set)
    # Whether the present look concerns what was looked at before, and not only new sources.
    is_renewed: bool = False

    @property
    def selected(self) -> int:
        """How many sources the policy takes."""
        return len(self.standings)

    def examples(self) -> Mapping[ObjectKey, Standing]:
        """Return the first few rejected sources that no lifecycle speaks for.

        By name and not by time, so that the next leader names the same ones.
        """
        return dict(nsmallest(NAMED_REJECTIONS, self.rejected.items(), key=itemgetter(0)))

    def count_reason(self, reason: str) -> int:
        """Return how many sources stand for this reason; looks at all of them."""
        return sum(1 for standing in self.standings.values() if standing.reason == reason)


class Tally:
    """All policies' sums; tells its listener which policy changed."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._policies: dict[str, PolicyTally] = {}

    def of(self, policy: str) -> PolicyTally:
        """Return the sums of a policy, all zero for an unknown one."""
        return self._policies.get(policy) or PolicyTally()

    def find(self, policy: str, source: ObjectKey) -> Standing | None:
        """Return where a source stands, None if it is not selected."""
        return self.of(policy).standings.get(source)

    def set(self, policy: str, source: ObjectKey, standing: Standing) -> None:
        """Record where a source stands."""
        tally = self._policies.setdefault(policy, PolicyTally())
        before = tally.standings.get(source)
        if before == standing:
            return
        if before is not None:
            tally.counts[before.state] -= 1
        tally.standings[source] = standing
        tally.counts[standing.state] += 1
        if standing.state is State.FAILED and not standing.has_lifecycle:
            tally.rejected[source] = standing
        else:
            tally.rejected.pop(source, None)
        self._changed(policy)

    def expect(self, policy: str, source: ObjectKey) -> None:
        """Record that work on a source is outstanding, unless it is known already."""
        tally = self._policies.get(policy)
        if tally is None or source not in tally.standings:
            self.set(policy, source, PENDING)

    def discard(self, policy: str, source: ObjectKey) -> None:
        """Forget a source that is gone or not selected."""
        tally = self._policies.get(policy)
        standing = tally.standings.pop(source, None) if tally else None
        if tally is None or standing is None:
            return
        tally.counts[standing.state] -= 1
        tally.rejected.pop(source, None)
        self._changed(policy)

    def renew(self, policy: str, sources: Iterable[ObjectKey]) -> None:
        """Have these and all known sources judged again, because the policy itself has changed."""
        tally = self._policies.setdefault(policy, PolicyTally())
        # In place of those before: what is expected no more may not be looked at again.
        tally.unjudged = set(sources)
        tally.is_renewed = True
        for source in list(tally.standings):
            self.set(policy, source, PENDING)
        self._changed(policy)

    def suspend(self, policy: str) -> None:
        """Expect no look at any source while the policy is not in force; sums stay as they were."""
        tally = self._policies.get(policy)
        if tally is not None and tally.unjudged:
            tally.unjudged = set()
            self._changed(policy)

    def judged(self, policy: str, source: ObjectKey) -> None:
        """Record that a source was looked at under what is in force now."""
        tally = self._policies.get(policy)
        if tally is not None and source in tally.unjudged:
            tally.unjudged.discard(source)
            if not tally.unjudged:
                self._changed(policy)

    def settled(self, policy: str) -> None:
        """Record that nothing is outstanding; what comes from now on is new."""
        tally = self._policies.get(policy)
        if tally is not None:
            tally.is_renewed = False

    def is_busy(self, policy: str) -> bool:
        """Whether a source has not been looked at since the policy changed."""
        return bool(self.of(policy).unjudged)

    def forget(self, policy: str) -> None:
        """Forget a policy that is gone."""
        self._policies.pop(policy, None)
