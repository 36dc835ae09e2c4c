"""When a key comes again, and what it does not hold up meanwhile."""

import asyncio
import itertools

import pytest

from clusterimport.controllers.result import DONE, Result, TerminalError
from clusterimport.kube import errors
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.wrapping import ControllerRig, ScriptedReconciler, api, run

pytestmark = pytest.mark.looptime


async def test_a_failure_is_retried_and_others_go_on():
    """A failing key comes again, and does not hold up the one behind it."""
    reconciler = ScriptedReconciler(errors.TransportError("gone"))
    rig, logs = await run(reconciler, "a", "b")

    assert [key for key, _ in reconciler.calls] == ["a", "b", "a"]
    assert rig.metrics.results == ["error", "success", "success"]
    assert logs[0]["retries"] == 1
    assert logs[0]["error"] == "gone"
    assert rig.queue.retries("a") == 0


async def test_back_off_grows_until_a_success():
    """The wait doubles with each failure in a row; a success starts it over."""
    failing = [errors.TransportError("gone")] * 6
    reconciler = ScriptedReconciler(*failing, DONE, errors.TransportError("gone"))
    rig = ControllerRig(reconciler)
    async with rig.running():
        rig.queue.add("a")
        await asyncio.sleep(30)
        rig.queue.add("a")
        await asyncio.sleep(30)

    times = reconciler.times()
    waits = [after - before for before, after in itertools.pairwise(times[:7])]
    assert all(after > before for before, after in itertools.pairwise(waits))
    assert times[8] - times[7] < waits[1]


@pytest.mark.parametrize("last", [TerminalError("no"), Result(requeue_after=100.0), DONE])
async def test_what_is_no_failure_forgets_the_failures(last):
    """After a terminal error, a requeue or a success the count of failures starts over."""
    rig, _ = await run(
        ScriptedReconciler(errors.TransportError("gone"), errors.TransportError("gone"), last)
    )

    assert len(rig.metrics.results) == 3
    assert rig.queue.retries("a") == 0


async def test_a_terminal_error_waits_for_an_event():
    """A terminal error is not repeated by itself, and the next event is looked at."""
    reconciler = ScriptedReconciler(TerminalError("no"))
    rig = ControllerRig(reconciler)
    async with rig.running():
        rig.queue.add("a")
        await asyncio.sleep(3600)
        assert len(reconciler.calls) == 1
        rig.queue.add("a")
        await asyncio.sleep(1)

    assert len(reconciler.calls) == 2


async def test_requeue_after_is_not_rate_limited():
    """A key that asked to come again comes exactly then, however often."""
    reconciler = ScriptedReconciler(*[Result(requeue_after=5.0)] * 3)
    await run(reconciler, seconds=60.0)

    times = reconciler.times()
    assert [round(b - a, 2) for a, b in itertools.pairwise(times)] == [5.0, 5.0, 5.0]


@pytest.mark.parametrize(("asked", "at_least", "at_most"), [(7.0, 7.0, 7.1), (None, 0.0, 0.1)])
async def test_retry_after_is_obeyed(asked, at_least, at_most):
    """A server that names a time is asked again then, and not before; else back-off decides."""
    error = api(errors.TooManyRequests, 429, retry_after_seconds=asked)
    reconciler = ScriptedReconciler(error)
    await run(reconciler, seconds=60.0)

    first, second = reconciler.times()
    assert at_least <= second - first <= at_most


async def test_t35_retry_after_holds_for_fresh_events_too():
    """What a server asked for is waited for, whatever event comes meanwhile."""
    reconciler = ScriptedReconciler(api(errors.TooManyRequests, 429, retry_after_seconds=30.0))
    rig = ControllerRig(reconciler)
    async with rig.running():
        for _ in range(20):
            rig.queue.add("a")
            await asyncio.sleep(1.0)
        assert len(reconciler.calls) == 1
        await asyncio.sleep(20.0)

    first, second = reconciler.times()[:2]
    assert second - first == pytest.approx(30.0, abs=0.1)
    assert rig.controller._not_before == {}


async def test_a_retry_keeps_its_priority():
    """A backlog that fails stays behind fresh events."""
    rig = ControllerRig(ScriptedReconciler(errors.TransportError("gone"), seconds=0.1))
    async with rig.running():
        rig.queue.add("a", priority=BACKLOG)
        await asyncio.sleep(0.101)
        await asyncio.sleep(0.05)
        assert rig.queue.priority_of("a") == BACKLOG
        assert BACKLOG < FRESH


async def test_t06_a_key_whose_write_was_not_sent_is_looked_at_again():
    """A gate that was shut for a moment, and is open again, is told of by no event."""
    scripted = ScriptedReconciler(errors.GateClosed("shut"))
    _, logs = await run(scripted)

    assert len(scripted.calls) == 2
    assert logs == []


@pytest.mark.parametrize("priority", [BACKLOG, FRESH])
async def test_t06_what_looks_again_later_keeps_its_priority(priority):
    """A backlog that waits for something does not come back before what has just happened."""
    scripted = ScriptedReconciler(Result(requeue_after=1.0))
    rig = ControllerRig(scripted)
    async with rig.running():
        rig.queue.add("a", priority=priority)
        await asyncio.sleep(0.5)
        assert rig.queue._waiting["a"].priority == priority


class Turnstile:
    """Keeps who waits."""

    def __init__(self):
        self.waiting = {}

    def wait(self, key, go_on):
        self.waiting[key] = go_on


async def test_t37_a_key_that_waits_for_others_is_not_tried_again_by_itself():
    """It comes back, at its own priority, when it is let through, and counts no failure."""
    refused = errors.Forbidden(403, "Forbidden")
    refused.turnstile = turnstile = Turnstile()
    scripted = ScriptedReconciler(refused)
    rig = ControllerRig(scripted)
    async with rig.running():
        rig.queue.add("a", priority=BACKLOG)
        await asyncio.sleep(600)
        assert len(scripted.calls) == 1
        assert rig.queue.retries("a") == 0
        turnstile.waiting["test", "a"]()
        assert rig.queue._turns.place_of("a").priority == BACKLOG
        await asyncio.sleep(1)

    assert len(scripted.calls) == 2
