"""Reading an object once for all lifecycles that refer to it.

Where one Secret is referred to by 1 500 lifecycles, each of them looks when it changes, and each
needs the same bytes. A read serves everybody whose cache was no newer when it began; its answer is
kept for the rest of such a look, a few seconds, undecoded and within bounds.

What was read is never gone back behind: where a cache has whole objects, and a read was ahead of
it, the object is read again until the cache shows what was read.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from clusterimport.aio import Clock
from clusterimport.limits.objects import SHARED_READ_BYTES, SHARED_READ_SECONDS, SHARED_READS
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Identity, ObjectKey, at_least
from clusterimport.workqueue import current_priority


class Readable(NamedTuple):
    """An object as it is read: in one version of its type."""

    gvr: GroupVersionResource
    key: ObjectKey


class _Reading:
    """A read that is under way; ended without answer and error, its reader was cancelled."""

    def __init__(self, version: str) -> None:
        self.version = version
        """What the reader's cache had when it began."""
        self.priority = current_priority()
        self.ended = asyncio.Event()
        self.answer: Identity | None = None
        self.error: Exception | None = None


class _Kept(NamedTuple):
    obj: Identity
    until: float

    @property
    def size(self) -> int:
        return self.obj.size + _IDENTITY_BYTES


class SharedReads:
    """The reads of one term, each made by one of those that need it.

    Keeps nothing beyond ``close``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: dict[Readable, _Reading] = {}
        # In the order in which they were read, and so in that in which they are dropped.
        self._kept: OrderedDict[Readable, _Kept] = OrderedDict()
        self._held: Counter[str] = Counter()  # bytes by namespace, no zeros
        self._timer: asyncio.TimerHandle | None = None
        # Versions that were read and that the cache of whole objects has not shown yet, the
        # oldest first.
        self._ahead: dict[Readable, str] = {}

    def newest(self, what: Readable, cached: str) -> str:
        """Return the newest known version of an object that a cache has in this version."""
        ahead = self._ahead.get(what)
        if ahead is not None and not at_least(cached, ahead):
            return ahead
        self._ahead.pop(what, None)
        return cached

    def was_read(self, what: Readable, version: str, cached: str) -> None:
        """Take note of the version that was read of an object which a cache has whole."""
        self._ahead.pop(what, None)
        if at_least(cached, version):
            return
        self._ahead[what] = version
        # Nobody looks again at what is gone, so that nothing else would ever take it away.
        if len(self._ahead) > SHARED_READS:
            del self._ahead[next(iter(self._ahead))]

    async def get(
        self,
        what: Readable,
        version: str,
        read: Callable[[], Awaitable[Identity]],
        *,
        keep: bool,
    ) -> Identity:
        """Return an object that is at least as new as ``version``, which the caller's cache has.

        Args:
            what: the object.
            version: its resourceVersion; a read that began when a cache had an older one is not
                good enough, nor is its failure.
            read: reads it; called at most once, and not at all where another read will do.
            keep: whether others will want it soon.

        Raises what ``read`` raised, for all that waited for it; it is not remembered.

        """
        while True:
            kept = self._kept.get(what)
            if kept is not None and _will_do(kept.obj.resource_version, version):
                return kept.obj
            reading = self._under_way.get(what)
            if (
                reading is None
                or not _will_do(reading.version, version)
                # It stands in line with a backlog, and this one does not.
                or reading.priority < current_priority()
            ):
                return await self._read(what, version, read, keep=keep)
            await reading.ended.wait()
            if reading.error is not None:
                # One instance for many: it must not gather the traceback of each.
                raise reading.error.with_traceback(None)
            if reading.answer is not None:
                return reading.answer

    def close(self) -> None:
        """Drop what is kept."""
        self._ahead.clear()
        self._kept.clear()
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _read(
        self,
        what: Readable,
        version: str,
        read: Callable[[], Awaitable[Identity]],
        *,
        keep: bool,
    ) -> Identity:
        reading = self._under_way[what] = _Reading(version)
        try:
            answer = reading.answer = await read()
        except Exception as error:
            reading.error = error
            raise
        finally:
            if self._under_way.get(what) is reading:
                del self._under_way[what]
            reading.ended.set()
            # An error has come through this frame, which must not hold it.
            del reading
        if keep:
            self._keep(what, answer)
        return answer

    def _keep(self, what: Readable, obj: Identity) -> None:
        self._drop(what)
        kept = _Kept(obj, self._clock.monotonic() + SHARED_READ_SECONDS)
        self._kept[what] = kept
        self._held[what.key.namespace] += kept.size
        while len(self._kept) > SHARED_READS or self._held.total() > SHARED_READ_BYTES:
            # A namespace with many large objects pays for them itself.
            largest = max(self._held, key=self._held.__getitem__)
            self._drop(next(each for each in self._kept if each.key.namespace == largest))
        self._arm()

    def _drop(self, what: Readable) -> None:
        kept = self._kept.pop(what, None)
        if kept is None:
            return
        namespace = what.key.namespace
        self._held[namespace] -= kept.size
        if not self._held[namespace]:
            del self._held[namespace]

    def _arm(self) -> None:
        if self._timer is None and self._kept:
            oldest = next(iter(self._kept.values()))
            wait = max(oldest.until - self._clock.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(wait, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for what, kept in tuple(self._kept.items()):
            if kept.until <= now:
                self._drop(what)
        self._arm()


_IDENTITY_BYTES = 1024
"""Beside its content: about what an object takes here."""


def _will_do(version: str, wanted: str) -> bool:
    return bool(wanted) and at_least(version, wanted)
