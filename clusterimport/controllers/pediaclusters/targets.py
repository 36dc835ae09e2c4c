"""The clusters that are looked after, with their connections and when each is due."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Final

from clusterimport.controllers.pediaclusters.credentials import Inspection
from clusterimport.controllers.pediaclusters.duty import Duty
from clusterimport.controllers.pediaclusters.options import Probe
from clusterimport.controllers.pediaclusters.verdicts import Finding

FIRST_RETRY_SECONDS: Final = 5.0
LONGEST_RETRY_SECONDS: Final = 300.0
"""A cluster that does not answer is asked again after 5, 10, 20 ... 300 s."""
IDLE_SECONDS: Final = 3600.0
"""How often one that is not probed is looked at."""
JITTER: Final = 0.1
"""Part of a pause by which it is longer or shorter, so that clusters stay spread over time."""


@dataclass(slots=True)
class Target:
    """One cluster; changed by the one reconcile of its key that runs at a time."""

    duty: Duty
    """What the target was made for; under another duty it is made anew."""
    due_at: float
    """Monotonic seconds of the next look."""
    fingerprint: str
    """Of the connection that is, or is to be, inspected."""
    version: str
    """resourceVersion of the PediaCluster that the fingerprint is of."""
    inspection: Inspection | None = None
    """What its credentials came to, without them; None before a look at them."""
    server: str = ""
    probe: Probe | None = field(default=None, repr=False)
    failures: int = 0
    """Looks that failed in a row."""
    unwritten: Finding | None = None
    """What is still to be told in the status of the PediaCluster."""

    def renew(self, fingerprint: str, version: str, now: float) -> None:
        """Have the credentials inspected at once, because they have changed."""
        self.fingerprint, self.version = fingerprint, version
        self.inspection = None
        self.unwritten = None
        self.due_at = min(self.due_at, now)


class Targets:
    """Targets by name; every probe that is dropped is closed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._targets: dict[str, Target] = {}

    def get(self, name: str) -> Target | None:
        """Return a target."""
        return self._targets.get(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all targets."""
        return tuple(self._targets)

    def add(self, name: str, target: Target) -> Target:
        """Add a target that was not there."""
        self._targets[name] = target
        return target

    async def drop(self, name: str) -> None:
        """Forget a target, and close its connection."""
        target = self._targets.pop(name, None)
        if target is not None:
            await self.unplug(target)

    async def unplug(self, target: Target) -> None:
        """Close the connection of a target that is kept."""
        probe, target.probe = target.probe, None
        if probe is not None:
            await probe.aclose()

    async def aclose(self) -> None:
        """Forget everything; one connection that cannot be closed does not leave others open."""
        targets, self._targets = self._targets, {}
        async with AsyncExitStack() as closing:
            for target in targets.values():
                closing.push_async_callback(self.unplug, target)

    def spread(self, seconds: float) -> float:
        """Return a moment of an interval, any with the same likelihood."""
        return self._random.uniform(0.0, seconds)

    def pause(self, target: Target, interval_seconds: float) -> float:
        """Return the seconds until the next look."""
        seconds = interval_seconds
        if target.failures:
            # The exponent is bounded before the power is taken.
            factor = 2.0 ** min(target.failures - 1, 16)
            seconds = min(FIRST_RETRY_SECONDS * factor, LONGEST_RETRY_SECONDS)
        return seconds * self._random.uniform(1 - JITTER, 1 + JITTER)
