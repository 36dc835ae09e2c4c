"""What is one fact for a verb and a type is found out once, and not once per object.

A missing right is the same for all objects of a type, and so is a server that answers every write
of a type with 5xx. Ten thousand objects that each try again by themselves are a storm; here one
tries, with back-off, and the others wait for what it finds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Final, Protocol

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock
from clusterimport.kube import errors
from clusterimport.kube.resources import Access
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.limits.objects import FAILING_OBJECTS
from clusterimport.model.gvr import GroupResource
from clusterimport.model.meta import ObjectKey

log = structlog.get_logger(__name__)

BACKOFF: Final = BackoffOptions(initial_seconds=1.0)
"""Between two tries: from a second to half a minute."""
_NEXT_SECONDS: Final = 5.0
"""When another one may try, if the one that was to has nothing to ask any more."""
_SLACK_SECONDS: Final = 0.01
"""The loop may fire a timer early by its own resolution."""


class Views(Protocol):
    """What is told of live answers about objects: the caches that should know the same."""

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Take note that an object is there."""

    def not_found(self, resource: GroupResource, key: ObjectKey) -> None:
        """Take note that an object is not there."""

    def conflicted(self, resource: GroupResource, key: ObjectKey) -> None:
        """Take note that a write was for another state of an object than the server has."""


class LiveRequests:
    """The hook of a term's requests: they pass the turnstiles, and caches hear of the answers."""

    def __init__(self, views: Views, turnstiles: "Turnstiles") -> None:
        self._views = views
        self._turnstiles = turnstiles
        self.found = views.found

    @contextmanager
    def passing(self, access: Access, name: str) -> Iterator[None]:
        """Send one request inside; raises as ``Turnstiles.passing``."""
        key = ObjectKey(access.namespace, name)
        try:
            with self._turnstiles.passing(access, name):
                yield
        except errors.NotFound as error:
            if not errors.is_type_missing(error):
                self._views.not_found(access.resource, key)
            raise
        except errors.Conflict:
            self._views.conflicted(access.resource, key)
            raise


class Turnstiles:
    """The turnstiles of all accesses; owned by one leadership term. Call it on the event loop."""

    def __init__(self, clock: Clock, random: Random, metrics: LimitMetrics) -> None:
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._closed: dict[Access, _Turnstile] = {}
        # Names of the objects whose writes failed in a row; one that is answered ends the row.
        self._failing: dict[Access, set[str]] = {}

    @contextmanager
    def passing(self, access: Access, name: str) -> Iterator[None]:
        """Send one request inside, about the object of a name.

        Raises what the last one has met, an ApiError with a ``turnstile``, where others wait.
        """
        closed = self._closed.get(access)
        is_try = closed is not None and closed.begin()
        if closed is not None and not is_try:
            raise closed.error.again()
        try:
            yield
        except errors.ApiError as error:
            if not self._is_answer(access, error):
                if self._is_general(access, name, error):
                    self._close(access, error, is_try=is_try)
            else:
                self._answered(access)
            raise
        except BaseException:
            if closed is not None and is_try:
                closed.put_off()
            raise
        self._answered(access)

    def close(self) -> None:
        """Let nobody wait any more; the term is over."""
        for turnstile in self._closed.values():
            turnstile.cancel()
        self._closed.clear()
        self._failing.clear()

    def __len__(self) -> int:
        """Return about how many accesses something is remembered."""
        return len(self._closed.keys() | self._failing.keys())

    def _is_answer(self, access: Access, error: errors.ApiError) -> bool:
        """Whether the server has looked at the very request, and not failed over it."""
        if isinstance(error, errors.Forbidden):
            return not error.by_authorizer
        return error.status_code < 500 or access.verb not in WRITES

    def _is_general(self, access: Access, name: str, error: errors.ApiError) -> bool:
        """Whether what is no answer concerns the whole type; one object may be at fault itself."""
        if isinstance(error, errors.Forbidden) or access in self._closed:
            return True
        failing = self._failing.setdefault(access, set())
        failing.add(name)
        return len(failing) >= FAILING_OBJECTS

    def _close(self, access: Access, error: errors.ApiError, *, is_try: bool) -> None:
        turnstile = self._closed.get(access)
        if turnstile is None:
            backoff = Backoff(BACKOFF, clock=self._clock, random=self._random)
            turnstile = self._closed[access] = _Turnstile(self._clock, backoff)
            self._metrics.limit_reached(Limit.ACCESS)
            log.warning("access refused", access=str(access), error=str(error))
            turnstile.refused(error)
        elif is_try:
            turnstile.refused(error)
        error.turnstile = turnstile

    def _answered(self, access: Access) -> None:
        self._failing.pop(access, None)
        turnstile = self._closed.pop(access, None)
        if turnstile is not None:
            log.info("access granted", access=str(access), waiting=len(turnstile))
            turnstile.open()


WRITES: Final = errors.WRITE_VERBS | {"delete"}


class _Turnstile:
    """One access that is refused: who waits for it, and when it is tried again."""

    def __init__(self, clock: Clock, backoff: Backoff) -> None:
        self._clock = clock
        self._backoff = backoff
        self._due = 0.0
        self._is_trying = False
        # Those that have had a try go behind all others: what fails for itself stops nobody.
        self._fresh: OrderedDict[Hashable, Callable[[], None]] = OrderedDict()
        self._tried: OrderedDict[Hashable, Callable[[], None]] = OrderedDict()
        self._had_a_try: set[Hashable] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.error: errors.ApiError

    def begin(self) -> bool:
        """Whether a request may be the one that tries."""
        if self._is_trying or self._clock.monotonic() < self._due - _SLACK_SECONDS:
            return False
        self._is_trying = True
        return True

    def refused(self, error: errors.ApiError) -> None:
        """Take note of what a try has met; the next is later than that."""
        error.turnstile = self
        self.error = error.again()
        self._pause(error.retry_after_seconds or 0.0)

    def put_off(self) -> None:
        """Take note that a try ended without an answer."""
        self._pause(0.0)

    def wait(self, key: Hashable, go_on: Callable[[], None]) -> None:
        """Call ``go_on`` when the key may try, or when nobody has to any more."""
        waiting = self._tried if key in self._had_a_try else self._fresh
        waiting[key] = go_on

    def open(self) -> None:
        """Let everybody go on."""
        self.cancel()
        waiting = [*self._fresh.values(), *self._tried.values()]
        self._fresh.clear()
        self._tried.clear()
        for go_on in waiting:
            go_on()

    def cancel(self) -> None:
        """Let nobody try any more."""
        if self._timer is not None:
            self._timer.cancel()

    def __len__(self) -> int:
        return len(self._fresh) + len(self._tried)

    def _pause(self, at_least_seconds: float) -> None:
        self._is_trying = False
        seconds = max(self._backoff.next_seconds(), at_least_seconds)
        self._due = self._clock.monotonic() + seconds
        self.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._let_one_try)

    def _let_one_try(self) -> None:
        # That one may have nothing to ask any more, and so bring no answer.
        self._timer = asyncio.get_running_loop().call_later(_NEXT_SECONDS, self._let_one_try)
        waiting = self._fresh or self._tried
        if waiting:
            key, go_on = waiting.popitem(last=False)
            self._had_a_try.add(key)
            go_on()
