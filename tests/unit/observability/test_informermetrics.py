"""What informers show."""

from tests.fakes.observability.prometheus import Scrape


def test_an_informer_has_its_series_at_zero_when_it_starts(metrics):
    """Counters, summaries and gauges exist before the first request."""
    metrics.informers.informer_started("i")

    scrape = Scrape(metrics)
    for name in (
        *("reflector_lists_total", "reflector_watches_total", "reflector_short_watches_total"),
        *("reflector_list_duration_seconds_count", "reflector_items_per_list_count"),
        *("reflector_watch_duration_seconds_count", "reflector_items_per_watch_count"),
        *("reflector_last_resource_version", "clusterimport_informer_staleness_seconds"),
        *("clusterimport_informer_crashes_total", "clusterimport_informer_objects"),
        "clusterimport_informer_bytes",
        *("clusterimport_informer_dead_watches_total", "clusterimport_informer_objects_seen"),
        "clusterimport_informer_handler_failures_total",
    ):
        assert scrape.samples[(name, frozenset({("name", "i")}))] == 0, name


def test_each_call_reaches_its_series(metrics):
    """Seconds and objects, kept and seen, are not mixed up."""
    told = metrics.informers
    told.informer_started("i")
    told.listed("i", 1.5, 20)
    told.watch_started("i")
    told.watch_ended("i", 300, 7)
    told.short_watch("i")
    told.dead_watch("i")
    told.contradicted("i")
    told.informer_crashed("i")
    told.handler_failed("i")
    told.last_resource_version("i", 1234)
    told.objects("i", 3, 20, 4_000)
    told.request_failed("i", "watchlist", "Forbidden")
    told.event_ignored("i", "stale")

    scrape = Scrape(metrics)
    values = {
        name: value
        for (name, labels), value in scrape.samples.items()
        if labels == frozenset({("name", "i")})
    }
    assert values == {
        "reflector_lists_total": 1,
        "reflector_list_duration_seconds_count": 1,
        "reflector_list_duration_seconds_sum": 1.5,
        "reflector_items_per_list_count": 1,
        "reflector_items_per_list_sum": 20,
        "reflector_watches_total": 1,
        "reflector_short_watches_total": 1,
        "reflector_watch_duration_seconds_count": 1,
        "reflector_watch_duration_seconds_sum": 300,
        "reflector_items_per_watch_count": 1,
        "reflector_items_per_watch_sum": 7,
        "reflector_last_resource_version": 1234,
        "clusterimport_informer_crashes_total": 1,
        "clusterimport_informer_dead_watches_total": 1,
        "clusterimport_informer_contradictions_total": 1,
        "clusterimport_informer_handler_failures_total": 1,
        "clusterimport_informer_bytes": 4_000,
        "clusterimport_informer_objects": 3,
        "clusterimport_informer_objects_seen": 20,
        "clusterimport_informer_staleness_seconds": 0,
    }
    failures = scrape.series("clusterimport_informer_request_failures_total")
    assert failures == {
        frozenset({("name", "i"), ("operation", "watchlist"), ("reason", "Forbidden")}): 1
    }
    ignored = scrape.series("clusterimport_informer_events_ignored_total")
    assert ignored == {frozenset({("name", "i"), ("why", "stale")}): 1}


def test_staleness_grows_by_itself_and_ends_with_a_sign_of_life(metrics, clock):
    """It is the time since the start or since the server last sent anything."""
    name = "clusterimport_informer_staleness_seconds"
    metrics.informers.informer_started("i")
    clock.advance(40)
    assert Scrape(metrics).value(name, name="i") == 40

    metrics.informers.last_heard("i", clock.monotonic() - 5)
    assert Scrape(metrics).value(name, name="i") == 5


def test_an_informer_that_is_not_used_any_more_leaves_no_series(metrics):
    """Failures and ignored events go, too; another informer keeps its own."""
    told = metrics.informers
    for name in ("gone", "stays"):
        told.informer_started(name)
        told.request_failed(name, "list", "Forbidden")
        told.event_ignored(name, "stale")
    told.informer_stopped("gone")
    told.informer_stopped("gone")

    scrape = Scrape(metrics)
    prefixes = ("reflector_", "clusterimport_informer_")
    named = {dict(labels)["name"] for name, labels in scrape.samples if name.startswith(prefixes)}
    assert named == {"stays"}
    assert len(scrape.series("clusterimport_informer_request_failures_total")) == 1
