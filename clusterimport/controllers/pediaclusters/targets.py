"""The clusters that are looked after, with their connections and when each is due."""

import math
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Final

from clusterimport.controllers.pediaclusters.credentials import Inspection
from clusterimport.controllers.pediaclusters.options import Probe
from clusterimport.controllers.pediaclusters.verdicts import HealthFinding
from clusterimport.controllers.shared.duty import Duty

FIRST_RETRY_SECONDS: Final = 5.0
LONGEST_RETRY_SECONDS: Final = 300.0
"""A cluster that does not answer is asked again after 5, 10, 20 ... 300 s."""
LONGEST_RENEWAL_SECONDS: Final = 60.0
"""Longest pause before new credentials of a cluster whose last new ones did not help."""
STALE_SECONDS: Final = 300.0
"""How long a verdict stands while no newer one can be had for want of our own."""
COST_FACTOR: Final = 100.0
"""Seconds of pause per second of processor time: one cluster takes a hundredth of a core."""
CHEAP_SECONDS: Final = 0.05
"""Processor time up to which new credentials count as such that help; a usual handshake takes a
tenth of it."""
IDLE_SECONDS: Final = 3600.0
"""How often one that is not probed is looked at."""
JITTER: Final = 0.1
"""Part of a pause by which it is longer or shorter, so that clusters stay spread over time."""


@dataclass(slots=True)
class ClusterTarget:
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
    is_told_failing: bool = False
    """Whether the log says that it fails; new credentials do not end that, a healthy probe does."""
    renewals: int = 0
    """Times that new credentials came in a row and led to no cheap, healthy probe."""
    rests_until: float = -math.inf
    """Monotonic seconds before which not even new credentials make it due."""
    is_put_away: bool = False
    """Whether its credentials were too large to be kept, and are read again for the next probe."""
    is_judged: bool = False
    """Whether there was a verdict on it."""
    untried_since: float | None = None
    """Monotonic seconds since when no probe could be tried for want of our own."""
    untried: int = 0
    """Probes in a row that could not be tried."""
    unwritten: HealthFinding | None = None
    """What is still to be told in the status of the PediaCluster."""

    def renew(self, fingerprint: str, version: str, now: float) -> None:
        """Have the credentials inspected at once, because they have changed."""
        self.fingerprint, self.version = fingerprint, version
        self.inspection = None
        self.unwritten = None
        self.failures = 0
        self.renewals += 1
        self.due_at = min(self.due_at, max(now, self.rests_until))

    def judged(self, now: float, *, cpu_seconds: float, is_healthy: bool) -> None:
        """Take note of a probe that led to a verdict, and of what it cost."""
        self.is_judged = True
        self.untried, self.untried_since = 0, None
        self._rest(now, cpu_seconds=cpu_seconds, is_healthy=is_healthy)

    def could_not_try(self, now: float) -> float:
        """Take note of a probe that led to none; return for how many seconds it has been so."""
        self.untried += 1
        if self.untried_since is None:
            self.untried_since = now
        return now - self.untried_since

    def _rest(self, now: float, *, cpu_seconds: float, is_healthy: bool) -> None:
        """Set how soon new credentials may have it probed again, after a probe.

        Each change of a Secret asks for a probe at once, which is right for one that helps.
        """
        seconds = _price(cpu_seconds)
        if is_healthy and cpu_seconds <= CHEAP_SECONDS:
            self.renewals = 0
        elif self.renewals > 1:
            # The second is at once, too: what did not help is often put right by the next.
            factor = 2.0 ** min(self.renewals - 2, 16)
            seconds = max(seconds, min(FIRST_RETRY_SECONDS * factor, LONGEST_RENEWAL_SECONDS))
        self.rests_until = now + seconds


def _price(cpu_seconds: float) -> float:
    """Return the pause that processor time of a probe is paid by."""
    return COST_FACTOR * cpu_seconds


class Targets:
    """Targets by name; every probe that is dropped is closed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._targets: dict[str, ClusterTarget] = {}

    def get(self, name: str) -> ClusterTarget | None:
        """Return a target."""
        return self._targets.get(name)

    def names(self) -> tuple[str, ...]:
        """Return the names of all targets."""
        return tuple(self._targets)

    def add(self, name: str, target: ClusterTarget) -> ClusterTarget:
        """Add a target that was not there."""
        self._targets[name] = target
        return target

    async def drop(self, name: str) -> None:
        """Forget a target, and close its connection."""
        target = self._targets.pop(name, None)
        if target is not None:
            await self.unplug(target)

    async def unplug(self, target: ClusterTarget) -> None:
        """Close the connection of a target that is kept."""
        probe, target.probe = target.probe, None
        if probe is not None:
            await probe.aclose()

    async def put_away(self, target: ClusterTarget) -> None:
        """Close a probe that holds too much to stand until its next run, which reads it again."""
        if target.probe is not None and not target.probe.is_light:
            target.is_put_away = True
            await self.unplug(target)

    async def aclose(self) -> None:
        """Forget everything; one connection that cannot be closed does not leave others open."""
        targets, self._targets = self._targets, {}
        async with AsyncExitStack() as closing:
            for target in targets.values():
                closing.push_async_callback(self.unplug, target)

    def spread(self, seconds: float) -> float:
        """Return a moment of an interval, any with the same likelihood."""
        return self._random.uniform(0.0, seconds)

    def pause(
        self, target: ClusterTarget, interval_seconds: float, *, cpu_seconds: float = 0.0
    ) -> float:
        """Return the seconds until the next look, after one that took this processor time."""
        seconds = interval_seconds
        if target.failures:
            # The exponent is bounded before the power is taken.
            factor = 2.0 ** min(target.failures - 1, 16)
            seconds = min(FIRST_RETRY_SECONDS * factor, LONGEST_RETRY_SECONDS)
        return self._spread(max(seconds, _price(cpu_seconds)))

    def pause_untried(self, target: ClusterTarget) -> float:
        """Return the seconds after which to try again what could not be tried."""
        factor = 2.0 ** min(target.untried - 1, 16)
        return self._spread(min(FIRST_RETRY_SECONDS * factor, LONGEST_RENEWAL_SECONDS))

    def _spread(self, seconds: float) -> float:
        return seconds * self._random.uniform(1 - JITTER, 1 + JITTER)
