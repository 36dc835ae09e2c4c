"""What is known of the health of every PediaCluster, for the status of its lifecycle."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from clusterimport.controllers.pediaclusters.notes import NOTHING_TO_NOTE, CredentialNotes


class HealthState(Enum):
    """What a lifecycle may say about the cluster that it imported."""

    PENDING = "pending"
    """It will be known, and is not yet."""
    UNWATCHED = "unwatched"
    """Nobody will find it out."""
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """The newest verdict on one cluster."""

    state: HealthState
    reason: str = ""
    """The fine reason, as the condition ``Ready`` of the lifecycle carries it; of one that is
    pending empty, unless that is to be told even where an older verdict stands."""
    message: str = ""
    """What a person should do; the same for the same fault, so that nothing is written twice."""
    notes: CredentialNotes | None = None
    """What is to be said of its credentials; None while they have not been read."""


PENDING = Health(HealthState.PENDING)
UNWATCHED = Health(HealthState.UNWATCHED)


class HealthBoard:
    """Verdicts by the name of the PediaCluster; tells its listener which one changed.

    Written by the PediaCluster reconciler, read by the lifecycle reconciler. ``unknown`` tells
    what to say of a cluster that was not looked at yet.
    """

    def __init__(self, changed: Callable[[str], None], *, unknown: Callable[[str], Health]) -> None:
        self._changed = changed
        self._unknown = unknown
        self._verdicts: dict[str, Health] = {}
        # What was last answered for a cluster without a verdict: only that can be no news.
        self._assumed: dict[str, Health] = {}

    def of(self, name: str) -> Health:
        """Return the verdict on a cluster."""
        verdict = self._verdicts.get(name)
        if verdict is None:
            verdict = self._assumed[name] = self._unknown(name)
        return verdict

    def set(self, name: str, health: Health) -> None:
        """Record a verdict."""
        before = self._verdicts.get(name) or self._assumed.pop(name, None) or self._unknown(name)
        self._verdicts[name] = health
        if before.notes is None and health.notes == NOTHING_TO_NOTE:
            # To have read credentials of which there is nothing to say is no news: a thousand
            # lifecycles would be looked at for nothing after each start.
            before = dataclasses.replace(before, notes=NOTHING_TO_NOTE)
        if before != health:
            self._changed(name)

    def forget(self, name: str) -> None:
        """Forget a cluster that is gone."""
        self._verdicts.pop(name, None)
        self._assumed.pop(name, None)
