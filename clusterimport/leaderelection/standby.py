"""The watch of a standby, so that a lease that is given back is noticed at once.

Only an accelerator: candidates poll anyway, and whatever the watch shows is read again before
anything is written. Therefore a watch that fails, or that may not be opened, harms nobody.
"""

from collections.abc import Callable
from random import Random

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock
from clusterimport.kube import errors
from clusterimport.leaderelection.lock import Lock
from clusterimport.leaderelection.record import LeaderRecord

log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = (300, 600)
"""Spread of the time after which the server ends a watch, so that not all end together."""
_HEALTHY_SECONDS = 30.0
"""A watch that ended after less is not opened again without a pause."""


async def watch_lease(
    lock: Lock, see: Callable[[LeaderRecord | None], None], *, clock: Clock, random: Random
) -> None:
    """Tell ``see`` of every change of the record, for ever."""
    backoff = Backoff(BackoffOptions(), clock=clock, random=random)
    failures = 0
    while True:
        opened = clock.monotonic()
        try:
            async with lock.watch(timeout_seconds=random.randint(*_TIMEOUT_SECONDS)) as records:
                async for record in records:
                    failures = 0
                    see(record)
        except errors.KubeError as error:
            failures += 1
            if failures == 1:
                # Said once: without the right to watch this would go on for months.
                log.warning("lease watch failed", lease=lock.name, error=str(error))
        if clock.monotonic() - opened < _HEALTHY_SECONDS:
            await clock.sleep(backoff.next_seconds())
