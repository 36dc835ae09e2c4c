"""Hands out informers and runs them, each for as long as it has users.

All reflectors run in one task group, so nothing outlives ``run``; one that crashes
has met a bug, says so in its status, and is started again after a while, while the others go on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from random import Random

import structlog

from clusterimport.aio import Backoff, Clock
from clusterimport.informers.errors import NotAcquiredError
from clusterimport.informers.informer import ServerInformer
from clusterimport.informers.interfaces import SharedInformer
from clusterimport.informers.keeping import NamespaceShares
from clusterimport.informers.listwatch import ListerWatcher
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.spec import InformerSpec, InformerStatus, Keep
from clusterimport.informers.transforms import Interner, Transform
from clusterimport.limits.counted import LimitMetrics, NullLimitMetrics
from clusterimport.limits.objects import NAMESPACE_REFERENCE_BYTES, NAMESPACE_SOURCE_BYTES
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.model.meta import ObjectKey
from clusterimport.traces import where

log = structlog.get_logger(__name__)

ListerWatcherFactory = Callable[[GroupVersionResource], ListerWatcher]
"""Makes the client of one type; ``lambda gvr: ResourceClient(rest, gvr)``."""

_Identity = tuple[InformerSpec, Transform | None]


@dataclass(slots=True)
class _Entry:
    informer: ServerInformer
    transform: Transform | None
    users: int = 0
    task: asyncio.Task[None] | None = None


class ServerInformerFactory:
    """Implements ``InformerFactory``; the informers are followed while ``run`` runs.

    ``namespace_bytes`` is the most that all of them keep of one namespace's objects, where they
    keep them compact; ``reference_bytes`` the same of those that are referred to. 0: no bound.
    """

    def __init__(
        self,
        lister_watcher: ListerWatcherFactory,
        *,
        clock: Clock,
        random: Random,
        metrics: InformerMetrics,
        limits: LimitMetrics | None = None,
        options: InformerOptions | None = None,
        namespace_bytes: int = NAMESPACE_SOURCE_BYTES,
        reference_bytes: int = NAMESPACE_REFERENCE_BYTES,
    ) -> None:
        self._lister_watcher = lister_watcher
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._limits: LimitMetrics = limits or NullLimitMetrics()
        self._options = options or InformerOptions()
        self._interner = Interner()
        self._shares = NamespaceShares(namespace_bytes)
        # Of their own: what can be read when it is needed takes no room from what cannot.
        self._reference_shares = NamespaceShares(reference_bytes)
        # An entry is here if and only if it has users; its task runs if and only if _group does.
        self._entries: dict[_Identity, _Entry] = {}
        # The same entries by type, since each live answer asks for those of one.
        self._by_type: defaultdict[GroupResource, dict[_Identity, None]] = defaultdict(dict)
        self._group: asyncio.TaskGroup | None = None
        # That of ``run``: who acquires may be at work on a backlog, whose priority ends there.
        self._context = copy_context()
        self._distrusted: list[ServerInformer] = []
        self._distrusted_at = 0.0

    def acquire(self, spec: InformerSpec, *, transform: Transform | None = None) -> SharedInformer:
        """Return the informer of a spec, started if ``run`` runs; release it after use."""
        entry = self._entries.get((spec, transform))
        if entry is None:
            entry = _Entry(self._make(spec, transform), transform)
            self._entries[spec, transform] = entry
            self._by_type[spec.gvr.group_resource][spec, transform] = None
            self._metrics.informer_started(str(spec))
            if self._group is not None:
                self._start(self._group, entry)
        entry.users += 1
        return entry.informer

    def release(self, informer: SharedInformer) -> None:
        """End one use; raises NotAcquiredError for an informer that has no user."""
        entry = next(
            (entry for entry in self._entries.values() if entry.informer is informer), None
        )
        if entry is None:
            raise NotAcquiredError(f"informer {informer.spec} is not in use")
        entry.users -= 1
        if entry.users == 0:
            del self._entries[informer.spec, entry.transform]
            of_type = self._by_type[informer.spec.gvr.group_resource]
            del of_type[informer.spec, entry.transform]
            if not of_type:
                del self._by_type[informer.spec.gvr.group_resource]
            if entry.task is not None:
                entry.task.cancel()
            entry.informer.close()
            self._metrics.informer_stopped(str(informer.spec))

    def distrust(self) -> None:
        """Have all informers list from scratch: the server's history is another one than theirs."""
        self._distrusted = [entry.informer for entry in self._entries.values()]
        self._distrusted_at = self._clock.monotonic()
        for informer in self._distrusted:
            informer.distrust()

    @property
    def is_distrusted(self) -> bool:
        """Whether one of them has not listed since, and may still do so soon."""
        is_recent = self._clock.monotonic() - self._distrusted_at < self._options.distrust_seconds
        if not is_recent or all(each.has_synced.is_set for each in self._distrusted):
            self._distrusted = []
        return bool(self._distrusted)

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Tell the informers of a type that a live answer has an object."""
        for informer in self._of(resource, key):
            informer.found(key, uid)

    def not_found(self, resource: GroupResource, key: ObjectKey) -> None:
        """Tell the informers of a type that a live answer lacks an object."""
        for informer in self._of(resource, key):
            informer.not_found(key)

    def conflicted(self, resource: GroupResource, key: ObjectKey) -> None:
        """Tell the informers of a type that a write was for another state than the server has."""
        for informer in self._of(resource, key):
            informer.conflicted(key)

    def _of(self, resource: GroupResource, key: ObjectKey) -> Iterator[ServerInformer]:
        for spec, transform in tuple(self._by_type.get(resource, ())):
            if spec.namespace in {"", key.namespace}:
                yield self._entries[spec, transform].informer

    def statuses(self) -> Mapping[InformerSpec, InformerStatus]:
        """Return how every informer in use is doing."""
        return {entry.informer.spec: entry.informer.status for entry in self._entries.values()}

    def stale(self) -> tuple[str, ...]:
        """Tell which informers may not have what the server has, since when, and why."""
        now = self._clock.monotonic()
        return tuple(
            said
            for entry in self._entries.values()
            if (said := _staleness(entry.informer, now, self._options.stale_seconds))
        )

    async def run(self) -> None:
        """Run the reflectors of all informers, present and to come, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                self._context = copy_context()
                self._group = group
                for entry in self._entries.values():
                    self._start(group, entry)
                await asyncio.Event().wait()
        finally:
            self._group = None

    def _make(self, spec: InformerSpec, transform: Transform | None) -> ServerInformer:
        return ServerInformer(
            spec,
            self._lister_watcher(spec.gvr),
            transform=transform,
            interner=self._interner,
            options=self._options,
            clock=self._clock,
            random=self._random,
            metrics=self._metrics,
            shares=self._reference_shares if spec.keep is Keep.REFERENCED else self._shares,
            limits=self._limits,
        )

    def _start(self, group: asyncio.TaskGroup, entry: _Entry) -> None:
        entry.task = group.create_task(
            self._supervise(entry.informer),
            name=f"informer {entry.informer.spec}",
            context=self._context.copy(),
        )

    async def _supervise(self, informer: ServerInformer) -> None:
        backoff = Backoff(self._options.backoff, clock=self._clock, random=self._random)
        name = str(informer.spec)
        while True:
            crash = "returned"
            try:
                await informer.run()
            except Exception as error:  # noqa: BLE001 - one type's bug must not stop the others
                crash = where(error)
            log.error("informer crashed", informer=name, error=crash)
            informer.crashed(crash)
            self._metrics.informer_crashed(name)
            await self._clock.sleep(backoff.next_seconds())


def _staleness(informer: ServerInformer, now: float, stale_seconds: float) -> str:
    status, silent = informer.status, now - informer.heard_at
    if status.error is not None and status.error_since is not None:
        reason = getattr(status.error, "reason", "") or type(status.error).__name__
        return f"informer {informer.spec}: failing for {now - status.error_since:.0f} s ({reason})"
    if silent > stale_seconds:
        return f"informer {informer.spec}: nothing heard for {silent:.0f} s"
    return ""
