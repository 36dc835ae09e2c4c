"""The wrapper around every reconciler.

======================================================= ============================================
controller-runtime ``pkg/internal/controller``          here
======================================================= ============================================
should recover panic ... by default                     test_a_crash_tells_class_and_place_not_text
time out if ReconciliationTimeout is set                test_a_reconcile_that_hangs_is_ended
requeue on error and continue                           test_a_failure_is_retried_and_others_go_on
not requeue a terminal error                            test_a_terminal_error_waits_for_an_event
not reset backoff until there's a non-error result      test_back_off_grows_until_a_success
RequeueAfter not rate-limited                           test_requeue_after_is_not_rate_limited
retain the priority ...                                 test_a_retry_keeps_its_priority
error when cache sync timeout occurs                    not here: a start waits, see test_manager
not call Reconcile until ... processed initial objects  test_manager.test_a_term_waits_for_the_view
======================================================= ============================================
"""

import asyncio
import itertools
from collections import Counter
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest
import structlog
from structlog.testing import capture_logs

from clusterimport.aio import SystemClock
from clusterimport.controllers.controller import DRAIN_SECONDS, Controller
from clusterimport.controllers.result import DONE, Result, TerminalError
from clusterimport.kube import errors
from clusterimport.workqueue import BACKLOG, FRESH, rate_limiting_queue

pytestmark = pytest.mark.looptime


class Metrics:
    """Remembers what was counted."""

    def __init__(self):
        self.started = []
        self.results = []
        self.seconds = []
        self.failures = Counter()
        self.active = 0
        self.most = 0

    def controller_started(self, controller, workers):
        self.started.append((controller, workers))

    def reconciled(self, controller, result, seconds):
        self.results.append(result)
        self.seconds.append(seconds)

    def reconcile_failed(self, controller, kind):
        self.failures[kind] += 1

    def active_workers(self, controller, delta):
        self.active += delta
        self.most = max(self.most, self.active)


class Scripted:
    """A reconciler that answers from a list, then with success; an answer may take a while."""

    def __init__(self, *answers, seconds=0.0):
        self.answers = list(answers)
        self.seconds = seconds
        self.calls = []
        self.ended = []

    async def reconcile(self, key):
        self.calls.append((key, asyncio.get_running_loop().time()))
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else DONE
        self.ended.append(key)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def times(self):
        return [time for _, time in self.calls]


class Rig:
    def __init__(self, reconciler, *, workers=1, may_drain=lambda: True):
        self.metrics = Metrics()
        self.queue = rate_limiting_queue("test", clock=SystemClock(), random=Random(1))
        self.controller = Controller(
            "test",
            reconciler,
            self.queue,
            workers=workers,
            clock=SystemClock(),
            metrics=self.metrics,
            may_drain=may_drain,
        )

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.controller.run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def run(reconciler, *keys, seconds=1.0):
    """Let a controller work on keys for a while; return it with its metrics and its log."""
    rig = Rig(reconciler)
    with capture_logs() as logs:
        async with rig.running():
            for key in keys or ("a",):
                rig.queue.add(key)
            await asyncio.sleep(seconds)
    return rig, [entry for entry in logs if entry["event"].startswith("reconcile")]


def api(kind, code, **fields):
    return kind(code, kind.__name__, **fields)


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
    reconciler = Scripted(answer)
    rig, logs = await run(reconciler)

    assert rig.metrics.results[0] == result
    assert rig.metrics.failures == ({failure: 1} if failure else {})
    expected = [event] if event else []
    if event == ("warning", "reconcile failed"):
        expected.append(("info", "reconcile recovered"))
    assert [(entry["log_level"], entry["event"]) for entry in logs] == expected
    assert len(reconciler.calls) == calls
    assert rig.metrics.active == 0


async def test_a_failure_is_retried_and_others_go_on():
    """A failing key comes again, and does not hold up the one behind it."""
    reconciler = Scripted(errors.TransportError("gone"))
    rig, logs = await run(reconciler, "a", "b")

    assert [key for key, _ in reconciler.calls] == ["a", "b", "a"]
    assert rig.metrics.results == ["error", "success", "success"]
    assert logs[0]["retries"] == 1
    assert logs[0]["error"] == "gone"
    assert rig.queue.retries("a") == 0


async def test_back_off_grows_until_a_success():
    """The wait doubles with each failure in a row; a success starts it over."""
    failing = [errors.TransportError("gone")] * 6
    reconciler = Scripted(*failing, DONE, errors.TransportError("gone"))
    rig = Rig(reconciler)
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
    rig, _ = await run(Scripted(errors.TransportError("gone"), errors.TransportError("gone"), last))

    assert len(rig.metrics.results) == 3
    assert rig.queue.retries("a") == 0


