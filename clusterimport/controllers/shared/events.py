"""Kubernetes Events (``events.k8s.io/v1``): what a person sees in ``kubectl describe``.

Events are best effort: written by a task of their own, never waited for by a reconciler, and lost
with the process. What meets a failure of the server is tried again, as client-go does
(``tools/record/event.go``), since nobody makes the same Event once more. Each object has a
small budget, so that one that flips a hundred times a second does not fill the server; what is
dropped is counted.
"""

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.limits.messages import (
    EVENT_NOTE_BYTES,
    EVENTS_BURST,
    EVENTS_REFILL_SECONDS,
    EVENTS_WAITING,
)
from clusterimport.model import meta
from clusterimport.model.times import micro_time
from clusterimport.workqueue import BACKLOG, working_at

log = structlog.get_logger(__name__)

REPORTING_CONTROLLER = "clusterpedia.io/clusterimport"
_BUDGETS = 4096
"""Objects whose budgets are remembered, those that were told of last."""
EVENT_TRIES: Final = 12
"""After so many failures of the server an Event is given up; client-go's number."""
_BACKOFF: Final = BackoffOptions(initial_seconds=1.0, cap_seconds=10.0)

_NAME_CHARACTERS = 200
_NO_SUBDOMAIN = re.compile(r"[^a-z0-9.-]")


