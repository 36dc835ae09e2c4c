"""What controllers show."""

import pytest

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
