"""Small asyncio helpers without any business: clock, back-off, latches, scopes, steps."""

from clusterimport.aio.backoff import Backoff, BackoffOptions
from clusterimport.aio.clock import Clock, SystemClock
from clusterimport.aio.latch import Latch
from clusterimport.aio.stepping import TURN_SECONDS, Pace, StepBudget, Stepping
from clusterimport.aio.tasks import background, side_by_side

__all__ = [
    "TURN_SECONDS",
    "Backoff",
    "BackoffOptions",
    "Clock",
    "Latch",
    "Pace",
    "StepBudget",
    "Stepping",
    "SystemClock",
    "background",
    "side_by_side",
]
