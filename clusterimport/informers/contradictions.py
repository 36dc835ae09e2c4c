"""When live answers say that a cache is wrong, whatever its watch says.

An event that was lost, a list that came empty, or a server whose history is another one than
before (a restored etcd that has overtaken our version) make a view that no watch will ever mend.
Requests about single objects show it: one that is not found, or found where there should be none,
one of another uid, a write against a state that the server does not have. All of these are usual
for a moment, until the event comes; what no event explains within some seconds is answered by a
list from scratch, not too often.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from clusterimport.aio import Clock
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.model.meta import Object, ObjectKey, resource_version_of, uid_of

log = structlog.get_logger(__name__)


class _Doubt(NamedTuple):
    """What the store had when an answer contradicted it, and how many lists had begun."""

    stamp: tuple[str, str] | None
    lists_begun: int
    due: float


class Contradictions:
    """The doubts about one informer's store; call it on the event loop."""

    def __init__(
        self,
        name: str,
        objects: Mapping[ObjectKey, Object],
        *,
        lists_begun: Callable[[], int],
        lists_completed: Callable[[], int],
        relist: Callable[[], None],
        options: InformerOptions,
        clock: Clock,
        metrics: InformerMetrics,
    ) -> None:
        self._name = name
        self._objects = objects
        self._lists_begun = lists_begun
        self._lists_completed = lists_completed
        self._relist = relist
        self._options = options
        self._clock = clock
        self._metrics = metrics
        # In the order of their due times, since all wait equally long.
        self._doubts: dict[ObjectKey, _Doubt] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._interval = options.contradiction_interval_seconds

    def found(self, key: ObjectKey, uid: str, *, is_expected: bool) -> None:
        """Take note of an object that is there; ``is_expected``: the store holds all there are."""
        known = self._objects.get(key)
        if (known is None and is_expected) or (known is not None and uid_of(known) != uid):
            self.doubt(key)

    def not_found(self, key: ObjectKey) -> None:
        """Take note of an object that is not there."""
        if key in self._objects:
            self.doubt(key)

    def doubt(self, key: ObjectKey) -> None:
        """Take note of an answer that does not fit what the store has of a key now."""
        if key in self._doubts:
            return
        due = self._clock.monotonic() + self._options.contradiction_seconds
        self._doubts[key] = _Doubt(self._stamp(key), self._lists_begun(), due)
        if self._timer is None:
            self._arm(due)

    def close(self) -> None:
        """Doubt nothing any more."""
        self._doubts.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __len__(self) -> int:
        """Return how many answers wait for their explanation."""
        return len(self._doubts)

    def _arm(self, due: float) -> None:
        delay = max(due - self._clock.monotonic(), 0.0)
        self._timer = asyncio.get_running_loop().call_later(delay, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        is_contradicted = False
        for key, doubt in list(self._doubts.items()):
            if self._is_explained(key, doubt):
                del self._doubts[key]
            elif doubt.due <= now:
                is_contradicted = True
        if is_contradicted and now >= self._not_before:
            self._list_anew(now)
        elif is_contradicted:
            self._arm(self._not_before)
        elif self._doubts:
            self._arm(next(iter(self._doubts.values())).due)

    def _is_explained(self, key: ObjectKey, doubt: _Doubt) -> bool:
        return self._lists_completed() > doubt.lists_begun or self._stamp(key) != doubt.stamp

    def _list_anew(self, now: float) -> None:
        # Where lists do not help either, they come at ever longer intervals.
        least, most = (
            self._options.contradiction_interval_seconds,
            self._options.contradiction_interval_cap_seconds,
        )
        is_row = self._not_before > 0.0 and now - self._not_before < most
        self._interval = min(self._interval * 2, most) if is_row else least
        self._not_before = now + self._interval
        log.warning("cache contradicted", informer=self._name, objects=len(self._doubts))
        self._metrics.contradicted(self._name)
        self._doubts.clear()
        self._relist()

    def _stamp(self, key: ObjectKey) -> tuple[str, str] | None:
        known = self._objects.get(key)
        return None if known is None else (uid_of(known), resource_version_of(known))
