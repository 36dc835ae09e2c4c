"""Since when creation conditions print what they print, and what they read is as it is."""

from datetime import datetime
from typing import NamedTuple

from clusterimport.aio import Clock
from clusterimport.engine.lifecycle import ConditionOutcome
from clusterimport.model import meta
from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.times import second_time

WAIT_CREATION_CONDITION = "WaitCreationCondition"


class _Seen(NamedTuple):
    outcome: ConditionOutcome
    since: str
    """The part of the message that tells what is printed, and since when."""
    message: str


class ConditionWaits:
    """The last outcome of each lifecycle that waits for its condition, and of no others.

    A message changes with what is printed, and at most once a minute with what is read: a source
    may have a heartbeat.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}

    def message(self, name: str, lifecycle: meta.Object | None, outcome: ConditionOutcome) -> str:
        """Return what to say of a condition that is not met; ``lifecycle`` as it was told last."""
        before = self._seen.get(name)
        said = f"the creation condition prints {outcome.printed}, not `true`, since "
        told = _told(lifecycle)
        now = self._clock.now()
        if before is None and told.startswith(said):
            # The leader before has said so: nothing tells that it has become otherwise.
            seen = _Seen(outcome, told.partition(";")[0], told)
        elif before is None or before.outcome.printed != outcome.printed:
            since = f"{said}{second_time(now)}"
            seen = _Seen(outcome, since, since + _unchanged(now))
        elif before.outcome.inputs != outcome.inputs:
            seen = _Seen(outcome, before.since, before.since + _unchanged(now))
        else:
            return before.message
        self._seen[name] = seen
        return seen.message

    def forget(self, name: str) -> None:
        """Forget a lifecycle that waits no more, or is gone."""
        self._seen.pop(name, None)


def _told(lifecycle: meta.Object | None) -> str:
    created = find(conditions_of(lifecycle or {}), "Created")
    is_waiting = created is not None and created.reason == WAIT_CREATION_CONDITION
    return created.message if created is not None and is_waiting else ""


def _unchanged(now: datetime) -> str:
    minute = now.replace(second=0, microsecond=0)
    return f"; what it reads is unchanged since {second_time(minute)}"
