"""How far an informer has come: numbers of lists, who waits for which, and its status.

Lists are numbered when they begin. "A complete view that is newer than this moment" is then the
completion of any list with a higher number than the last one begun.
"""

from dataclasses import replace
from weakref import WeakKeyDictionary

import structlog

from clusterimport.aio import Clock, Latch
from clusterimport.errors import ClusterImportError
from clusterimport.informers.handlers import Handlers
from clusterimport.informers.spec import InformerStatus
from clusterimport.kube import errors as kube_errors

log = structlog.get_logger(__name__)


class Progress:
    """Written by the reflector and, where interests change, by the informer."""

    def __init__(self, name: str, handlers: Handlers, clock: Clock) -> None:
        self._name = name
        self._handlers = handlers
        self._clock = clock
        self._begun = 0
        self._completed = 0
        # The list that sets ``has_synced`` has a higher number than this.
        self._synced_after = 0
        # Each latch is set by the first list with a higher number than the one beside it. Where
        # nobody waits for one any more it goes: a type that is not there may never be listed.
        self._latches: WeakKeyDictionary[Latch, int] = WeakKeyDictionary()
        self.has_synced = Latch(f"{name} synced")
        self.heard_at = clock.monotonic()
        """When the server last sent anything."""
        self.status = InformerStatus()

    @property
    def begun(self) -> int:
        """The number of the list that began last, complete or not; 0 before the first."""
        return self._begun

    @property
    def completed(self) -> int:
        """The number of the last complete list; 0 before the first. It only grows."""
        return self._completed

    def begin(self) -> int:
        """Give a number to a list that begins now."""
        self._begun += 1
        return self._begun

    def complete(self, number: int) -> None:
        """Take note that a list is complete and in the store."""
        self._completed = number
        if number > self._synced_after:
            self.has_synced.set()
        # Before the handlers hear of it: they look at the latches.
        for latch, after in list(self._latches.items()):
            if after < number:
                latch.set()
                del self._latches[latch]
        self._set_status(
            replace(
                self.status,
                synced=self.has_synced.is_set,
                error=None,
                error_since=None,
                type_missing=False,
            )
        )

    def latch_after(self, number: int) -> Latch:
        """Return a latch for the first complete list with a higher number."""
        latch = Latch(f"{self._name} listed after {number}")
        if self._completed > number:
            latch.set()
        else:
            self._latches[latch] = number
        return latch

    def heard(self) -> None:
        """Take note of anything that the server sent."""
        self.heard_at = self._clock.monotonic()

    def renew(self) -> None:
        """Call only a list complete that begins later than now."""
        self._synced_after = self._begun
        if self.has_synced.is_set:
            self.has_synced = Latch(self.has_synced.name)
        self._set_status(replace(self.status, synced=False))

    def fail(self, error: ClusterImportError) -> None:
        """Take note that the server does not answer as it should, or that we have met a bug."""
        since = self.status.error_since
        self._set_status(
            replace(
                self.status,
                error=error,
                error_since=self._clock.monotonic() if since is None else since,
                type_missing=isinstance(error, kube_errors.NotFound),
            )
        )

    def recover(self) -> None:
        """Take note that the server answers again."""
        if self.status.error is not None:
            self._set_status(replace(self.status, error=None, error_since=None, type_missing=False))

    def _set_status(self, status: InformerStatus) -> None:
        before, self.status = self.status, status
        if not status.differs_from(before):
            return
        if status.error is None and before.error is not None:
            log.info("informer recovered", informer=self._name)
        self._handlers.status(status)