async def test_a_terminal_error_waits_for_an_event():
    """A terminal error is not repeated by itself, and the next event is looked at."""
    reconciler = Scripted(TerminalError("no"))
    rig = Rig(reconciler)
    async with rig.running():
        rig.queue.add("a")
        await asyncio.sleep(3600)
        assert len(reconciler.calls) == 1
        rig.queue.add("a")
        await asyncio.sleep(1)

    assert len(reconciler.calls) == 2


async def test_requeue_after_is_not_rate_limited():
    """A key that asked to come again comes exactly then, however often."""
    reconciler = Scripted(*[Result(requeue_after=5.0)] * 3)
    await run(reconciler, seconds=60.0)

    times = reconciler.times()
    assert [round(b - a, 2) for a, b in itertools.pairwise(times)] == [5.0, 5.0, 5.0]


@pytest.mark.parametrize(("asked", "at_least", "at_most"), [(7.0, 7.0, 7.1), (None, 0.0, 0.1)])
async def test_retry_after_is_obeyed(asked, at_least, at_most):
    """A server that names a time is asked again then, and not before; else back-off decides."""
    error = api(errors.TooManyRequests, 429, retry_after_seconds=asked)
    reconciler = Scripted(error)
    await run(reconciler, seconds=60.0)

    first, second = reconciler.times()
    assert at_least <= second - first <= at_most


async def test_t35_retry_after_holds_for_fresh_events_too():
    """What a server asked for is waited for, whatever event comes meanwhile."""
    reconciler = Scripted(api(errors.TooManyRequests, 429, retry_after_seconds=30.0))
    rig = Rig(reconciler)
    async with rig.running():
        for _ in range(20):
            rig.queue.add("a")
            await asyncio.sleep(1.0)
        assert len(reconciler.calls) == 1
        await asyncio.sleep(20.0)

    first, second = reconciler.times()[:2]
    assert second - first == pytest.approx(30.0, abs=0.1)
    assert rig.controller._not_before == {}


async def test_t27_a_row_of_failures_is_told_at_its_first_and_at_its_last():
    """What is retried for an hour makes two lines, and the second says how often."""
    reconciler = Scripted(*[errors.TransportError("gone")] * 12)
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
    rig, logs = await run(Scripted(ValueError("token canary4711")), "a", "b")

    assert rig.metrics.results == ["error", "success", "success"]
    assert logs[0]["error_class"] == "ValueError"
    assert any("test_controller.py" in place and "reconcile" in place for place in logs[0]["stack"])
    assert "canary4711" not in str(logs)


async def test_a_retry_keeps_its_priority():
    """A backlog that fails stays behind fresh events."""
    rig = Rig(Scripted(errors.TransportError("gone"), seconds=0.1))
    async with rig.running():
        rig.queue.add("a", priority=BACKLOG)
        await asyncio.sleep(0.101)
        await asyncio.sleep(0.05)
        assert rig.queue.priority_of("a") == BACKLOG
        assert BACKLOG < FRESH


async def test_a_key_is_never_reconciled_twice_at_a_time():
    """What is added during a reconcile is looked at after it, by whichever worker."""
    reconciler = Scripted(seconds=1.0)
    rig = Rig(reconciler, workers=3)
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
    reconciler = Scripted(seconds=seconds)
    rig = Rig(reconciler, may_drain=lambda: may_drain)
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


async def test_t06_a_key_whose_write_was_not_sent_is_looked_at_again():
    """A gate that was shut for a moment, and is open again, is told of by no event."""
    scripted = Scripted(errors.GateClosed("shut"))
    _, logs = await run(scripted)

    assert len(scripted.calls) == 2
    assert logs == []


@pytest.mark.parametrize("priority", [BACKLOG, FRESH])
async def test_t06_what_looks_again_later_keeps_its_priority(priority):
    """A backlog that waits for something does not come back before what has just happened."""
    scripted = Scripted(Result(requeue_after=1.0))
    rig = Rig(scripted)
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
    scripted = Scripted(refused)
    rig = Rig(scripted)
    async with rig.running():
        rig.queue.add("a", priority=BACKLOG)
        await asyncio.sleep(600)
        assert len(scripted.calls) == 1
        assert rig.queue.retries("a") == 0
        turnstile.waiting["test", "a"]()
        assert rig.queue._turns.place_of("a").priority == BACKLOG
        await asyncio.sleep(1)

    assert len(scripted.calls) == 2
