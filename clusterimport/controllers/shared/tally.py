"""How the import of each policy stands, kept by one entry per selected source.

Both the source and the lifecycle reconciler report here; the policy reconciler reads sums, and is
the only one who tells them. All of it is made anew by a leadership term from what the reconcilers
find, so nothing is persisted; until a term has found all, what stands in the status is better.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import nsmallest
from itertools import chain
from operator import itemgetter

from clusterimport.limits.deletions import REJECTIONS_REMEMBERED
from clusterimport.limits.messages import SOURCES_NAMED
from clusterimport.model.meta import ObjectKey
from clusterimport.model.rejections import Rejection
from clusterimport.workqueue import RateLimitingQueue

FAILED_RECONCILE = "FailedReconcile"
"""Clusterpedia's reason where the server did not take what had to be written."""


class State(StrEnum):
    """Where a selected source stands; each is in one state."""

    PENDING = "pending"
    """Not looked at yet since we lead."""
    IMPORTED = "imported"
    WAITING = "waiting"
    """Without a PediaCluster, for want of a condition or of what it refers to."""
    FAILED = "failed"
    """Without a PediaCluster, and it needs a person."""
    OUTDATED = "outdated"
    """Imported, and the PediaCluster cannot be kept as it should be."""
    UNREACHABLE = "unreachable"
    """Imported, and the cluster does not do what its credentials are for."""


IMPORTED_STATES = (State.IMPORTED, State.OUTDATED, State.UNREACHABLE)
"""States of a source whose PediaCluster stands."""
FAILED_STATES = (State.FAILED, State.OUTDATED, State.UNREACHABLE)
"""States in which the creation, an update or the health failed."""


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

    @property
    def is_without_lifecycle(self) -> bool:
        """Whether it failed, and no other object shows that."""
        return self.state is State.FAILED and not self.has_lifecycle


PENDING = Standing(State.PENDING)


@dataclass(slots=True)
class PolicyTally:
    """The sums of one policy; changed only by ``Tally``."""

    standings: dict[ObjectKey, Standing] = field(default_factory=dict)
    # The entries of ``standings`` once more, by their state, but for those that do well.
    troubled: dict[State, dict[ObjectKey, Standing]] = field(
        default_factory=lambda: {
            state: {} for state in State if state not in {State.IMPORTED, State.PENDING}
        }
    )
    # For each state, exactly the number of entries of ``standings`` in it.
    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    # Exactly the failed sources without a lifecycle: no other object shows them.
    rejected: dict[ObjectKey, Standing] = field(default_factory=dict)

    # Sources on which work is outstanding; until it is done their last standing counts.
    pending: set[ObjectKey] = field(default_factory=set)
    # Sources that have to be looked at again since the policy itself has changed.
    unjudged: set[ObjectKey] = field(default_factory=set)
    # What the present look rests on, as ``PolicyTracker.revision`` says; empty before the first.
    revision: tuple[object, ...] = ()
    # Whether the present look concerns what was looked at before, and not only new sources.
    is_renewed: bool = False
    # Whether nothing was outstanding at least once: before that the sums are of a part only.
    is_complete: bool = False

    @property
    def selected(self) -> int:
        """How many sources the policy takes."""
        return len(self.standings)

    @property
    def imported(self) -> int:
        """How many of them have their PediaCluster, whatever else is wrong with it."""
        return sum(self.counts[state] for state in IMPORTED_STATES)

    @property
    def waiting(self) -> int:
        """How many have none for want of a condition or of what they refer to."""
        return self.counts[State.WAITING]

    @property
    def failed(self) -> int:
        """How many could not be created or updated, or do not answer."""
        return sum(self.counts[state] for state in FAILED_STATES)

    def rejections(self) -> list[Rejection]:
        """Return the first sources that were rejected, by name, as many as are remembered."""
        troubled = chain(self.troubled[State.FAILED].items(), self.troubled[State.OUTDATED].items())
        told = ((str(key), each.reason) for key, each in troubled if each.is_rejected)
        return [Rejection(*each) for each in nsmallest(REJECTIONS_REMEMBERED, told)]

    def examples(self, *states: State) -> Mapping[ObjectKey, Standing]:
        """Return the first few sources in these states, first those without a lifecycle.

        By name and not by time, so that the next leader names the same ones.
        """
        first = nsmallest(SOURCES_NAMED, self.rejected.items(), key=itemgetter(0))
        others = (
            entry
            for entry in chain.from_iterable(self.troubled[state].items() for state in states)
            if entry[0] not in self.rejected
        )
        found = first if State.FAILED in states else []
        left = SOURCES_NAMED - len(found)
        return dict([*found, *nsmallest(left, others, key=itemgetter(0))])

    def count_reason(self, reason: str) -> int:
        """Return how many sources stand for this reason; looks at all of them."""
        return sum(1 for standing in self.standings.values() if standing.reason == reason)


