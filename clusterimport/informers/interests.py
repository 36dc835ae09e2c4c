"""Which objects are worth keeping.

Everyone who shares an informer may register a predicate; an object is kept if one of them, or
nobody at all, asks for it. Memory thereby follows what is imported and not what exists.
"""

from collections.abc import Callable
from typing import Final

import structlog

from clusterimport.informers.metrics import InformerMetrics
from clusterimport.model.meta import Object
from clusterimport.traces import where

log = structlog.get_logger(__name__)

Predicate = Callable[[Object], bool | None]
"""Whether an object as the server sent it is of interest, None where that cannot be said and it is
kept; pure, never raises."""

EVERYBODY: Final = frozenset({""})
"""The takers where there is no interest."""


class Interests:
    """The predicates of one informer, by name."""

    def __init__(self, name: str, metrics: InformerMetrics) -> None:
        self._name = name
        self._metrics = metrics
        self._predicates: dict[str, Predicate] = {}
        # Names whose predicate has raised, so that one bug makes one line and not one per object.
        self._failed: set[str] = set()
        # The answers that there are, each once: many objects have the same.
        self._answers: dict[frozenset[str], frozenset[str]] = {}

    def set(self, name: str, predicate: Predicate) -> bool:
        """Add or replace a predicate; return False if it is there already."""
        if self._predicates.get(name) is predicate:
            return False
        self._predicates[name] = predicate
        self._failed.discard(name)
        return True

    def get(self, name: str) -> Predicate | None:
        """Return the predicate of a name."""
        return self._predicates.get(name)

    def remove(self, name: str) -> bool:
        """Drop a predicate; return False if there is none of that name."""
        self._failed.discard(name)
        self._answers.clear()
        return self._predicates.pop(name, None) is not None

    def __len__(self) -> int:
        return len(self._predicates)

    def takers(self, obj: Object) -> frozenset[str]:
        """Return the names of those who take an object; empty if it is not to be kept.

        Those who cannot say have a ``?`` before their name. A predicate that raises has a bug; its
        answer counts as such, because a no would look like a deletion.
        """
        if not self._predicates:
            return EVERYBODY
        found = []
        for name, predicate in self._predicates.items():
            try:
                answer = predicate(obj)
            except Exception as error:  # noqa: BLE001 - a bug must not stop the informer
                self._report(name, error)
                answer = None
            if answer is not False:
                found.append(name if answer else f"?{name}")
        takers = frozenset(found)
        return self._answers.setdefault(takers, takers)

    def _report(self, name: str, error: Exception) -> None:
        self._metrics.handler_failed(self._name)
        if name not in self._failed:
            self._failed.add(name)
            log.error("predicate failed", informer=self._name, interest=name, error=where(error))
