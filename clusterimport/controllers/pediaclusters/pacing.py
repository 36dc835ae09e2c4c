"""When it is a cluster's turn to be looked at, beside others and beside imports."""

from typing import Final

from clusterimport.controllers.pediaclusters.credentials import lifecycle_of, tenant_of
from clusterimport.controllers.pediaclusters.targets import IDLE_SECONDS, ClusterTarget, Targets
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.duty import Duty
from clusterimport.model import meta
from clusterimport.model.conditions import conditions_of, find, is_true
from clusterimport.workqueue import FRESH, current_priority

BUSY_DEPTH: Final = 32
"""Imports of a tenant that wait; from here on those go first, and its probes give up their turn."""
TURN_SECONDS: Final = 2.0
"""For how long a probe gives up its turn."""
QUIET_SECONDS: Final = 30.0
"""Over how long first looks that nobody waits for are spread."""


class LookPacing:
    """Spreads first looks, and lets imports go first."""

    def __init__(self, context: TermContext, targets: Targets, *, interval_seconds: float) -> None:
        self._context = context
        self._targets = targets
        self._interval_seconds = interval_seconds

    def seconds_until_first_look(self, obj: meta.Object, duty: Duty) -> float:
        """Look at once at what nobody has judged yet, and at others when their turn would come."""
        interval = self._interval_seconds
        if duty is Duty.READ or interval <= 0:
            # Only the end of the credentials is to be found out, which an earlier term has told.
            is_told = (
                current_priority() < FRESH
                and self._is_judged(obj, Duty.PROBE)
                and lifecycle_of(self._context, obj) is not None
            )
            return self._targets.spread(IDLE_SECONDS if is_told else interval or QUIET_SECONDS)
        return self._targets.spread(interval) if self._is_judged(obj, duty) else 0.0

    def _is_judged(self, obj: meta.Object, duty: Duty) -> bool:
        """Whether a verdict on the present spec stands where it would be told."""
        if duty is Duty.PROBE_AND_WRITE:
            ready = find(conditions_of(obj), "Ready")
            generations = {0, meta.generation_of(obj)}
            return ready is not None and ready.observed_generation in generations
        owner = lifecycle_of(self._context, obj)
        if owner is None:
            # Nothing is told of it, so that nobody waits.
            return True
        told = conditions_of(owner)
        ready = find(told, "Ready")
        return ready is not None and ready.status != "Unknown" and is_true(told, "Created")

    def seconds_to_give_up(self, obj: meta.Object, target: ClusterTarget) -> float:
        """Return for how long a look that is due gives up its turn; 0 if it is not to wait."""
        # From some moment on it gives it up for nobody.
        latest = target.due_at + (self._interval_seconds or QUIET_SECONDS)
        left = latest - self._context.clock.monotonic()
        return min(TURN_SECONDS, left) if left > 0 and self._is_importing(obj) else 0.0

    def _is_importing(self, obj: meta.Object) -> bool:
        """Whether imports of the same tenant wait; those of others hold no probe up."""
        queues, tenant = self._context.queues, tenant_of(self._context, obj)
        return queues.sources.waiting_in(tenant) + queues.lifecycles.waiting_in(tenant) > BUSY_DEPTH
