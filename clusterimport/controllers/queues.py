"""The work that is to be done: one queue per reconciler, and what its keys stand for.

They outlive leadership terms, so that whoever hears of something adds a key and no more. While
nobody leads they are shut: a new term looks at everything once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple

from clusterimport.aio import Clock
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.limits.probes import PROBES_AT_A_TIME
from clusterimport.limits.requests import LOOP_BURST_SECONDS, LOOP_SHARE
from clusterimport.model.meta import ObjectKey
from clusterimport.model.tenant import NOBODY, Tenant, tenant_of_source
from clusterimport.workqueue import (
    LoopTime,
    QueueMetrics,
    RateLimitingQueue,
    Sharing,
    rate_limiting_queue,
)

OWNERLESS: Final = ""
"""Stands for the policy where there is none: PediaClusters whose lifecycle is gone."""


class SourceKey(NamedTuple):
    """The unit of work of the source reconciler."""

    policy: str
    source: ObjectKey

    def __str__(self) -> str:
        return f"{self.policy}:{self.source}"


class DeletionKey(NamedTuple):
    """What is judged together: the candidates of one tenant of a policy."""

    policy: str
    tenant: Tenant = NOBODY

    def __str__(self) -> str:
        return f"{self.policy}:{self.tenant}"


OWNERLESS_KEY: Final = DeletionKey(OWNERLESS)


class Whole(StrEnum):
    """What may be looked at as a whole."""

    POLICY = "policy"
    """All that a policy selects or has."""
    SHARD = "shard"
    """All PediaClusters of a shard."""
    ALL = "all"
    READ = "read"
    """A part of all lifecycles, of which everything is read again."""


class Sweep(NamedTuple):
    """A look at something as a whole."""

    name: str
    whole: Whole = Whole.POLICY

    def __str__(self) -> str:
        return f"{self.whole}:{self.name}"


EVERYTHING: Final = Sweep("", Whole.ALL)
REREAD: Final = Sweep("", Whole.READ)


@dataclass(frozen=True, slots=True)
class Workers:
    """Reconciles at a time, per queue; of sources and lifecycles, half for one tenant."""

    policies: int = 2
    sources: int = 16
    """Each may wait for one write of a lifecycle."""
    lifecycles: int = 32
    """Each may wait for two reads and two writes; the REST layer bounds them all together."""
    pediaclusters: int = PROBES_AT_A_TIME
    """Each may have a connection with a cluster, and wait for its answer."""
    deletions: int = 16
    """Each is one tenant's, and one that has very much to look at is not to hold the others."""
    sweeps: int = 2


@dataclass(frozen=True, slots=True)
class Queues:
    """One queue per reconciler."""

    policies: RateLimitingQueue[str]
    sources: RateLimitingQueue[SourceKey]
    lifecycles: RateLimitingQueue[str]
    pediaclusters: RateLimitingQueue[str]
    deletions: RateLimitingQueue[DeletionKey]
    sweeps: RateLimitingQueue[Sweep]

    def __iter__(self) -> Iterator[RateLimitingQueue[Any]]:
        return (getattr(self, field.name) for field in fields(self))


def make_queues(
    workers: Workers,
    tenant_of_name: Callable[[str], Tenant],
    *,
    clock: Clock,
    random: Random,
    limits: LimitMetrics,
    metrics: Callable[[str], QueueMetrics],
) -> Queues:
    """Make empty queues, named as controller-runtime would name controllers.

    Tenants share those whose keys they make, each with the workers that it is made for.
    ``tenant_of_name`` tells whose a lifecycle, or a PediaCluster, is.
    """
    loop_time = LoopTime(
        clock,
        share=LOOP_SHARE,
        burst_seconds=LOOP_BURST_SECONDS,
        on_wait=partial(limits.limit_reached, Limit.LOOP_TIME),
    )

    def make(name: str, sharing: Sharing[Any] | None = None) -> RateLimitingQueue[Any]:
        return rate_limiting_queue(
            name, clock=clock, random=random, metrics=metrics(name), sharing=sharing
        )

    def shared(name: str, tenant: Callable[[Any], Tenant], size: int) -> RateLimitingQueue[Any]:
        return make(name, Sharing(tenant, size, loop_time))

    return Queues(
        policies=make("clusterimportpolicy"),
        sources=shared("source", _tenant_of_source_key, workers.sources),
        lifecycles=shared("pediaclusterlifecycle", tenant_of_name, workers.lifecycles),
        pediaclusters=shared("pediacluster", tenant_of_name, workers.pediaclusters),
        deletions=shared("deletion", lambda key: key.tenant, workers.deletions),
        sweeps=make("sweep"),
    )


def _tenant_of_source_key(key: SourceKey) -> Tenant:
    return tenant_of_source(key.policy, key.source.namespace)
