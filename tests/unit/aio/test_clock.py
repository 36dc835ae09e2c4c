"""The clock of the running loop."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from clusterimport.aio import SystemClock


@pytest.mark.looptime
async def test_durations_follow_the_event_loop():
    """Monotonic time and sleeping belong to the loop, so that a virtual loop makes virtual time."""
    clock = SystemClock()
    started = clock.monotonic()
    assert started == asyncio.get_running_loop().time()

    await clock.sleep(3600)

    assert clock.monotonic() - started == pytest.approx(3600)


@pytest.mark.looptime
@pytest.mark.parametrize("seconds", [0, -1])
async def test_a_sleep_of_nothing_lets_others_run(seconds):
    """Zero or less yields once and takes no time."""
    clock = SystemClock()
    order = []

    async def other():
        order.append("other")

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        await clock.sleep(seconds)
        order.append("sleeper")

    assert order == ["other", "sleeper"]
    assert clock.monotonic() == 0


def test_wall_time_is_utc(monkeypatch):
    """Records get UTC wherever the process runs."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
