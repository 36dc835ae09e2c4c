"""All series together: the names that dashboards and alerts are written against."""

import asyncio

import prometheus_client
import pytest

import clusterimport
from clusterimport.controllers import metrics as controllers
from clusterimport.engine import metrics as engine
from clusterimport.informers import metrics as informers
from clusterimport.kube import metrics as kube
from clusterimport.leaderelection import metrics as leaderelection
from clusterimport.observability.metrics import Metrics
from clusterimport.workqueue import metrics as workqueue
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.observability.prometheus import Scrape

_QUEUE = {"name", "controller"}
_HOST = {"verb", "host"}

GOLDEN = {
    # Those of controller-runtime and client-go, under their own names.
    "workqueue_depth": ("gauge", _QUEUE | {"priority"}),
    "workqueue_adds": ("counter", _QUEUE),
    "workqueue_retries": ("counter", _QUEUE),
    "workqueue_unfinished_work_seconds": ("gauge", _QUEUE),
    "workqueue_longest_running_processor_seconds": ("gauge", _QUEUE),
    "workqueue_queue_duration_seconds": ("histogram", _QUEUE),
    "workqueue_work_duration_seconds": ("histogram", _QUEUE),
    "controller_runtime_reconcile": ("counter", {"controller", "result"}),
    "controller_runtime_reconcile_errors": ("counter", {"controller"}),
    "controller_runtime_terminal_reconcile_errors": ("counter", {"controller"}),
    "controller_runtime_reconcile_panics": ("counter", {"controller"}),
    "controller_runtime_reconcile_timeouts": ("counter", {"controller"}),
    "controller_runtime_max_concurrent_reconciles": ("gauge", {"controller"}),
    "controller_runtime_active_workers": ("gauge", {"controller"}),
    "controller_runtime_reconcile_time_seconds": ("histogram", {"controller"}),
    "rest_client_requests": ("counter", {"code", "method", "host"}),
    "rest_client_request_duration_seconds": ("histogram", _HOST),
    "rest_client_rate_limiter_duration_seconds": ("histogram", _HOST),
    "rest_client_request_size_bytes": ("histogram", _HOST),
    "rest_client_response_size_bytes": ("histogram", _HOST),
    "rest_client_request_retries": ("counter", _HOST | {"code"}),
    "leader_election_master_status": ("gauge", {"name"}),
    "leader_election_slowpath": ("counter", {"name"}),
    "reflector_lists": ("counter", {"name"}),
    "reflector_list_duration_seconds": ("summary", {"name"}),
    "reflector_items_per_list": ("summary", {"name"}),
    "reflector_watches": ("counter", {"name"}),
    "reflector_short_watches": ("counter", {"name"}),
    "reflector_watch_duration_seconds": ("summary", {"name"}),
    "reflector_items_per_watch": ("summary", {"name"}),
    "reflector_last_resource_version": ("gauge", {"name"}),
    # Our own.
    "clusterimport_build_info": ("gauge", {"version", "python_version"}),
    "clusterimport_other_controllers": ("gauge", set()),
    "clusterimport_credential_expiry_seconds": ("gauge", {"policy"}),
    "clusterimport_credential_features": ("gauge", {"policy", "feature"}),
    "clusterimport_delete_blocked": ("counter", {"policy"}),
    "clusterimport_deletions_blocked": ("gauge", {"policy"}),
    "clusterimport_evaluations": ("counter", {"kind"}),
    "clusterimport_limit_reached": ("counter", {"limit"}),
    "clusterimport_event_loop_lag_seconds": ("histogram", set()),
    "clusterimport_import_latency_seconds": ("histogram", set()),
    "clusterimport_informer_crashes": ("counter", {"name"}),
    "clusterimport_informer_contradictions": ("counter", {"name"}),
    "clusterimport_informer_dead_watches": ("counter", {"name"}),
    "clusterimport_informer_events_ignored": ("counter", {"name", "why"}),
    "clusterimport_informer_handler_failures": ("counter", {"name"}),
    "clusterimport_informer_bytes": ("gauge", {"name"}),
    "clusterimport_informer_objects": ("gauge", {"name"}),
    "clusterimport_informer_objects_seen": ("gauge", {"name"}),
    "clusterimport_informer_request_failures": ("counter", {"name", "operation", "reason"}),
    "clusterimport_informer_staleness_seconds": ("gauge", {"name"}),
    "clusterimport_probe_duration_seconds": ("histogram", {"policy"}),
    "clusterimport_probes": ("counter", {"policy", "reason"}),
    "clusterimport_rejected": ("counter", {"policy", "reason"}),
    "clusterimport_sources": ("gauge", {"policy", "state"}),
    "clusterimport_watch_events_skipped": ("counter", {"resource", "reason"}),
    "clusterimport_silence_seconds": ("gauge", {"of"}),
    "clusterimport_writes": ("counter", {"resource", "verb"}),
}
"""Family, without the ``_total`` of counters, to its type and labels."""

