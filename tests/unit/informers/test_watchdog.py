"""When a silent watch is given up."""

import asyncio
from contextlib import suppress

import pytest

from clusterimport.aio import SystemClock
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.watchdog import Watchdog, WatchVerdict
from clusterimport.kube import errors
from tests.fakes.informers.faults import refused

pytestmark = pytest.mark.looptime


class Checks:
    """Answers checks from a list, the last one again and again, and remembers when."""

    def __init__(self, *answers, seconds=0.0):
        self.answers = list(answers)
        self.seconds = seconds
        self.at = []

    async def __call__(self):
        self.at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def make(checks, version="10"):
    watchdog = Watchdog(InformerOptions(), SystemClock(), checks)
    watchdog.heard(version)
    return watchdog


async def test_a_watch_that_stays_behind_is_dead_after_75_seconds(looptime):
    """Silent for 60 s, the server moved on, silent for 15 s more: dead."""
    checks = Checks("11")

    assert await make(checks).run() is WatchVerdict.DEAD
    assert looptime == 75
    assert checks.at == [60]


async def test_a_quiet_watch_at_the_servers_version_is_left_alone(looptime):
    """As long as the server has not moved on, a silent watch lives, checked every 15 s."""
    checks = Checks("10")
    with suppress(TimeoutError):
        async with asyncio.timeout(600):
            await make(checks).run()

    assert checks.at[:3] == [60, 75, 90]
    assert looptime == 600


async def test_what_changes_after_the_first_check_is_found_too(looptime):
    """A version that moves on after a first, equal check is found by the next one."""
    assert await make(Checks("10", "10", "12")).run() is WatchVerdict.DEAD
    assert looptime == 105


async def test_a_sign_of_life_after_the_check_clears_the_watch(looptime):
    """An event within the grace of 15 s shows that the watch lives, and starts the minute anew."""
    checks = Checks("11")
    watchdog = make(checks)
    task = asyncio.create_task(watchdog.run())
    await asyncio.sleep(70)
    watchdog.heard("11")
    await asyncio.sleep(59)
    assert checks.at == [60]
    await asyncio.sleep(5)

    assert checks.at == [60, 130]
    task.cancel()


async def test_two_failed_checks_are_a_dead_watch(looptime):
    """Checks that time out twice end the watch within 90 s of the last sign of life."""
    checks = Checks(refused(), seconds=7.0)

    assert await make(checks).run() is WatchVerdict.DEAD
    assert checks.at == [60, 72]
    assert looptime == 79


async def test_one_failed_check_is_repeated(looptime):
    """A second check that answers decides as the first would have."""
    assert await make(Checks(refused(), "11")).run() is WatchVerdict.DEAD
    assert looptime == 80


async def test_a_check_waits_as_long_as_the_server_asks(looptime):
    """A 429 with Retry-After puts the second check off."""
    busy = errors.TooManyRequests(429, "TooManyRequests", retry_after_seconds=20.0)
    checks = Checks(busy, busy)

    assert await make(checks).run() is WatchVerdict.DEAD
    assert checks.at == [60, 80]


async def test_a_watch_that_wakes_up_between_two_checks_is_not_dead(looptime):
    """An event between the failed check and the second one makes that one needless."""
    checks = Checks(refused())
    watchdog = make(checks)
    task = asyncio.create_task(watchdog.run())
    await asyncio.sleep(62)
    watchdog.heard("11")
    await asyncio.sleep(30)

    assert checks.at == [60]
    assert not task.done()
    task.cancel()


async def test_a_server_that_went_back_is_told_apart():
    """A consistent read older than the watch means that the server lost its state."""
    assert await make(Checks("5")).run() is WatchVerdict.WENT_BACK


async def test_opaque_versions_are_compared_for_equality(looptime):
    """Another version that is no number counts as moved on."""
    assert await make(Checks("b"), version="a").run() is WatchVerdict.DEAD
    assert looptime == 75
