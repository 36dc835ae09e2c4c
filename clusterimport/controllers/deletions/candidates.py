"""Lifecycles that look as if nobody wanted them any more, before anything is certain."""

from collections.abc import Callable
from typing import NamedTuple

from clusterimport.aio import Clock

GATHER_SECONDS = 2.0
"""How long candidates of a policy are gathered, so that a mass deletion is seen as one."""
LONGEST_GATHERING_SECONDS = 10.0
"""Newcomers hold the window open no longer than this; the budget looks back further anyway."""
OWNERLESS = ""
"""Stands for the policy where there is none: PediaClusters whose lifecycle is gone."""


class Candidate(NamedTuple):
    """A lifecycle (by name) that its policy seems not to want."""

    name: str
    uid: str


class Candidates:
    """Candidates by policy; filled by the reconcilers, emptied by the deletion reconciler."""

    def __init__(self, clock: Clock, wake: Callable[[str, float], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._by_policy: dict[str, dict[str, Candidate]] = {}
        # When the first and the last candidate of each gathering came; same keys as above.
        self._gathering: dict[str, tuple[float, float]] = {}
        # Lifecycles whose deletion is under way; else the missing PediaCluster would be made again.
        self._condemned: set[str] = set()

    def propose(self, policy: str, candidate: Candidate) -> None:
        """Have a lifecycle looked at; proposing it again changes nothing."""
        group = self._by_policy.setdefault(policy, {})
        if group.get(candidate.name) == candidate:
            return
        group[candidate.name] = candidate
        # A newcomer holds the window open: a wave that goes on is judged when it has ended.
        now = self._clock.monotonic()
        first = self._gathering[policy][0] if self.seconds_left(policy) > 0 else now
        self._gathering[policy] = (first, now)
        self._wake(policy, self.seconds_left(policy))

    def withdraw(self, policy: str, name: str) -> None:
        """Forget a candidate: it is wanted again, or has gone."""
        group = self._by_policy.get(policy)
        if group is None or group.pop(name, None) is None:
            return
        if not group:
            del self._by_policy[policy]
            self._gathering.pop(policy, None)
        self._wake(policy, 0.0)

    def condemn(self, name: str) -> None:
        """Keep the lifecycle reconciler off a lifecycle whose PediaCluster is being deleted."""
        self._condemned.add(name)

    def reprieve(self, name: str) -> None:
        """End what ``condemn`` began: the lifecycle is gone, or was not deleted after all."""
        self._condemned.discard(name)

    def is_condemned(self, name: str) -> bool:
        """Whether a lifecycle is being deleted right now."""
        return name in self._condemned

    def of(self, policy: str) -> tuple[Candidate, ...]:
        """Return the candidates of a policy, by name."""
        return tuple(sorted(self._by_policy.get(policy, {}).values()))

    def includes(self, policy: str, name: str) -> bool:
        """Whether a lifecycle is a candidate."""
        return name in self._by_policy.get(policy, {})

    def seconds_left(self, policy: str) -> float:
        """Return the seconds until the window of a policy closes."""
        if policy not in self._gathering:
            return 0.0
        first, last = self._gathering[policy]
        closes = min(last + GATHER_SECONDS, first + LONGEST_GATHERING_SECONDS)
        return max(0.0, closes - self._clock.monotonic())
