"""Families of controller-runtime and client-go for controllers and their queues."""

import pytest

from clusterimport.workqueue import FRESH, WorkQueue
from tests.fakes.observability.prometheus import Scrape


def test_a_controller_has_all_its_series_when_it_starts(metrics):
    """Every result and kind of failure starts at zero."""
    metrics.controllers.controller_started("policy", 4)

    scrape = Scrape(metrics)
    prefix = "controller_runtime_"
    results = scrape.series(f"{prefix}reconcile_total")
    assert {dict(labels)["result"] for labels in results} == {
        *("success", "error", "requeue", "requeue_after")
    }
    assert set(results.values()) == {0}
    for name in (
        *("reconcile_errors_total", "terminal_reconcile_errors_total"),
        *("reconcile_panics_total", "reconcile_timeouts_total", "active_workers"),
        "reconcile_time_seconds_count",
    ):
        assert scrape.value(prefix + name, controller="policy") == 0, name
    assert scrape.value(f"{prefix}max_concurrent_reconciles", controller="policy") == 4


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("error", None),
        ("terminal", "terminal_reconcile_errors_total"),
        ("panic", "reconcile_panics_total"),
        ("timeout", "reconcile_timeouts_total"),
    ],
)
def test_every_failure_is_an_error_and_some_are_more(metrics, kind, own):
    """As in controller-runtime: the special counters are counted beside the general one."""
    metrics.controllers.controller_started("policy", 1)
    metrics.controllers.reconcile_failed("policy", kind)

    scrape = Scrape(metrics)
    names = {"terminal_reconcile_errors", "reconcile_panics", "reconcile_timeouts"}
    counted = {
        f"{name}_total"
        for name in names
        if scrape.value(f"controller_runtime_{name}_total", controller="policy") == 1
    }
    assert counted == ({own} if own else set())
    errors = scrape.value("controller_runtime_reconcile_errors_total", controller="policy")
    assert errors == 1


def test_a_reconcile_is_counted_and_timed(metrics):
    """Result and seconds go to the controller's series."""
    metrics.controllers.reconciled("policy", "success", 0.25)

    scrape = Scrape(metrics)
    total = "controller_runtime_reconcile_total"
    assert scrape.value(total, controller="policy", result="success") == 1
    seconds = "controller_runtime_reconcile_time_seconds_sum"
    assert scrape.value(seconds, controller="policy") == 0.25


def test_busy_workers_go_up_and_down_and_start_anew(metrics):
    """A worker that a lost lease cut off does not count as busy for ever."""
    name = "controller_runtime_active_workers"
    metrics.controllers.controller_started("policy", 2)
    metrics.controllers.active_workers("policy", 1)
    metrics.controllers.active_workers("policy", 1)
    metrics.controllers.active_workers("policy", -1)
    assert Scrape(metrics).value(name, controller="policy") == 1

    metrics.controllers.controller_started("policy", 2)
    assert Scrape(metrics).value(name, controller="policy") == 0


class Running:
    def __init__(self, unfinished, longest):
        self.figures = (unfinished, longest)

    def unfinished_work_seconds(self):
        return self.figures[0]

    def longest_running_seconds(self):
        return self.figures[1]


def test_a_queue_has_all_its_series_before_it_is_used(metrics):
    """Depth, adds, retries, durations and running work start at zero."""
    metrics.queue("policy")

    scrape = Scrape(metrics)
    labels = {"name": "policy", "controller": "policy"}
    for name in (
        *("workqueue_adds_total", "workqueue_retries_total"),
        *("workqueue_queue_duration_seconds_count", "workqueue_work_duration_seconds_count"),
        "workqueue_unfinished_work_seconds",
        "workqueue_longest_running_processor_seconds",
    ):
        assert scrape.value(name, **labels) == 0, name
    assert scrape.value("workqueue_depth", priority="0", **labels) == 0


def test_calls_reach_the_series_of_their_own_queue(metrics):
    """Two queues do not mix, and priorities have a series each."""
    one, two = metrics.queue("one"), metrics.queue("two")
    one.inc_adds()
    one.inc_adds()
    one.inc_retries()
    one.set_depth(-100, 7)
    one.observe_queue_duration(0.5)
    two.observe_work_duration(2)

    scrape = Scrape(metrics)
    labels = {"name": "one", "controller": "one"}
    other = {"name": "two", "controller": "two"}
    assert scrape.value("workqueue_adds_total", **labels) == 2
    assert scrape.value("workqueue_adds_total", **other) == 0
    assert scrape.value("workqueue_retries_total", **labels) == 1
    assert scrape.value("workqueue_depth", priority="-100", **labels) == 7
    assert scrape.value("workqueue_depth", priority="0", **labels) == 0
    assert scrape.value("workqueue_queue_duration_seconds_sum", **labels) == 0.5
    assert scrape.value("workqueue_work_duration_seconds_sum", **labels) == 0
    assert scrape.value("workqueue_work_duration_seconds_sum", **other) == 2


def test_running_work_is_read_when_somebody_scrapes(metrics):
    """What grows while nothing happens is as fresh as the scrape."""
    running = Running(1, 1)
    metrics.queue("q").attach(running)
    labels = {"name": "q", "controller": "q"}
    Scrape(metrics)
    running.figures = (5, 3)

    scrape = Scrape(metrics)
    assert scrape.value("workqueue_unfinished_work_seconds", **labels) == 5
    assert scrape.value("workqueue_longest_running_processor_seconds", **labels) == 3


def test_a_queue_of_the_next_term_takes_over_the_name(metrics):
    """Counters go on, running work is that of the new queue."""
    first = metrics.queue("q")
    first.attach(Running(100, 100))
    first.inc_adds()
    second = metrics.queue("q")
    second.attach(Running(1, 1))
    second.inc_adds()

    scrape = Scrape(metrics)
    labels = {"name": "q", "controller": "q"}
    assert scrape.value("workqueue_adds_total", **labels) == 2
    assert scrape.value("workqueue_unfinished_work_seconds", **labels) == 1


async def test_a_real_queue_shows_its_life(metrics, clock):
    """Add, take and finish a key: depth, durations and running work follow."""
    queue = WorkQueue("q", clock=clock, metrics=metrics.queue("q"))
    labels = {"name": "q", "controller": "q"}
    queue.add("key")
    assert Scrape(metrics).value("workqueue_depth", priority=str(FRESH), **labels) == 1

    clock.advance(2)
    key = await queue.get()
    clock.advance(3)
    scrape = Scrape(metrics)
    assert scrape.value("workqueue_depth", priority="0", **labels) == 0
    assert scrape.value("workqueue_queue_duration_seconds_sum", **labels) == 2
    assert scrape.value("workqueue_longest_running_processor_seconds", **labels) == 3

    queue.done(key)
    scrape = Scrape(metrics)
    assert scrape.value("workqueue_work_duration_seconds_sum", **labels) == 3
    assert scrape.value("workqueue_unfinished_work_seconds", **labels) == 0
