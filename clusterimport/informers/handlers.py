"""Who is told about changes.

The informer changes its store and calls every handler in the same synchronous step, so a handler
that looks into the store sees the state it is told about. Handlers map to keys and do nothing
else. One that raises has a bug; the others are still called.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from clusterimport.aio import Latch
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.spec import InformerStatus
from clusterimport.model.meta import Object, ObjectKey
from clusterimport.traces import where

log = structlog.get_logger(__name__)


class EventHandler(Protocol):
    """Receives the changes of one informer, in order, each exactly once."""

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        """Take note of one change; synchronous, never raises.

        Args:
            key: which object.
            old: what the store held, None for an object that is new to it.
            new: what it holds now, None for an object that is gone, or that no interest takes
                any more. Of another uid than ``old`` if the object was deleted and made again.
            initial: the object comes from a list, not from the stream: it can wait.

        """

    def on_status(self, status: InformerStatus) -> None:
        """Take note that the informer has synced, is failing, or has recovered."""


class Registration:
    """The membership of one handler or interest."""

    def __init__(self, has_synced: Latch, remove: Callable[[], None]) -> None:
        self.has_synced = has_synced
        """Set once a complete view that began after the registration has been delivered."""
        self._remove: Callable[[], None] | None = remove

    def remove(self) -> None:
        """End the membership; harmless the second time."""
        remove, self._remove = self._remove, None
        if remove is not None:
            remove()


class Handlers:
    """The handlers of one informer; only the informer calls them."""

    def __init__(self, name: str, metrics: InformerMetrics) -> None:
        self._name = name
        self._metrics = metrics
        # Replaced, never changed, so that a handler may remove itself while it is called.
        self._handlers: tuple[EventHandler, ...] = ()
        self._count_listeners: tuple[Callable[[], None], ...] = ()
        self._count = 0

    def add(
        self,
        handler: EventHandler,
        content: Iterable[tuple[ObjectKey, Object]],
        status: InformerStatus,
    ) -> None:
        """Tell a new handler what is there already, then every change.

        It is told the status only if there is something to tell: not of a fresh informer.
        """
        for key, obj in content:
            self._change(handler, key, None, obj, initial=True)
        if status.differs_from(InformerStatus()):
            self._status(handler, status)
        self._handlers = (*self._handlers, handler)

    def remove(self, handler: EventHandler) -> None:
        """Tell a handler nothing any more."""
        left = list(self._handlers)
        for place, other in enumerate(left):
            if other is handler:
                del left[place]
                break
        self._handlers = tuple(left)

    def change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        """Tell every handler about one change."""
        for handler in self._handlers:
            self._change(handler, key, old, new, initial=initial)

    def status(self, status: InformerStatus) -> None:
        """Tell every handler about a change of the status."""
        for handler in self._handlers:
            self._status(handler, status)

    def add_count_listener(self, listener: Callable[[], None]) -> None:
        """Tell of objects that come and go also where no interest takes them."""
        self._count_listeners = (*self._count_listeners, listener)

    def remove_count_listener(self, listener: Callable[[], None]) -> None:
        """Tell a listener nothing any more."""
        self._count_listeners = tuple(
            other for other in self._count_listeners if other is not listener
        )

    def counted(self, count: int) -> None:
        """Tell that the server has so many objects, if it had another number before."""
        before, self._count = self._count, count
        if count != before:
            for listener in self._count_listeners:
                listener()

    def _change(
        self,
        handler: EventHandler,
        key: ObjectKey,
        old: Object | None,
        new: Object | None,
        *,
        initial: bool,
    ) -> None:
        try:
            handler.on_change(key, old, new, initial=initial)
        except Exception as error:  # noqa: BLE001 - one handler's bug must not starve the others
            self._failed(error)

    def _status(self, handler: EventHandler, status: InformerStatus) -> None:
        try:
            handler.on_status(status)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._metrics.handler_failed(self._name)
        log.error("event handler failed", informer=self._name, error=where(error))