# fmt: off
REST_SECONDS = [.005, .025, .1, .25, .5, 1, 2, 4, 8, 15, 30, 60]
REST_BYTES = [64, 256, 512, 2**10, 2**12, 2**14, 2**16, 2**18, 2**20, 2**22, 2**24]
RECONCILE_SECONDS = [
    .005, .01, .025, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .6, .7, .8, .9, 1, 1.25, 1.5,
    1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]
# fmt: on
BUCKETS = {
    "workqueue_queue_duration_seconds": [10.0**power for power in range(-8, 4)],
    "workqueue_work_duration_seconds": [10.0**power for power in range(-8, 4)],
    "controller_runtime_reconcile_time_seconds": RECONCILE_SECONDS,
    "rest_client_request_duration_seconds": REST_SECONDS,
    "rest_client_rate_limiter_duration_seconds": REST_SECONDS,
    "rest_client_request_size_bytes": REST_BYTES,
    "rest_client_response_size_bytes": REST_BYTES,
}


def used():
    """Return metrics of which every method has been called."""
    metrics = Metrics(clock=ManualClock())
    metrics.queue("policy")
    metrics.controllers.controller_started("policy", 2)
    metrics.imports.sources("p", "imported", 1)
    metrics.imports.rejected("p", "NameConflict")
    metrics.health.probed("p", "one", "Reachable", 0.1)
    metrics.health.credential_read("p", "one", 1e9, ["InsecureTLS"])
    metrics.informers.informer_started("i")
    metrics.informers.request_failed("i", "list", "Forbidden")
    metrics.informers.event_ignored("i", "stale")
    host = {"verb": "GET", "host": "h:6443"}
    metrics.rest.request_finished(code="200", method="GET", host="h:6443")
    metrics.rest.request_retried(code="429", **host)
    metrics.rest.request_duration(0.1, **host)
    metrics.rest.request_size(10, **host)
    metrics.rest.response_size(1000, **host)
    metrics.rest.rate_limited(1.0, **host)
    metrics.rest.watch_event_skipped(resource="secrets", reason="unknown kind")
    metrics.silence.follow("api_server", lambda: 1.0)
    return metrics


def test_families_types_and_labels_are_exactly_these():
    """A renamed, added or lost family or label is seen here before a dashboard breaks."""
    scrape = Scrape(used())

    families = {
        name: (kind, scrape.labels[name])
        for name, kind in scrape.types.items()
        if not name.startswith("process_")
    }
    assert families == GOLDEN


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_are_those_of_the_go_libraries(name):
    """Quantiles of both programs can be put in one graph."""
    assert Scrape(used()).buckets(name) == BUCKETS[name]


