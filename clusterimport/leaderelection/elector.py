"""The candidate: acquire the lease, lead while it lasts, give it back at the end.

As client-go's (``tools/leaderelection``): no clock is compared with another one, and renewing goes
straight to an update. Beyond it: a standby watches the lease and wakes when it runs out, every
request is bounded, losing the lease ends the work at once but not the process, and a gate tells
the writers, by the monotonic clock, whether a write may still start.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import TypeVar

import structlog

from clusterimport.aio import Clock, background
from clusterimport.kube import errors
from clusterimport.kube.remedies import remedy
from clusterimport.leaderelection.lock import Lock, watch_lease
from clusterimport.leaderelection.metrics import LeaderMetrics, NullLeaderMetrics
from clusterimport.leaderelection.options import LeaderElectionOptions
from clusterimport.leaderelection.record import RELEASED_DURATION_SECONDS, LeaderRecord, Observation
from clusterimport.limits.leases import JITTER_FACTOR

log = structlog.get_logger(__name__)

T = TypeVar("T")

_CONFLICT_TRIES = 5
"""Reads and writes in one attempt while others keep changing the lease."""
_TAKEOVER_SPREAD_SECONDS = 0.5
"""Candidates that saw the same leader die do not come in the same instant."""
_WAKE_SPREAD_SECONDS = 0.2
"""The same for a lease that was given back; also bounds attempts on one that flaps."""
_RELEASE_SECONDS = 4.5
"""A stop has 10 s altogether; a lease that is not given back runs out by itself."""
_FAILURE_LOG_SECONDS = 60.0
"""How often a candidate says that the server is still away."""
_EPSILON_SECONDS = 0.001
"""Less is no time to renew in; spares pauses that are shorter than the loop's resolution."""