class Tally:
    """All policies' sums; a policy whose sums change is queued."""

    def __init__(self, policies: RateLimitingQueue[str]) -> None:
        self._queue = policies
        self._policies: dict[str, PolicyTally] = {}

    def of(self, policy: str) -> PolicyTally:
        """Return the sums of a policy, all zero for an unknown one."""
        return self._policies.get(policy) or PolicyTally()

    def find(self, policy: str, source: ObjectKey) -> Standing | None:
        """Return where a source stands, None if it is not selected."""
        return self.of(policy).standings.get(source)

    def set(self, policy: str, source: ObjectKey, standing: Standing) -> None:
        """Record where a source stands, and that no work on it is outstanding any more.

        But for ``PENDING``, which is that work.
        """
        tally = self._policies.setdefault(policy, PolicyTally())
        was_pending = source in tally.pending
        if standing.state is State.PENDING:
            tally.pending.add(source)
        else:
            tally.pending.discard(source)
        before = tally.standings.get(source)
        if before != standing:
            _take_out(tally, source)
            _put_in(tally, source, standing)
        if before != standing or was_pending != (source in tally.pending):
            self._queue.add(policy)

    def expect(self, policy: str, source: ObjectKey) -> None:
        """Record that work on a source is outstanding, unless it is known already."""
        tally = self._policies.get(policy)
        if tally is None or source not in tally.standings:
            self.set(policy, source, PENDING)

    def revisit(self, policy: str, source: ObjectKey) -> None:
        """Record that the lifecycle of a source has work; what it was counts until that is done.

        But not what was told of the source itself: that is over.
        """
        before = self.find(policy, source)
        if before is None or before.is_rejected or not before.has_lifecycle:
            self.set(policy, source, PENDING)
            return
        pending = self._policies[policy].pending
        if source not in pending:
            pending.add(source)
            self._queue.add(policy)

    def discard(self, policy: str, source: ObjectKey) -> None:
        """Forget a source that is gone or not selected."""
        tally = self._policies.get(policy)
        if tally is None or source not in tally.standings:
            return
        tally.pending.discard(source)
        _take_out(tally, source)
        self._queue.add(policy)

    def renew(
        self, policy: str, sources: Iterable[ObjectKey], revision: tuple[object, ...] = ()
    ) -> None:
        """Have these and all known sources judged again, because the policy itself has changed."""
        tally = self._policies.setdefault(policy, PolicyTally())
        tally.revision = revision
        # In place of those before: what is expected no more may not be looked at again.
        tally.unjudged = set(sources)
        tally.pending |= tally.standings.keys()
        tally.is_renewed = True
        self._queue.add(policy)

    def outdate(self, policy: str) -> None:
        """Have all sources of a policy judged again, although it is as it was."""
        tally = self._policies.get(policy)
        if tally is not None:
            tally.revision = ()

    def suspend(self, policy: str, revision: tuple[object, ...] = ()) -> None:
        """Expect no look at any source while the policy is not in force; sums stay as they were."""
        tally = self._policies.setdefault(policy, PolicyTally())
        tally.revision = revision
        if tally.unjudged:
            tally.unjudged = set()
            self._queue.add(policy)

    def judged(self, policy: str, source: ObjectKey) -> None:
        """Record that a source was looked at under what is in force now."""
        tally = self._policies.get(policy)
        if tally is not None and source in tally.unjudged:
            tally.unjudged.discard(source)
            if not tally.unjudged:
                self._queue.add(policy)

    def settled(self, policy: str) -> None:
        """Record that nothing is outstanding; what comes from now on is new."""
        tally = self._policies.setdefault(policy, PolicyTally())
        tally.is_renewed = False
        tally.is_complete = True

    def is_busy(self, policy: str, revision: tuple[object, ...] = ()) -> bool:
        """Whether a source has not been looked at since the policy has changed to a revision."""
        tally = self.of(policy)
        return bool(tally.unjudged) or tally.revision != revision

    def forget(self, policy: str) -> None:
        """Forget a policy that is gone."""
        self._policies.pop(policy, None)


def _take_out(tally: PolicyTally, source: ObjectKey) -> None:
    before = tally.standings.pop(source, None)
    if before is None:
        return
    tally.counts[before.state] -= 1
    tally.rejected.pop(source, None)
    if before.state in tally.troubled:
        del tally.troubled[before.state][source]


def _put_in(tally: PolicyTally, source: ObjectKey, standing: Standing) -> None:
    tally.standings[source] = standing
    tally.counts[standing.state] += 1
    if standing.is_without_lifecycle:
        tally.rejected[source] = standing
    if standing.state in tally.troubled:
        tally.troubled[standing.state][source] = standing
