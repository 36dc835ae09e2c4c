"""What the REST layer shows."""

from tests.fakes.observability.prometheus import Scrape


def test_requests_are_counted_by_code_method_and_host(metrics):
    """Each answer is one count; the labels do not swap places."""
    metrics.rest.request_finished(code="200", method="GET", host="h")
    metrics.rest.request_finished(code="200", method="GET", host="h")
    metrics.rest.request_finished(code="<error>", method="POST", host="remote")

    scrape = Scrape(metrics)
    total = "rest_client_requests_total"
    assert scrape.value(total, code="200", method="GET", host="h") == 2
    assert scrape.value(total, code="<error>", method="POST", host="remote") == 1


def test_each_observation_has_its_own_family(metrics):
    """Durations, sizes, waits and retries are not mixed up."""
    labels = {"verb": "GET", "host": "h"}
    metrics.rest.request_duration(1.5, **labels)
    metrics.rest.rate_limited(2.5, **labels)
    metrics.rest.request_size(100, **labels)
    metrics.rest.response_size(5000, **labels)
    metrics.rest.request_retried(code="429", **labels)
    metrics.rest.watch_event_skipped(resource="secrets", reason="kind")

    scrape = Scrape(metrics)
    assert scrape.value("rest_client_request_duration_seconds_sum", **labels) == 1.5
    assert scrape.value("rest_client_rate_limiter_duration_seconds_sum", **labels) == 2.5
    assert scrape.value("rest_client_request_size_bytes_sum", **labels) == 100
    assert scrape.value("rest_client_response_size_bytes_sum", **labels) == 5000
    assert scrape.value("rest_client_request_retries_total", code="429", **labels) == 1
    skipped = "clusterimport_watch_events_skipped_total"
    assert scrape.value(skipped, resource="secrets", reason="kind") == 1
