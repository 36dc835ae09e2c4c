"""Lifecycles that look as if nobody wanted them any more, before anything is certain."""

from collections.abc import Collection
from typing import NamedTuple, Self

from clusterimport.aio import Clock
from clusterimport.controllers.queues import DeletionKey, Queues
from clusterimport.engine.ownership import source_of
from clusterimport.informers import Lister
from clusterimport.model import meta
from clusterimport.model.lifecycle import policy_of
from clusterimport.model.meta import ObjectKey
from clusterimport.model.tenant import NOBODY, Tenant, tenant_of_source

GATHER_SECONDS = 2.0
"""How long candidates are gathered, so that a mass deletion is seen as one."""
LONGEST_GATHERING_SECONDS = 10.0
"""Newcomers hold the window open no longer than this; the budget looks back further anyway."""
SETTLE_SECONDS = 1.0
"""When what is left is looked at after a candidate was withdrawn: one that flips is no hurry."""
_NEWCOMERS_KNOWN = 3


class Candidate(NamedTuple):
    """A lifecycle (by name) that its policy seems not to want."""

    name: str
    uid: str
    tenant: Tenant = NOBODY

    @classmethod
    def of(cls, lifecycle: meta.Object, pediacluster: meta.Object | None) -> Self:
        """Return a lifecycle as a candidate of its tenant."""
        tenant = witnessed_tenant(lifecycle, pediacluster)
        return cls(meta.name_of(lifecycle), meta.uid_of(lifecycle), tenant)


def witnessed_tenant(lifecycle: meta.Object, pediacluster: meta.Object | None) -> Tenant:
    """Return whose share the deletion of a lifecycle counts against.

    By more than its spec, where there is more: else whoever may patch lifecycles could have his
    deletions count against somebody else.
    """
    owner = policy_of(lifecycle)
    source = source_of(lifecycle, pediacluster)
    return tenant_of_source(owner.name if owner else "", source.namespace if source else "")