def test_series_without_a_life_of_their_own_exist_from_the_start():
    """A dashboard shows zero, not a gap, before anything has happened."""
    scrape = Scrape(Metrics(clock=ManualClock()))

    assert scrape.value("clusterimport_evaluations_total", kind="template") == 0
    assert len(scrape.series("clusterimport_evaluations_total")) == 5
    assert scrape.value("clusterimport_writes_total", resource="pediaclusters", verb="create") == 0
    assert len(scrape.series("clusterimport_writes_total")) == 6
    assert scrape.value("clusterimport_import_latency_seconds_count") == 0
    assert scrape.value("clusterimport_event_loop_lag_seconds_count") == 0
    lease = "clusterpedia-controller-manager"
    assert scrape.value("leader_election_master_status", name=lease) == 0
    assert scrape.value("leader_election_slowpath_total", name=lease) == 0


def test_the_process_and_the_build_are_described():
    """Memory, files and version are there without anybody counting them."""
    scrape = Scrape(Metrics(clock=ManualClock()))

    assert scrape.value("process_resident_memory_bytes") > 0
    assert scrape.value("process_open_fds") > 0
    ((labels, value),) = scrape.series("clusterimport_build_info").items()
    assert dict(labels)["version"] == clusterimport.__version__
    assert value == 1


def test_two_instances_do_not_meet_and_the_global_registry_stays_empty_of_ours():
    """A registry of our own: tests, and programs that embed us, are not disturbed."""
    first, second = Metrics(clock=ManualClock()), Metrics(clock=ManualClock())
    first.engine.evaluated("name")

    assert Scrape(first).value("clusterimport_evaluations_total", kind="name") == 1
    assert Scrape(second).value("clusterimport_evaluations_total", kind="name") == 0
    assert b"clusterimport" not in prometheus_client.generate_latest()


def test_the_text_is_the_format_that_every_prometheus_reads():
    """Content type and help lines; no series that the library adds by itself."""
    metrics = used()
    text = b"".join(metrics.render())

    assert metrics.content_type.startswith("text/plain; version=0.0.4")
    assert b"# HELP workqueue_depth " in text
    assert b"_created" not in text


def test_t55_others_have_a_turn_before_and_after_each_family_is_printed():
    """Ten thousand clusters take 40 ms each time."""
    pieces = list(used().render())

    assert set(pieces[::2]) == {b""}
    assert all(piece.startswith(b"# HELP ") for piece in pieces[1::2])


def test_loop_lag_is_observed():
    """One measurement, one count in its bucket."""
    metrics = Metrics(clock=ManualClock())
    metrics.observe_loop_lag(0.07)

    scrape = Scrape(metrics)
    assert scrape.value("clusterimport_event_loop_lag_seconds_bucket", le="0.05") == 0
    assert scrape.value("clusterimport_event_loop_lag_seconds_bucket", le="0.1") == 1


async def test_the_clock_is_the_event_loops_if_nobody_says_otherwise():
    """Staleness needs no argument in the running program."""
    metrics = Metrics()
    metrics.informers.informer_started("i")
    metrics.informers.last_heard("i", asyncio.get_running_loop().time() - 100)

    stale = Scrape(metrics).value("clusterimport_informer_staleness_seconds", name="i")
    assert 100 <= stale < 110


def test_every_method_of_every_protocol_is_there():
    """A protocol that grows without its implementation is noticed before the program starts."""
    metrics = Metrics(clock=ManualClock())
    pairs = (
        (metrics.queue("q"), workqueue.NullQueueMetrics),
        (metrics.rest, kube.NullRestMetrics),
        (metrics.informers, informers.NullInformerMetrics),
        (metrics.leader, leaderelection.NullLeaderMetrics),
        (metrics.controllers, controllers.NullControllerMetrics),
        (metrics.imports, controllers.NullImportMetrics),
        (metrics.health, controllers.NullHealthMetrics),
        (metrics.engine, engine.NullEngineMetrics),
    )
    for implementation, null in pairs:
        wanted = {name for name in vars(null) if not name.startswith("_")}
        assert wanted <= set(dir(implementation)), null