class LeaderElector:
    """Runs work while, and only while, this process holds the lease; also the gate of its writes.

    Not promised: that no other process believes to lead while our last request is under way.
    Therefore writes carry preconditions too.
    """

    def __init__(
        self,
        lock: Lock,
        options: LeaderElectionOptions,
        *,
        clock: Clock,
        random: Random,
        metrics: LeaderMetrics | None = None,
    ) -> None:
        self._lock = lock
        self._options = options
        self._clock = clock
        self._random = random
        self._metrics: LeaderMetrics = metrics or NullLeaderMetrics()
        self._seen = Observation(
            options.identity, lease_duration_seconds=options.lease_duration_seconds, clock=clock
        )
        self._leading = False
        # When the last successful claim was *sent*: no server can have counted from earlier.
        self._renewed_at = 0.0
        # Whether the Lease may name us, also by a write whose answer never came.
        self._claimed = False
        self._retry_after_seconds = 0.0
        # Until when further failures of a candidate are not news.
        self._quiet_until = 0.0
        self._wake = asyncio.Event()
        # Half the deadline, as client-go: one hanging connection must not cost the lease.
        self._request_seconds = max(1.0, options.renew_deadline_seconds / 2)

    async def run(self, lead: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, run ``lead`` while it lasts, and start over when it is lost.

        ``lead`` is cancelled when the lease is lost or this call is cancelled. In the second case
        the lease is renewed until ``lead`` has ended, so that its last writes pass the gate, and
        given back then; ``lead`` has to bound its own end. Returns when ``lead`` returns.

        Raises:
            ExceptionGroup: ``lead`` failed; the lease has been given back.

        """
        self._set_leading(False)
        try:
            while True:
                await self._acquire()
                if await self._hold(lead):
                    return
        finally:
            await self._release()

    @property
    def is_leading(self) -> bool:
        """Whether the lease is held, by our own clock, at this moment."""
        return self._leading and self._seconds_left() > 0

    def check(self) -> None:
        """Return if a write of the leader may start now.

        Raises:
            GateClosed: the lease is not held, or was not renewed within the renew deadline.

        """
        if not self.is_leading:
            raise errors.GateClosed("the lease is not held")

    def step_down(self) -> None:
        """Lose the lease now, if it is held, and try to get it again: ``lead`` begins anew."""
        self._set_leading(False)

    def remaining_seconds(self) -> float:
        """Seconds until the gate closes unless the lease is renewed; zero or less: closed."""
        return self._seconds_left() if self._leading else 0.0

    def _seconds_left(self) -> float:
        return self._renewed_at + self._options.renew_deadline_seconds - self._clock.monotonic()

    async def _acquire(self) -> None:
        """Return when the lease is ours."""
        watching = watch_lease(self._lock, self._see, clock=self._clock, random=self._random)
        async with background(lease_watch=watching):
            self._wake.clear()
            while not await self._attempt(self._options.renew_deadline_seconds):
                await self._pause()
                # Cleared before the attempt, so that what is seen during it is not forgotten.
                self._wake.clear()

    async def _pause(self) -> None:
        """Wait for the next poll, the end of the observed lease, or a sign from the watch."""
        retry_period = self._options.retry_period_seconds
        delay = retry_period * (1 + JITTER_FACTOR * self._random.random())
        until_free = self._seen.seconds_until_free()
        if until_free > 0:
            spread = _EPSILON_SECONDS + _TAKEOVER_SPREAD_SECONDS * self._random.random()
            delay = min(delay, until_free + spread)
        # Obeyed within reason: a wait of an hour would leave a free lease lying.
        delay = max(delay, min(self._retry_after_seconds, self._options.lease_duration_seconds))
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()
                await self._clock.sleep(_WAKE_SPREAD_SECONDS * self._random.random())

    async def _hold(self, lead: Callable[[], Awaitable[None]]) -> bool:
        """Lead until the lease is lost; True if ``lead`` came to its end before."""
        self._set_leading(True)
        log.info("lease acquired", lease=self._lock.name, identity=self._options.identity)
        try:
            async with asyncio.TaskGroup() as group:
                renewing = group.create_task(self._renew(), name="lease renewer")
                leading = group.create_task(_await(lead), name="leader")
                try:
                    done, _ = await asyncio.wait(
                        {renewing, leading}, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    # The renewer goes on until the work has ended, which may have to write.
                    leading.cancel()
                    await asyncio.wait({leading})
                    renewing.cancel()
        finally:
            self._set_leading(False)
        return leading in done

    def _set_leading(self, leading: bool) -> None:
        self._leading = leading
        self._metrics.set_master_status(leading=leading)

    async def _renew(self) -> None:
        """Renew the lease until it is lost."""
        while True:
            left = self._seconds_left()
            await self._clock.sleep(min(self._options.retry_period_seconds, left))
            # Looked at first, because the process may have been stopped meanwhile.
            left = self._seconds_left()
            if left > _EPSILON_SECONDS:
                await self._attempt(left)
            if not self._leading:
                reason = "stepped down"
                break
            if self._seen.is_taken:
                reason = "taken"
                break
            if self._seconds_left() <= _EPSILON_SECONDS:
                reason = "renew deadline"
                break
        # Here and not where the work is cancelled, so that the gate closes without one more step.
        self._set_leading(False)
        log.warning("lease lost", lease=self._lock.name, reason=reason, holder=self._seen.holder)

    async def _attempt(self, timeout_seconds: float) -> bool:
        """Try once, within the time, to make the lease ours or keep it; say if it is ours."""
        self._retry_after_seconds = 0.0
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._claim()
        except TimeoutError:
            self._tell_failure("Timeout")
        except errors.KubeError as error:
            if isinstance(error, errors.ApiError):
                self._retry_after_seconds = error.retry_after_seconds or 0.0
            self._tell_failure(str(error), remedy(error))
        return False

    def _tell_failure(self, error: str, how_to_mend: str = "") -> None:
        """Log a failed attempt; of a candidate that keeps failing one a minute is a warning."""
        now = self._clock.monotonic()
        is_news = self._leading or now >= self._quiet_until
        if is_news:
            self._quiet_until = now + _FAILURE_LOG_SECONDS
        say = log.warning if is_news else log.debug
        told = {"remedy": how_to_mend} if how_to_mend else {}
        say("lease attempt failed", lease=self._lock.name, error=error, **told)

    async def _claim(self) -> bool:
        """Write our record: on what we wrote last if we lead, on what we read first if not."""
        write = self._lock.update if self._leading else await self._read()
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            if write is None:
                return False
            record = self._own_record()
            sent = self._clock.monotonic()
            self._claimed = True
            try:
                await self._bounded(write(record))
            except (errors.Conflict, errors.NotFound):
                if self._leading:
                    self._metrics.inc_slowpath()
                if not tries_left:
                    raise
                write = await self._read()
            else:
                self._see(record)
                self._renewed_at = sent
                return True
        return False

    async def _read(self) -> Callable[[LeaderRecord], Awaitable[None]] | None:
        """Read the lease and return the write that would make it ours, if that is allowed."""
        write: Callable[[LeaderRecord], Awaitable[None]]
        try:
            self._see(await self._bounded(self._lock.get()))
            write = self._lock.update
        except errors.NotFound as error:
            if errors.is_type_missing(error):
                raise
            self._see(None)
            write = self._lock.create
        if self._leading:
            # Also one that was deleted or blanked by hand is still ours to write.
            return None if self._seen.is_taken else write
        return None if self._seen.seconds_until_free() > 0 else write

    async def _bounded(self, request: Awaitable[T]) -> T:
        async with asyncio.timeout(self._request_seconds):
            return await request

    def _own_record(self) -> LeaderRecord:
        now = self._clock.now()
        seen = self._seen.record
        claim = replace(
            seen or LeaderRecord(),
            holder_identity=self._options.identity,
            lease_duration_seconds=int(self._options.lease_duration_seconds),
            renew_time=now,
        )
        if seen is None:
            return replace(claim, acquire_time=now)
        if self._seen.is_mine:
            return claim
        return replace(claim, acquire_time=now, lease_transitions=seen.lease_transitions + 1)

    def _see(self, record: LeaderRecord | None) -> None:
        before = self._seen.holder
        if not self._seen.see(record):
            return
        if self._seen.is_taken and self._seen.holder != before:
            log.info("new leader observed", lease=self._lock.name, leader=self._seen.holder)
        if self._seen.seconds_until_free() <= 0:
            self._wake.set()

    async def _release(self) -> None:
        """Give the lease back if it names us; others wait for its end if that fails."""
        if not (self._options.release_on_stop and self._claimed):
            return
        try:
            async with asyncio.timeout(min(self._request_seconds, _RELEASE_SECONDS)):
                for tries_left in reversed(range(_CONFLICT_TRIES)):
                    # Read first: the answer to our last claim may have got lost.
                    self._seen.see(await self._lock.get())
                    if not self._seen.is_mine:
                        return
                    try:
                        await self._lock.update(self._released_record())
                    except errors.Conflict:
                        if not tries_left:
                            raise
                    else:
                        break
        except (TimeoutError, errors.KubeError) as error:
            reason = type(error).__name__
            log.warning("lease not released", lease=self._lock.name, reason=reason)
            return
        self._claimed = False
        log.info("lease released", lease=self._lock.name, identity=self._options.identity)

    def _released_record(self) -> LeaderRecord:
        now = self._clock.now()
        return replace(
            self._seen.record or LeaderRecord(),
            holder_identity="",
            lease_duration_seconds=RELEASED_DURATION_SECONDS,
            acquire_time=now,
            renew_time=now,
        )


async def _await(lead: Callable[[], Awaitable[None]]) -> None:
    await lead()
