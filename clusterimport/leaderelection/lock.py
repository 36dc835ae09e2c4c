"""Where the record is kept: one Lease object, which is read, written and watched.

The lock remembers the object it read or wrote last and writes back on top of it, so that every
update carries a resourceVersion and a second candidate gets a Conflict.

The watch of a standby notices at once that a lease is given back. It is only an accelerator:
candidates poll anyway, and whatever the watch shows is read again before anything is written.
Therefore a watch that fails, or that may not be opened, harms nobody.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Protocol

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock
from clusterimport.kube import errors, resources, watch
from clusterimport.leaderelection.record import LeaderRecord
from clusterimport.model import gvr, meta

log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = (300, 600)
"""Spread of the time after which the server ends a watch, so that not all end together."""
_HEALTHY_SECONDS = 30.0
"""A watch that ended after less is not opened again without a pause."""


class Lock(Protocol):
    """The seam of the elector. Every method raises errors of ``clusterimport.kube`` only."""

    @property
    def name(self) -> str:
        """Say in logs which lock it is."""

    async def get(self) -> LeaderRecord:
        """Read the record; raises NotFound."""

    async def create(self, record: LeaderRecord) -> None:
        """Write the first record; raises AlreadyExists."""

    async def update(self, record: LeaderRecord) -> None:
        """Replace the record that was read or written last; raises Conflict if it changed since.

        Raises NotFound if there is none any more, or none was ever read.
        """

    def watch(
        self, *, timeout_seconds: int
    ) -> AbstractAsyncContextManager[AsyncIterator[LeaderRecord | None]]:
        """Follow the record: the present one first, then changes; None where it is deleted."""


class LeaseLock:
    """A ``Lock`` in a Lease.

    The client must not be behind the elector's write gate, because it is what opens the gate.
    ``on_history_lost`` is called where the server has an older state of the Lease than it had: its
    data was restored from a backup, and what anybody knows of it may never have been.
    """

    def __init__(
        self,
        leases: resources.ResourceClient,
        *,
        namespace: str,
        name: str,
        on_history_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._leases = leases
        self._namespace = namespace
        self._name = name
        self._on_history_lost = on_history_lost
        self._lease: meta.Object | None = None
        # What the server had last, also where that is not to be written on.
        self._last: meta.Object = {}

    @property
    def name(self) -> str:
        """``namespace/name`` of the Lease."""
        return f"{self._namespace}/{self._name}"

    async def get(self) -> LeaderRecord:
        """Read the Lease."""
        self._lease = None
        lease = await self._leases.get(self._name, namespace=self._namespace)
        before = self._last
        self._lease = self._last = lease
        if _is_older(lease, before):
            self._on_history_lost()
        return _record_of(lease)

    async def create(self, record: LeaderRecord) -> None:
        """Create the Lease."""
        lease = {
            "apiVersion": gvr.LEASES.api_version,
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": record.to_spec(),
        }
        self._lease = self._last = await self._leases.create(lease, namespace=self._namespace)

    async def update(self, record: LeaderRecord) -> None:
        """Write the record into the Lease that was read or written last; its metadata is kept."""
        if self._lease is None:
            raise errors.NotFound(404, verb="update", resource=str(gvr.LEASES.group_resource))
        lease = {**self._lease, "spec": record.to_spec()}
        self._lease = self._last = await self._leases.update(lease, namespace=self._namespace)

    @asynccontextmanager
    async def watch(
        self, *, timeout_seconds: int
    ) -> AsyncIterator[AsyncIterator[LeaderRecord | None]]:
        """Watch this one object; does not touch what ``update`` writes on."""
        options = watch.WatchOptions(
            namespace=self._namespace,
            field_selector=f"metadata.name={self._name}",
            timeout_seconds=timeout_seconds,
        )
        async with self._leases.watch(options) as events:
            yield _records(events)


async def _records(events: AsyncIterator[watch.WatchEvent]) -> AsyncIterator[LeaderRecord | None]:
    async for event in events:
        if event.type == "DELETED":
            yield None
        elif event.type in {"ADDED", "MODIFIED"}:
            yield _record_of(event.object)


def _record_of(lease: meta.Object) -> LeaderRecord:
    return LeaderRecord.from_spec(lease.get("spec") or {})


def _is_older(lease: meta.Object, before: meta.Object) -> bool:
    # Both were read where all writes are seen, so that no lagging server explains it.
    is_same = meta.uid_of(lease) == meta.uid_of(before)
    return is_same and meta.is_older(
        meta.resource_version_of(lease), meta.resource_version_of(before)
    )


async def watch_lease(
    lock: Lock, see: Callable[[LeaderRecord | None], None], *, clock: Clock, random: Random
) -> None:
    """Tell ``see`` of every change of the record, for ever."""
    backoff = Backoff(BackoffOptions(), clock=clock, random=random)
    failures = 0
    while True:
        opened = clock.monotonic()
        try:
            async with lock.watch(timeout_seconds=random.randint(*_TIMEOUT_SECONDS)) as records:
                async for record in records:
                    failures = 0
                    see(record)
        except errors.KubeError as error:
            failures += 1
            if failures == 1:
                # Said once: without the right to watch this would go on for months.
                log.warning("lease watch failed", lease=lock.name, error=str(error))
        if clock.monotonic() - opened < _HEALTHY_SECONDS:
            await clock.sleep(backoff.next_seconds())
