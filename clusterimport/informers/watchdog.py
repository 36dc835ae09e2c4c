"""Tells a dead watch from a quiet one.

A watch whose server has forgotten it looks like one of a type that does not change. So after a
minute of silence the server is asked, on another connection, how far the type has come. The watch
is given up if the server has moved on and the watch stays silent, or if nobody answers twice.
"""

from collections.abc import Awaitable, Callable
from enum import Enum

from clusterimport.aio import Clock
from clusterimport.informers.options import InformerOptions
from clusterimport.kube import errors as kube_errors
from clusterimport.model.meta import is_older
from clusterimport.traces import without_frames

Check = Callable[[], Awaitable[str]]
"""Returns the type's resource version by a consistent read; raises ``kube.errors``."""

CLOCK_RESOLUTION_SECONDS = 0.001
"""Shorter sleeps than this are none."""


class WatchVerdict(Enum):
    """Why a watch has to end."""

    DEAD = "dead"
    """Go on from its last version with a new one."""
    WENT_BACK = "went back"
    """The server has lost what we have seen; its state has to be read anew."""


class Watchdog:
    """Guards one watch; ``heard`` is called for everything that it delivers."""

    def __init__(self, options: InformerOptions, clock: Clock, check: Check) -> None:
        self._options = options
        self._clock = clock
        self._check = check
        self._last_heard = clock.monotonic()
        # Grows with every sign of life, so that two at the same instant are told apart.
        self._beats = 0
        self._version = ""
        self.failure: kube_errors.KubeError | None = None
        """Why nobody answered, where that is the reason of the verdict."""

    def heard(self, version: str) -> None:
        """Take note of an event or bookmark, or of the list that the watch goes on from."""
        self._last_heard = self._clock.monotonic()
        self._beats += 1
        self._version = version

    async def run(self) -> WatchVerdict:
        """Return when the watch has to end; for a healthy one that is never."""
        while True:
            await self._sleep_until_silent()
            beats = self._beats
            server_version = await self._ask(beats)
            if beats != self._beats:
                continue
            if server_version is None:
                return WatchVerdict.DEAD
            if is_older(server_version, self._version):
                return WatchVerdict.WENT_BACK
            # Equal versions prove that nothing is missing so far; look again as soon, so that
            # what changes next is found within the same time.
            await self._clock.sleep(self._options.silence_grace_seconds)
            if beats == self._beats and server_version != self._version:
                return WatchVerdict.DEAD

    async def _sleep_until_silent(self) -> None:
        while True:
            silent = self._clock.monotonic() - self._last_heard
            left = self._options.silence_seconds - silent
            # Sleeping for a rounding error would spin without the time moving on.
            if left < CLOCK_RESOLUTION_SECONDS:
                return
            await self._clock.sleep(left)

    async def _ask(self, beats: int) -> str | None:
        """Return the server's version, None if it failed twice or the watch woke up."""
        try:
            return await self._check()
        except kube_errors.KubeError as error:
            retry_after = getattr(error, "retry_after_seconds", None) or 0.0
        await self._clock.sleep(max(self._options.check_retry_seconds, retry_after))
        if beats != self._beats:
            return None
        try:
            return await self._check()
        except kube_errors.KubeError as error:
            self.failure = without_frames(error)
            return None
