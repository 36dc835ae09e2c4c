"""One watch, from its request to its end, guarded by a watchdog.

A WatchList is the same stream with a list in front: its first events are collected until the
server marks their end, then replace the content, and the stream goes on as a watch.
"""

import asyncio
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from clusterimport.aio import Clock, Pace
from clusterimport.informers.cache import Cache, Listing
from clusterimport.informers.liststate import ListState, ListStep, Plan
from clusterimport.informers.listwatch import ListerWatcher
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.progress import Progress
from clusterimport.informers.spec import InformerSpec
from clusterimport.informers.watchdog import Watchdog, WatchVerdict
from clusterimport.kube import errors as kube_errors
from clusterimport.kube.resources import ListOptions
from clusterimport.kube.watch import WatchEvent, WatchOptions
from clusterimport.model.meta import Object, annotations_of, as_integer, resource_version_of
from clusterimport.traces import without_frames

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
RENEWAL_SECONDS = 1.0
"""By how much more time it is worth to set a timer anew."""


class WatchEnd(NamedTuple):
    """How a watch ended: by an error, a verdict, the server, or because it was left."""

    phase: ListStep
    """WATCH_LIST while the initial events were not complete, WATCH afterwards."""
    seconds: float
    items: int
    error: kube_errors.KubeError | None
    verdict: WatchVerdict | None
    failure: kube_errors.KubeError | None
    """Why nobody answered when the watch was doubted; then there is a verdict, too."""
    closed: bool
    """The server closed the stream; neither error nor verdict, and nobody here ended it."""

    @property
    def short(self) -> bool:
        """Whether nothing came of it."""
        return self.closed and self.items == 0


