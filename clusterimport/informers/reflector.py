"""Copies one type from the server into a cache, for as long as it runs.

List or WatchList, then watch, for ever; every failure waits and goes on. What to ask next is
decided by ``liststate``; the watch itself is in ``watching``.
"""

import asyncio
from contextlib import suppress
from random import Random

import structlog

from clusterimport.aio import Backoff, Clock, Pace
from clusterimport.informers.cache import Cache, Listing
from clusterimport.informers.liststate import ListState, ListStep, Pause, Plan
from clusterimport.informers.listwatch import ListerWatcher
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.progress import Progress
from clusterimport.informers.spec import InformerSpec
from clusterimport.informers.watchdog import WatchVerdict
from clusterimport.informers.watching import WatchEnd, Watching
from clusterimport.kube import errors as kube_errors
from clusterimport.kube.resources import ListOptions, ListPage

log = structlog.get_logger(__name__)

SILENT_WATCHES = 2
"""Watches in a row that are given up without having brought anything, before a list is tried."""
SMALLER_PAGE = 8
"""By what a page is divided that has more bytes than are read of one: 500 objects, 62, 7, 1."""


class Reflector:
    """The only writer of its cache."""

    def __init__(
        self,
        spec: InformerSpec,
        lister_watcher: ListerWatcher,
        *,
        cache: Cache,
        progress: Progress,
        options: InformerOptions,
        clock: Clock,
        random: Random,
        metrics: InformerMetrics,
    ) -> None:
        self._spec = spec
        self._name = str(spec)
        self._lister_watcher = lister_watcher
        self._cache = cache
        self._progress = progress
        self._options = options
        self._clock = clock
        self._metrics = metrics
        self._backoff = Backoff(options.backoff, clock=clock, random=random)
        self._state = ListState(
            watch_list=options.watch_list, doubtful_seconds=options.doubtful_seconds
        )
        self._watching = Watching(
            spec,
            lister_watcher,
            state=self._state,
            cache=cache,
            progress=progress,
            options=options,
            clock=clock,
            random=random,
            metrics=metrics,
            list_wanted=lambda: self._list_wanted,
            relist=lambda: self.relist(wake=False),
        )
        # A list that begins after this became true makes it false.
        self._list_wanted = False
        self._from_scratch = False
        self._last_list: float | None = None
        self._silent_watches = 0
        self._wake = asyncio.Event()

    def relist(self, *, wake: bool, from_scratch: bool = False) -> None:
        """List again soon; ``wake``: even if the reflector rests after a failure.

        ``from_scratch``: whatever version is known, because what it is of is in doubt.
        What the server asked for by ``Retry-After`` is waited for in any case.
        """
        self._list_wanted = True
        self._from_scratch = self._from_scratch or from_scratch
        if wake:
            self._wake.set()
        self._watching.leave()

    async def run(self) -> None:
        """Reflect until cancelled; raises only by a bug, and may then be run again."""
        self._state.require_list()
        while True:
            if self._list_wanted:
                await self._pace()
                self._state.require_list(from_scratch=self._from_scratch)
            plan = self._state.next()
            if plan.step is not ListStep.WATCH:
                self._list_wanted = self._from_scratch = False
                self._wake.clear()
                self._last_list = self._clock.monotonic()
            if plan.step is ListStep.LIST:
                await self._list(plan)
            else:
                await self._watch(plan)

    async def _list(self, plan: Plan) -> None:
        started = self._clock.monotonic()
        number = self._progress.begin()
        listing = self._cache.begin()
        try:
            version = await self._collect_pages(plan, listing)
        except kube_errors.KubeError as error:
            await self._failed(ListStep.LIST, error)
            return
        pace = Pace(self._options.turn_seconds)
        for _ in self._cache.replace(listing):
            await pace.step()
        pause = self._state.listed(version)
        seconds = self._clock.monotonic() - started
        self._metrics.listed(self._name, seconds, listing.seen_count)
        self._progress.heard()
        self._metrics.last_heard(self._name, self._clock.monotonic())
        self._progress.complete(number)
        await self._rest(pause)

    async def _collect_pages(self, plan: Plan, listing: Listing) -> str:
        version, token = "", ""
        size = self._options.page_size if plan.paged else 0
        pace = Pace(self._options.turn_seconds)
        while True:
            try:
                page = await self._page(plan, size, token)
            except kube_errors.AnswerTooLarge:
                if size <= 1:
                    raise
                # Of a few huge objects, or many: the same page again, in smaller ones.
                size = max(size // SMALLER_PAGE, 1)
                continue
            for item in page.items:
                self._cache.collect(listing, item)
                await pace.step()
            # The first page's: should a later one be newer, the watch repeats some events.
            version = version or page.resource_version
            token = page.continue_token
            if not token:
                return version

    async def _page(self, plan: Plan, size: int, token: str) -> ListPage:
        start = plan.resource_version if not token else ""
        return await self._lister_watcher.list(
            ListOptions(
                namespace=self._spec.namespace,
                label_selector=self._spec.label_selector,
                field_selector=self._spec.field_selector,
                resource_version=start,
                resource_version_match="NotOlderThan" if start else "",
                limit=size,
                continue_token=token,
                metadata_only=self._spec.metadata_only,
                timeout_seconds=self._options.list_timeout_seconds,
            )
        )

    async def _watch(self, plan: Plan) -> None:
        end = await self._watching.run(plan)
        self._silent_watches = 0 if end.items else self._silent_watches + 1
        if end.error is not None:
            await self._failed(end.phase, end.error)
        elif end.phase is ListStep.WATCH_LIST:
            log.warning("watchlist not completed, listing instead", informer=self._name)
            self._metrics.request_failed(self._name, ListStep.WATCH_LIST.value, "NotCompleted")
            self._state.gave_up()
        elif end.verdict is not None:
            self._give_up(end.verdict, end)
        elif end.closed:
            await self._closed(end)

    def _give_up(self, verdict: WatchVerdict, end: WatchEnd) -> None:
        log.warning("watch given up", informer=self._name, verdict=verdict.value)
        self._metrics.dead_watch(self._name)
        if verdict is WatchVerdict.WENT_BACK:
            self._state.went_back()
            return
        if end.failure is not None:
            self._progress.fail(end.failure)
        if self._silent_watches >= SILENT_WATCHES:
            # Where watches bring nothing, lists keep the view fresh, or tell why it is not.
            self._state.require_list()

    async def _closed(self, end: WatchEnd) -> None:
        least = self._options.short_watch_seconds
        if end.seconds >= least:
            return
        if end.short:
            self._metrics.short_watch(self._name)
            await self._rest(self._state.ended_short())
        else:
            # It brought something, so it is no failure; still not more than one per second.
            await self._clock.sleep(least - end.seconds)

    async def _failed(self, step: ListStep, error: kube_errors.KubeError) -> None:
        had_watch_list = self._state.watch_list
        is_failing = self._progress.status.error is not None
        pause = self._state.failed(step, error, self._clock.monotonic())
        self._metrics.request_failed(self._name, step.value, type(error).__name__)
        if had_watch_list and not self._state.watch_list:
            log.info("server does not offer watchlist", informer=self._name)
        elif pause is Pause.NONE:
            say = log.debug if is_failing else log.info
            say("another request instead", informer=self._name, step=step.value, error=str(error))
        else:
            # The first of a row is news; who waits for the informer says the rest once a minute.
            say = log.debug if is_failing else log.warning
            say("request failed", informer=self._name, step=step.value, error=str(error))
            self._progress.fail(error)
        await self._rest(pause, error)

    async def _rest(self, pause: Pause, error: kube_errors.KubeError | None = None) -> None:
        asked = kube_errors.retry_after_of(error) if error is not None else 0.0
        if asked:
            await self._clock.sleep(asked)
        if pause is Pause.BACKOFF:
            left = self._backoff.next_seconds() - asked
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left, 0.0)):
                    await self._wake.wait()
                    # Who wakes us knows of a change: what failed so long may soon work. A new
                    # CRD, for one, answers a moment later, and 429 while its storage starts.
                    self._backoff.reset()

    async def _pace(self) -> None:
        if self._last_list is not None:
            elapsed = self._clock.monotonic() - self._last_list
            if elapsed < self._options.list_interval_seconds:
                await self._clock.sleep(self._options.list_interval_seconds - elapsed)
