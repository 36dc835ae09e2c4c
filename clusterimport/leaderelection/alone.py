"""Work that goes on only while nobody else does it under another lease.

The one who was there first keeps working, whoever it is: Clusterpedia's controller-manager never
yields, so we do. Two of us that begin in the same moment both yield, and come back at random.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock
from clusterimport.kube import errors
from clusterimport.leaderelection.metrics import LeaderMetrics, NullLeaderMetrics
from clusterimport.leaderelection.rivals import Rival, Rivals

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 10.0
"""Between two looks: for so long both may work where another one is installed beside us."""
UNSURE_SECONDS: Final = 2.5
"""The same where it is to be seen whether a lease is renewed, which is done every two seconds."""
YIELD_SECONDS: Final = 5.0
"""Two that yielded to each other come back within so long, and see each other's lease then."""


class AloneGuard:
    """Runs work while no rival does; ``missing`` says meanwhile who it is."""

    def __init__(
        self,
        rivals: Rivals,
        *,
        clock: Clock,
        random: Random,
        metrics: LeaderMetrics | None = None,
    ) -> None:
        self._rivals = rivals
        self._clock = clock
        self._random = random
        self._metrics: LeaderMetrics = metrics or NullLeaderMetrics()
        self._backoff = Backoff(BackoffOptions(), clock=clock, random=random)
        self._is_waiting = True
        self._failure = ""
        self._told: frozenset[Rival] = frozenset()

    def missing(self) -> tuple[str, ...]:
        """Name who keeps us from working; empty while nobody does."""
        if not self._is_waiting:
            return ()
        present = self._rivals.present()
        if present:
            return (f"sole control ({'; '.join(rival.what for rival in present)})",)
        return (f"sole control (not known yet{self._failure})",)

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run ``work`` while nobody else works, again and again; return when it returns.

        ``work`` is cancelled when a rival appears, and has to give our own lease back then.

        Raises:
            ExceptionGroup: ``work`` failed.

        """
        while True:
            await self._until_alone()
            if await self._work_alone(work):
                return
            await self._clock.sleep(YIELD_SECONDS * self._random.random())

    async def _until_alone(self) -> None:
        self._is_waiting = True
        while not await self._look() or self._rivals.present():
            await self._clock.sleep(
                self._backoff.next_seconds() if self._failure else self._seconds_to_next()
            )
        self._is_waiting = False

    def _seconds_to_next(self) -> float:
        if any(rival.is_certain for rival in self._rivals.present()):
            return LOOK_SECONDS
        # A little after the moment at which it is none any more.
        return min(UNSURE_SECONDS, self._rivals.seconds_until_free() + 0.1)

    async def _work_alone(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Work until a rival appears; True if the work came to its end before."""
        async with asyncio.TaskGroup() as group:
            working = group.create_task(_await(work), name="leader election")
            meeting = group.create_task(self._until_met(), name="rivals")
            done, _ = await asyncio.wait({working, meeting}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            meeting.cancel()
        return working in done

    async def _until_met(self) -> None:
        while not self._rivals.present():
            await self._clock.sleep(LOOK_SECONDS)
            await self._look()
        self._is_waiting = True

    async def _look(self) -> bool:
        """Look, and tell what is new; return whether it succeeded."""
        try:
            await self._rivals.look()
        except errors.KubeError as error:
            self._failure = f": {error}"
            return False
        self._failure = ""
        self._tell()
        return True

    def _tell(self) -> None:
        present = frozenset(self._rivals.present())
        self._metrics.set_rivals(len(present))
        for rival in present - self._told:
            if rival.is_certain:
                log.error(
                    "another controller works on the same objects, this one waits until it ends",
                    found=rival.what,
                    remedy=_remedy(rival),
                )
            else:
                log.info("waiting to see whether a lease is renewed", found=rival.what)
        if self._told and not present:
            log.info("no other controller works on the same objects")
        self._told = present


def _remedy(rival: Rival) -> str:
    if rival.lease is None:
        return "stop one of the two"
    return (
        "stop one of the two, or have them share a lease, so that one works at a time: "
        f"--leader-elect-resource-namespace={rival.lease.namespace} "
        f"--leader-elect-resource-name={rival.lease.name}"
    )


async def _await(work: Callable[[], Awaitable[None]]) -> None:
    await work()
