"""What a controller tells about itself."""

from development.bench import metrics

TEXT = """# HELP clusterimport_event_loop_lag_seconds How late.
clusterimport_event_loop_lag_seconds_bucket{le="0.001"} 90.0
clusterimport_event_loop_lag_seconds_bucket{le="0.05"} 99.0
clusterimport_event_loop_lag_seconds_bucket{le="0.1"} 100.0
clusterimport_event_loop_lag_seconds_bucket{le="+Inf"} 100.0
clusterimport_probes_total{policy="a",reason="Reachable"} 3.0
clusterimport_probes_total{policy="b",reason="Reachable"} 4.0
clusterimport_probes_total{policy="b",reason="Timeout"} 5.0
"""


def test_lag_is_told_by_the_bounds_of_the_histogram():
    """Of what came since, half was within the first bound and everything within the third."""
    before = {0.001: 10.0, 0.05: 10.0, 0.1: 10.0, float("inf"): 10.0}

    assert metrics.lag_figures(before, metrics.lag(TEXT)) == {
        "lag_p50": 1.0,
        "lag_p99": 100.0,
        "lag_max": 100.0,
    }
    assert metrics.lag_figures({}, {}) == {}


def test_series_are_summed_by_their_labels():
    """Of all policies, unless one is named."""
    assert metrics.total(TEXT, "clusterimport_probes_total", reason="Reachable") == 7
    assert metrics.total(TEXT, "clusterimport_probes_total", policy="b") == 9
    assert metrics.total(TEXT, "no_such") == 0