class Candidates:
    """Candidates by policy and tenant; filled by the reconcilers, emptied by that of deletions."""

    def __init__(self, clock: Clock, queues: Queues, policies: Lister) -> None:
        self._clock = clock
        self._queues = queues
        self._known_policies = policies
        # The same candidates three times: by policy and name, by key and name, and of each policy
        # the tenants that have any. No part is empty.
        self._by_policy: dict[str, dict[str, Candidate]] = {}
        self._by_key: dict[DeletionKey, dict[str, Candidate]] = {}
        self._tenants: dict[str, dict[Tenant, None]] = {}
        # When the first and the last candidate of each gathering came; the keys of _by_key.
        self._gathering: dict[DeletionKey, tuple[float, float]] = {}
        # Of each policy the tenants whose candidates came last, the last first, and when.
        self._newcomers: dict[str, dict[Tenant, float]] = {}
        # Lifecycles whose deletion is under way; else the missing PediaCluster would be made again.
        self._condemned: set[str] = set()

    def propose(self, policy: str, candidate: Candidate) -> None:
        """Have a lifecycle looked at; proposing it again changes nothing."""
        known = self._by_policy.get(policy, {}).get(candidate.name)
        if known == candidate:
            return
        if known is not None:
            self._remove(policy, known)
        key = DeletionKey(policy, candidate.tenant)
        # A newcomer holds the window open: a wave that goes on is judged when it has ended.
        now = self._clock.monotonic()
        first = self._gathering[key][0] if self.seconds_left(key) > 0 else now
        self._by_policy.setdefault(policy, {})[candidate.name] = candidate
        self._by_key.setdefault(key, {})[candidate.name] = candidate
        self._tenants.setdefault(policy, {})[candidate.tenant] = None
        self._gathering[key] = (first, now)
        others = self._newcomers.get(policy, {})
        others.pop(candidate.tenant, None)
        latest = [(candidate.tenant, now), *others.items()]
        self._newcomers[policy] = dict(latest[:_NEWCOMERS_KNOWN])
        self._wake(key, self.seconds_left(key))

    def withdraw(self, policy: str, name: str) -> None:
        """Forget a candidate: it is wanted again, or has gone."""
        known = self._by_policy.get(policy, {}).get(name)
        if known is None:
            return
        self._remove(policy, known)
        self._wake(DeletionKey(policy, known.tenant), SETTLE_SECONDS)

    def condemn(self, name: str) -> None:
        """Keep the lifecycle reconciler off a lifecycle whose PediaCluster is being deleted."""
        self._condemned.add(name)

    def reprieve(self, name: str) -> None:
        """End what ``condemn`` began: the lifecycle is gone, or was not deleted after all."""
        self._condemned.discard(name)

    def is_condemned(self, name: str) -> bool:
        """Whether a lifecycle is being deleted right now."""
        return name in self._condemned

    def of(self, key: DeletionKey) -> tuple[Candidate, ...]:
        """Return the candidates that are judged together, by name."""
        return tuple(sorted(self._by_key.get(key, {}).values()))

    def of_policy(self, policy: str) -> tuple[Candidate, ...]:
        """Return all candidates of a policy, in no order."""
        return tuple(self._by_policy.get(policy, {}).values())

    def tenants(self, policy: str) -> Collection[Tenant]:
        """Return the tenants of a policy that have candidates; valid for this step only."""
        return self._tenants.get(policy, {}).keys()

    def keys(self) -> tuple[DeletionKey, ...]:
        """Return the keys of all tenants that have candidates."""
        return tuple(self._by_key)

    def count(self, key: DeletionKey) -> int:
        """Return how many candidates are judged together."""
        return len(self._by_key.get(key, {}))

    def came_last(self, key: DeletionKey) -> float:
        """Return when the newest candidate of a tenant came, on the monotonic clock."""
        _, last = self._gathering.get(key, (0.0, self._clock.monotonic()))
        return last

    def includes(self, policy: str, name: str) -> bool:
        """Whether a lifecycle is a candidate."""
        return name in self._by_policy.get(policy, {})

    def seconds_left(self, key: DeletionKey) -> float:
        """Return the seconds until the window of a tenant closes.

        Newcomers of others hold it open, too, since a mistake concerns many; but not those of any
        single one, who could so delay everybody.
        """
        if key not in self._gathering:
            return 0.0
        first, last = self._gathering[key]
        others = [
            moment
            for tenant, moment in self._newcomers.get(key.policy, {}).items()
            if tenant != key.tenant
        ]
        last = max([last, *others[1:2]])
        closes = min(last + GATHER_SECONDS, first + LONGEST_GATHERING_SECONDS)
        return max(0.0, closes - self._clock.monotonic())

    def seconds_waiting(self, key: DeletionKey) -> float:
        """Return for how long the candidates of a tenant have been gathered, or were since."""
        first, _ = self._gathering.get(key, (self._clock.monotonic(), 0.0))
        return self._clock.monotonic() - first

    def _wake(self, key: DeletionKey, seconds: float) -> None:
        self._queues.deletions.add_after(key, seconds)
        if self._known_policies.get(ObjectKey("", key.policy)) is not None:
            # Its status tells whether deletions are outstanding; one that is gone has none, and
            # would be asked for all its lifecycles each time.
            self._queues.policies.add(key.policy)

    def _remove(self, policy: str, candidate: Candidate) -> None:
        key = DeletionKey(policy, candidate.tenant)
        del self._by_policy[policy][candidate.name]
        del self._by_key[key][candidate.name]
        if not self._by_key[key]:
            del self._by_key[key]
            del self._gathering[key]
            del self._tenants[policy][candidate.tenant]
        if not self._by_policy[policy]:
            del self._by_policy[policy]
            del self._newcomers[policy]
            del self._tenants[policy]
