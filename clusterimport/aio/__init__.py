"""Small asyncio helpers without any business: the clock, back-off, latches and task scopes."""

from clusterimport.aio.backoff import Backoff, BackoffOptions
from clusterimport.aio.clock import Clock, SystemClock
from clusterimport.aio.latch import Latch
from clusterimport.aio.tasks import background

__all__ = ["Backoff", "BackoffOptions", "Clock", "Latch", "SystemClock", "background"]
