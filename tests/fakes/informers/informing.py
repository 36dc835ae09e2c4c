"""What tests of informers need besides a server: a handler that remembers, metrics that count."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, NamedTuple

from clusterimport.aio import SystemClock, background
from clusterimport.informers import (
    InformerOptions,
    InformerSpec,
    InformerStatus,
    NullInformerMetrics,
    ServerInformerFactory,
    SharedInformer,
)
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Object, ObjectKey, resource_version_of
from tests.fakes.informers.list_watch import FakeCollection

SPEC = InformerSpec(SECRETS)
LISTING = InformerOptions(watch_list=False)


def server_with(count: int = 2) -> FakeCollection:
    """Return a server that has some objects."""
    server = FakeCollection()
    for number in range(count):
        server.put(f"o{number}")
    return server


class Change(NamedTuple):
    """One call of ``on_change``, as versions."""

    name: str
    old: str | None
    new: str | None
    initial: bool


class Recorder:
    """A handler that keeps what it was told, and the state that follows from it."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.statuses: list[InformerStatus] = []
        self.view: dict[ObjectKey, Object] = {}
        self.mistakes: list[ObjectKey] = []

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        if self.view.get(key) is not old or old is new:
            self.mistakes.append(key)
        self.changes.append(Change(key.name, _version(old), _version(new), initial))
        if new is None:
            del self.view[key]
        else:
            self.view[key] = new

    def on_status(self, status: InformerStatus) -> None:
        self.statuses.append(status)

    def names(self) -> list[str]:
        return [change.name for change in self.changes]


class CountingMetrics(NullInformerMetrics):
    """Counts what fault tests assert."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.heard: dict[str, float] = {}
        self.versions: dict[str, int] = {}

    def informer_started(self, name: str) -> None:
        self.counts["started"] += 1

    def informer_stopped(self, name: str) -> None:
        self.counts["stopped"] += 1

    def informer_crashed(self, name: str) -> None:
        self.counts["crashed"] += 1

    def listed(self, name: str, seconds: float, items: int) -> None:
        self.counts["listed"] += 1

    def short_watch(self, name: str) -> None:
        self.counts["short"] += 1

    def dead_watch(self, name: str) -> None:
        self.counts["dead"] += 1

    def contradicted(self, name: str) -> None:
        self.counts["contradicted"] += 1

    def request_failed(self, name: str, operation: str, reason: str) -> None:
        self.counts[f"{operation} {reason}"] += 1

    def event_ignored(self, name: str, why: str) -> None:
        self.counts[why] += 1

    def handler_failed(self, name: str) -> None:
        self.counts["handler"] += 1

    def last_heard(self, name: str, monotonic_seconds: float) -> None:
        self.heard[name] = monotonic_seconds

    def last_resource_version(self, name: str, version: int) -> None:
        self.versions[name] = version


def make_factory(
    server: FakeCollection,
    *,
    options: InformerOptions | None = None,
    metrics: CountingMetrics | None = None,
    **more: Any,
) -> ServerInformerFactory:
    return ServerInformerFactory(
        lambda gvr: server,
        clock=SystemClock(),
        random=Random(7),  # a fixed seed makes waits repeatable
        metrics=metrics or CountingMetrics(),
        options=options,
        **more,
    )


@asynccontextmanager
async def informing(
    server: FakeCollection,
    *,
    spec: InformerSpec = SPEC,
    options: InformerOptions | None = None,
    metrics: CountingMetrics | None = None,
    **acquire: Any,
) -> AsyncIterator[SharedInformer]:
    """One informer of a running factory."""
    factory = make_factory(server, options=options, metrics=metrics)
    async with background(informers=factory.run()):
        yield factory.acquire(spec, **acquire)


def _version(obj: Object | None) -> str | None:
    return None if obj is None else resource_version_of(obj)