class Regarding(NamedTuple):
    """The object that an Event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str

    @classmethod
    def of(cls, obj: meta.Object) -> "Regarding":
        """Point at a raw object."""
        return cls(
            meta.api_version_of(obj),
            meta.kind_of(obj),
            meta.namespace_of(obj),
            meta.name_of(obj),
            meta.uid_of(obj),
        )


class WaitingEvent(NamedTuple):
    """An Event that is to be written, and how often that failed."""

    event: dict[str, Any]
    tries: int = 0

    @property
    def namespace(self) -> str:
        """Where it is to be written."""
        namespace: str = self.event["metadata"]["namespace"]
        return namespace


class EventRecorder:
    """Writes Events in the background; ``record`` never fails and never waits."""

    def __init__(
        self,
        client: ResourceClient,
        *,
        instance: str,
        clock: Clock,
        random: Random,
        on_drop: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._instance = instance
        self._clock = clock
        self._random = random
        self._on_drop = on_drop
        self._backlog = EventBacklog(on_drop)
        self._backoff = Backoff(_BACKOFF, clock=clock, random=random)
        # The most recently used objects' remaining Events and when that was computed.
        self._budgets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def normal(self, regarding: Regarding, reason: str, action: str, note: str) -> None:
        """Tell that something went as it should."""
        self._record("Normal", regarding, reason, action, note)

    def warning(self, regarding: Regarding, reason: str, action: str, note: str) -> None:
        """Tell that something needs a person."""
        self._record("Warning", regarding, reason, action, note)

    async def run(self) -> None:
        """Write Events until cancelled; whatever else there is to do goes first."""
        while True:
            waiting = await self._backlog.get()
            event = waiting.event
            try:
                with working_at(BACKLOG):
                    await self._client.create(event, namespace=event["metadata"]["namespace"])
            except errors.AlreadyExists:
                # Written before, and the answer was lost: no two Events have a name in common.
                self._backoff.reset()
            except errors.GateClosed:
                # The lease is lost, and this ends with the term, or it is about to be renewed.
                self._backlog.put_back(waiting)
                await self._clock.sleep(self._backoff.next_seconds())
            except errors.KubeError as error:
                await self._failed(waiting, error)
            else:
                self._backoff.reset()

    async def _failed(self, waiting: WaitingEvent, error: errors.KubeError) -> None:
        """Try an Event again later, unless the server refuses it; the others wait meanwhile."""
        pause, tries = errors.retry_after_of(error), waiting.tries + 1
        if _may_pass(error) and tries < EVENT_TRIES:
            pause = max(pause, self._backoff.next_seconds())
            self._backlog.put_back(waiting._replace(tries=tries))
        else:
            log.info("event not written", reason=waiting.event["reason"], error=str(error))
        await self._clock.sleep(pause)

    def _record(self, kind: str, about: Regarding, reason: str, action: str, note: str) -> None:
        if not self._take(f"{about.uid}/{about.namespace}/{about.name}"):
            log.debug("event dropped", reason=reason, kind=about.kind, name=about.name)
            self._on_drop()
            return
        self._backlog.put(self._build(kind, about, reason, action, note))

    def _build(
        self, kind: str, about: Regarding, reason: str, action: str, note: str
    ) -> dict[str, Any]:
        # An Event about a cluster-scoped object has to be in "default"; elsewhere it is a 422.
        namespace = about.namespace or "default"
        suffix = f"{self._random.getrandbits(64):016x}"
        return {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{event_name(about.name)}.{suffix}", "namespace": namespace},
            "eventTime": micro_time(self._clock.now()),
            "type": kind,
            "reason": reason,
            "action": action,
            "note": note.encode()[:EVENT_NOTE_BYTES].decode(errors="ignore"),
            "reportingController": REPORTING_CONTROLLER,
            "reportingInstance": self._instance[:128],
            "regarding": {
                "apiVersion": about.api_version,
                "kind": about.kind,
                "name": about.name,
                **({"namespace": about.namespace} if about.namespace else {}),
                **({"uid": about.uid} if about.uid else {}),
            },
        }

    def _take(self, key: str) -> bool:
        now = self._clock.monotonic()
        left, since = self._budgets.pop(key, (float(EVENTS_BURST), now))
        left = min(left + (now - since) / EVENTS_REFILL_SECONDS, float(EVENTS_BURST))
        allowed = left >= 1.0
        self._budgets[key] = (left - 1.0 if allowed else left, now)
        if len(self._budgets) > _BUDGETS:
            self._budgets.popitem(last=False)
        return allowed


def event_name(name: str) -> str:
    """Return the beginning of an Event's name: that of its object, as a subdomain.

    The names of some types may have capitals and colons, and a cut may end at a dash or dot; the
    server refuses an Event of such a name. What it is about, the Event says itself.
    """
    text = _NO_SUBDOMAIN.sub("-", name[:_NAME_CHARACTERS].lower())
    return ".".join(filter(None, (label.strip("-") for label in text.split(".")))) or "object"


def _may_pass(error: errors.KubeError) -> bool:
    """Whether the same request may succeed later: nobody has judged it."""
    if isinstance(error, errors.ApiError):
        return error.status_code >= 500 or isinstance(
            error, errors.TooManyRequests | errors.Unauthorized
        )
    return isinstance(error, errors.TransportError)


class EventBacklog:
    """First come, first served within a namespace; namespaces take turns.

    Where there is no room the namespace that has the most loses its oldest, so that one which has
    very many to tell costs no other one a word.
    """

    def __init__(self, on_drop: Callable[[], None]) -> None:
        self._on_drop = on_drop
        # In the order of their turns; none is ever empty.
        self._lines: OrderedDict[str, deque[WaitingEvent]] = OrderedDict()
        self._count = 0
        self._has_some = asyncio.Event()

    def put(self, event: dict[str, Any]) -> None:
        """Have an Event wait, if need be in place of an older one."""
        waiting = WaitingEvent(event)
        self._line(waiting.namespace).append(waiting)
        self._added()

    def put_back(self, waiting: WaitingEvent) -> None:
        """Have an Event that was taken be the first of its namespace once more."""
        self._line(waiting.namespace).appendleft(waiting)
        self._added()

    def _line(self, namespace: str) -> deque[WaitingEvent]:
        return self._lines.setdefault(namespace, deque())

    def _added(self) -> None:
        self._count += 1
        if self._count > EVENTS_WAITING:
            self._pop(max(self._lines, key=lambda name: len(self._lines[name])))
            self._on_drop()
        self._has_some.set()

    async def get(self) -> WaitingEvent:
        """Take the Event whose turn it is; wait for one if there is none."""
        await self._has_some.wait()
        return self.take()

    def take(self) -> WaitingEvent:
        """Take the Event whose turn it is; there has to be one."""
        namespace = next(iter(self._lines))
        self._lines.move_to_end(namespace)
        return self._pop(namespace)

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    def _pop(self, namespace: str) -> WaitingEvent:
        waiting = self._lines[namespace].popleft()
        if not self._lines[namespace]:
            del self._lines[namespace]
        self._count -= 1
        if not self._count:
            self._has_some.clear()
        return waiting
