"""The wrapper around every reconciler.

======================================================= ============================================
controller-runtime ``pkg/internal/controller``          here
======================================================= ============================================
should recover panic ... by default                     test_a_crash_tells_class_and_place_not_text
time out if ReconciliationTimeout is set                test_a_reconcile_that_hangs_is_ended
requeue on error and continue                           test_retries: test_a_failure_is_retried_…
not requeue a terminal error                            test_retries: test_a_terminal_error_waits_…
not reset backoff until there's a non-error result      test_retries: test_back_off_grows_until_a_…
RequeueAfter not rate-limited                           test_retries: test_requeue_after_is_not_…
retain the priority ...                                 test_retries: test_a_retry_keeps_its_…
error when cache sync timeout occurs                    not here: a start waits, see test_manager
not call Reconcile until ... processed initial objects  test_manager: test_a_term_waits_for_the_view
======================================================= ============================================
"""

import asyncio

import pytest
import structlog
from structlog.testing import capture_logs

from clusterimport.controllers.controller import DRAIN_SECONDS
from clusterimport.controllers.result import DONE, Result, TerminalError
from clusterimport.kube import errors
from tests.fakes.controllers.wrapping import ControllerRig, ScriptedReconciler, api, run

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("answer", "result", "failure", "event", "calls"),
    [
        (DONE, "success", None, None, 1),
        (Result(requeue_after=2.0), "requeue_after", None, None, 1),
        (TerminalError("no"), "error", "terminal", ("error", "reconcile refused"), 1),
        (errors.GateClosed("shut"), "error", None, None, 2),
        (
            errors.TransportError("gone"),
            "error",
            "error",
            ("warning", "reconcile failed"),
            2,
        ),
        (api(errors.Conflict, 409), "error", "error", ("warning", "reconcile failed"), 2),
        (TimeoutError(), "error", "timeout", ("warning", "reconcile timed out"), 2),
        (ValueError("x"), "error", "panic", ("error", "reconcile crashed"), 2),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Result | Exception) else None,
)
async def test_every_answer_has_its_outcome(answer, result, failure, event, calls):
    """Each kind of answer is counted once, told at its level, and repeated only if it failed.

    The end of a row of failures is told, too.
    """
    reconciler = ScriptedReconciler(answer)
    rig, logs = await run(reconciler)

    assert rig.metrics.results[0] == result
    assert rig.metrics.failures == ({failure: 1} if failure else {})
    expected = [event] if event else []
    if event == ("warning", "reconcile failed"):
        expected.append(("info", "reconcile recovered"))
    assert [(entry["log_level"], entry["event"]) for entry in logs] == expected
    assert len(reconciler.calls) == calls
    assert rig.metrics.active == 0


async def test_t27_a_row_of_failures_is_told_at_its_first_and_at_its_last():
    """What is retried for an hour makes two lines, and the second says how often."""
    reconciler = ScriptedReconciler(*[errors.TransportError("gone")] * 12)
    _, logs = await run(reconciler, seconds=300.0)

    assert len(reconciler.calls) == 13
    told = [
        (entry["event"], entry.get("failures")) for entry in logs if entry["log_level"] != "debug"
    ]
    assert told == [("reconcile failed", None), ("reconcile recovered", 12)]


async def test_a_reconcile_that_hangs_is_ended():
    """After two minutes a reconcile is cancelled, counted as a time-out, and repeated."""

    class Hanging:
        calls = 0

        async def reconcile(self, key):
            self.calls += 1
            if self.calls == 1:
                await asyncio.Event().wait()
            return DONE

    rig, _ = await run(Hanging(), seconds=119.0 - DRAIN_SECONDS)
    assert rig.metrics.failures == {}
    rig, logs = await run(hanging := Hanging(), seconds=121.0)

    assert rig.metrics.failures == {"timeout": 1}
    assert hanging.calls == 2
    assert rig.metrics.seconds[0] == pytest.approx(120.0, abs=0.1)
    assert logs[0]["seconds"] == 120.0


async def test_a_crash_tells_class_and_place_not_text():
    """An exception that nobody foresaw is told without its text, which may quote a credential."""
    rig, logs = await run(ScriptedReconciler(ValueError("token canary4711")), "a", "b")

    assert rig.metrics.results == ["error", "success", "success"]
    assert logs[0]["error_class"] == "ValueError"
    assert any("wrapping.py" in place and "reconcile" in place for place in logs[0]["stack"])
    assert "canary4711" not in str(logs)


async def test_a_key_is_never_reconciled_twice_at_a_time():
    """What is added during a reconcile is looked at after it, by whichever worker."""
    reconciler = ScriptedReconciler(seconds=1.0)
    rig = ControllerRig(reconciler, workers=3)
    async with rig.running():
        rig.queue.add("a")
        await asyncio.sleep(0.5)
        rig.queue.add("a")
        rig.queue.add("b")
        await asyncio.sleep(5)

    assert [(key, round(time, 1)) for key, time in reconciler.calls] == [
        ("a", 0.0),
        ("b", 0.5),
        ("a", 1.0),
    ]
    assert rig.metrics.started == [("test", 3)]
    assert rig.metrics.most == 2
    assert rig.metrics.active == 0


async def test_a_log_line_of_a_reconcile_names_its_key():
    """Controller, key and a serial number stand in the log context during a reconcile only."""
    seen = []

    class Looking:
        async def reconcile(self, key):
            seen.append(dict(structlog.contextvars.get_contextvars()))
            return DONE

    await run(Looking(), "a", "b")

    assert seen == [
        {"controller": "test", "key": "a", "reconcile_id": 1},
        {"controller": "test", "key": "b", "reconcile_id": 2},
    ]
    assert structlog.contextvars.get_contextvars() == {}


@pytest.mark.parametrize(
    ("seconds", "may_drain", "ended", "stop_seconds", "warned"),
    [(3.0, True, ["a"], 2.0, 0), (60.0, True, [], 4.0, 1), (3.0, False, [], 0.0, 0)],
)
async def test_a_stop_drains_only_what_may_still_write(
    seconds, may_drain, ended, stop_seconds, warned
):
    """A stop waits up to 4 s for what is under way; a lost lease ends it at once."""
    reconciler = ScriptedReconciler(seconds=seconds)
    rig = ControllerRig(reconciler, may_drain=lambda: may_drain)
    loop = asyncio.get_running_loop()
    with capture_logs() as logs:
        async with rig.running():
            rig.queue.add("a")
            rig.queue.add("b")
            await asyncio.sleep(1.0)
            stopped = loop.time()

    assert loop.time() - stopped == pytest.approx(stop_seconds, abs=0.05)
    assert reconciler.ended == ended
    assert [key for key, _ in reconciler.calls] == ["a"], "what was not begun is left alone"
    assert len([entry for entry in logs if entry["event"] == "drain timed out"]) == warned
    assert rig.metrics.active == 0