class Watching:
    """Runs the watches of one reflector, one at a time."""

    def __init__(
        self,
        spec: InformerSpec,
        lister_watcher: ListerWatcher,
        *,
        state: ListState,
        cache: Cache,
        progress: Progress,
        options: InformerOptions,
        clock: Clock,
        random: Random,
        metrics: InformerMetrics,
        list_wanted: Callable[[], bool],
        relist: Callable[[], None],
    ) -> None:
        self._spec = spec
        self._name = str(spec)
        self._lister_watcher = lister_watcher
        self._state = state
        self._cache = cache
        self._progress = progress
        self._options = options
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._list_wanted = list_wanted
        self._relist = relist
        self._run: _Run | None = None

    def leave(self) -> None:
        """End the present watch, because a list is wanted; a WatchList is completed first."""
        if self._run is not None and self._run.phase is ListStep.WATCH:
            self._run.end()

    async def run(self, plan: Plan) -> WatchEnd:
        """Watch from ``plan`` until the stream ends, fails, is left or given up."""
        is_list = plan.step is ListStep.WATCH_LIST
        limit = self._options.initial_events_timeout_seconds if is_list else None
        run = _Run(plan.step, asyncio.timeout(limit), self._clock.monotonic(), limit)
        watchdog = Watchdog(self._options, self._clock, self._check)
        watchdog.heard(plan.resource_version)
        error: kube_errors.KubeError | None = None
        self._metrics.watch_started(self._name)
        self._run = run
        async with asyncio.TaskGroup() as group:
            guards = (
                group.create_task(self._settle(run), name=f"{self._name} settle"),
                group.create_task(_doubt(run, watchdog), name=f"{self._name} watchdog"),
                group.create_task(self._await_room(), name=f"{self._name} room"),
            )
            try:
                async with run.scope:
                    await self._read(plan, run, watchdog)
            except TimeoutError:
                if not run.scope.expired():
                    raise
            except kube_errors.KubeError as failure:
                error = without_frames(failure)
            finally:
                self._run = None
                for guard in guards:
                    guard.cancel()
        seconds = self._clock.monotonic() - run.started
        self._metrics.watch_ended(self._name, seconds, run.items)
        closed = error is None and not run.scope.expired()
        return WatchEnd(run.phase, seconds, run.items, error, run.verdict, watchdog.failure, closed)

    async def _read(self, plan: Plan, run: "_Run", watchdog: Watchdog) -> None:
        listing = self._cache.begin() if plan.step is ListStep.WATCH_LIST else None
        number = self._progress.begin() if listing is not None else 0
        pace = Pace(self._options.turn_seconds)
        async with self._lister_watcher.watch(self._watch_options(plan)) as events:
            run.opened.set()
            async for event in events:
                run.items += 1
                self._progress.heard()
                self._metrics.last_heard(self._name, self._clock.monotonic())
                if listing is None:
                    self._take(event)
                elif is_end_of_initial_events(event):
                    run.scope.reschedule(None)
                    await self._complete(listing, number, resource_version_of(event.object), run)
                    listing = None
                    if self._list_wanted():
                        return
                elif event.type != "BOOKMARK":
                    self._cache.collect(listing, event.object, event.type)
                    run.grew(listing.seen_count)
                watchdog.heard(self._state.version)
                # What is buffered is read without ever waiting; let others have their turn.
                await pace.step()

    def _take(self, event: WatchEvent) -> None:
        if event.type == "BOOKMARK" or self._cache.apply(event):
            self._state.heard(resource_version_of(event.object))
            self._publish_version()
        self._progress.recover()

    async def _complete(self, listing: Listing, number: int, version: str, run: "_Run") -> None:
        pace = Pace(self._options.turn_seconds)
        for _ in self._cache.replace(listing):
            await pace.step()
        self._state.listed(version)
        self._publish_version()
        run.phase = ListStep.WATCH
        self._metrics.listed(self._name, self._clock.monotonic() - run.started, listing.seen_count)
        self._progress.complete(number)

    async def _settle(self, run: "_Run") -> None:
        """Believe in a watch that stays open for a while; at once would flap."""
        await run.opened.wait()
        await self._clock.sleep(self._options.short_watch_seconds)
        if run.phase is ListStep.WATCH:
            self._state.lasted()
            self._progress.recover()

    async def _await_room(self) -> None:
        """List again for objects that there was no room for, a while after some was made."""
        await self._cache.room.wait()
        await self._clock.sleep(self._options.room_seconds)
        self._relist()

    async def _check(self) -> str:
        page = await self._lister_watcher.list(
            ListOptions(
                namespace=self._spec.namespace,
                label_selector=self._spec.label_selector,
                field_selector=self._spec.field_selector,
                limit=1,
                metadata_only=True,
                timeout_seconds=self._options.check_timeout_seconds,
            )
        )
        return page.resource_version

    def _watch_options(self, plan: Plan) -> WatchOptions:
        is_list = plan.step is ListStep.WATCH_LIST
        options = self._options
        return WatchOptions(
            namespace=self._spec.namespace,
            label_selector=self._spec.label_selector,
            field_selector=self._spec.field_selector,
            resource_version=plan.resource_version,
            resource_version_match="NotOlderThan" if is_list else "",
            send_initial_events=is_list,
            timeout_seconds=round(
                self._random.uniform(
                    options.watch_timeout_min_seconds, options.watch_timeout_max_seconds
                )
            ),
            metadata_only=self._spec.metadata_only,
        )

    def _publish_version(self) -> None:
        version = as_integer(self._state.version)
        if version is not None:
            self._metrics.last_resource_version(self._name, version)


class _Run:
    """The state of one watch, shared by its reader and its guard."""

    def __init__(
        self, phase: ListStep, scope: asyncio.Timeout, started: float, limit: float | None
    ) -> None:
        self.phase = phase
        self.scope = scope
        self.started = started
        self._limit = limit
        self._seen = 0
        self.items = 0
        self.opened = asyncio.Event()
        self.verdict: WatchVerdict | None = None

    def grew(self, seen: int) -> None:
        """Let a WatchList go on for as long as it brings objects that it has not had before.

        A server that takes it for a plain watch brings changes for ever, and no end.
        """
        when = self.scope.when()
        if seen <= self._seen or self._limit is None or when is None or self.scope.expired():
            return
        self._seen = seen
        until = asyncio.get_running_loop().time() + self._limit
        if until - when >= RENEWAL_SECONDS:
            self.scope.reschedule(until)

    def end(self) -> None:
        if not self.scope.expired():
            self.scope.reschedule(asyncio.get_running_loop().time())


async def _doubt(run: _Run, watchdog: Watchdog) -> None:
    run.verdict = await watchdog.run()
    run.end()


def is_end_of_initial_events(event: WatchEvent) -> bool:
    """Whether this is the bookmark behind the initial events of a WatchList."""
    return event.type == "BOOKMARK" and _marks_end(event.object)


def _marks_end(obj: Object) -> bool:
    return annotations_of(obj).get(INITIAL_EVENTS_END) == "true"
