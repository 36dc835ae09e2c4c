"""The work that is to be done: one queue per reconciler, and what its keys stand for."""

from dataclasses import dataclass
from typing import NamedTuple

from clusterimport.model.keys import ObjectKey
from clusterimport.model.tenant import NOBODY, Tenant
from clusterimport.workqueue import RateLimitingQueue

OWNERLESS = ""
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


OWNERLESS_KEY = DeletionKey(OWNERLESS)


@dataclass(frozen=True, slots=True)
class Queues:
    """The work of a term, one queue per reconciler."""

    policies: RateLimitingQueue[str]
    sources: RateLimitingQueue[SourceKey]
    lifecycles: RateLimitingQueue[str]
    pediaclusters: RateLimitingQueue[str]
    deletions: RateLimitingQueue[DeletionKey]
