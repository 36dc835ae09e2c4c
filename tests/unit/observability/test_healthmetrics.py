"""What is shown of imported clusters."""

from clusterimport.observability.metrics import Metrics
from tests.fakes.aio.manualclock import START, ManualClock
from tests.fakes.observability.prometheus import Scrape

LEFT = "clusterimport_credential_expiry_seconds"
USED = "clusterimport_credential_features"
LEFT_OF_EACH = "clusterimport_cluster_credential_expiry_seconds"
REACHABLE = "clusterimport_cluster_reachable"
PROBES = "clusterimport_probes_total"
DURATIONS = "clusterimport_probe_duration_seconds"
NOW = START.timestamp()


def by_cluster():
    return Metrics(clock=ManualClock(), by_cluster=True)


def test_probes_are_counted_by_policy_and_reason(metrics):
    """With their time; no series has the name of a cluster."""
    metrics.health.probed("p", "one", "Reachable", 0.02)
    metrics.health.probed("p", "two", "Reachable", 4.0)
    metrics.health.probed("p", "two", "Timeout", 5.0)
    metrics.health.probed("", "by-hand", "Reachable", 0.02)

    scrape = Scrape(metrics)
    assert scrape.value(PROBES, policy="p", reason="Reachable") == 2
    assert scrape.value(PROBES, policy="p", reason="Timeout") == 1
    assert scrape.value(PROBES, policy="", reason="Reachable") == 1
    assert scrape.value(f"{DURATIONS}_count", policy="p") == 3
    assert scrape.value(f"{DURATIONS}_sum", policy="p") == 9.02
    assert scrape.value(f"{DURATIONS}_bucket", policy="p", le="0.025") == 1
    assert scrape.buckets(DURATIONS)[-1] == 5.0, "the time limit of a probe"
    assert not any("cluster" in dict(labels) for _, labels in scrape.samples)


def test_the_shortest_time_left_of_a_policy_is_shown(metrics, clock):
    """It goes by at every scrape, and below zero when a credential has ended."""
    metrics.health.credential_read("p", "one", NOW + 500, ())
    metrics.health.credential_read("p", "two", NOW + 100, ())
    metrics.health.credential_read("p", "three", NOW + 300, ())
    metrics.health.credential_read("q", "four", NOW + 900, ())
    assert Scrape(metrics).value(LEFT, policy="p") == 100
    assert Scrape(metrics).value(LEFT, policy="q") == 900
    clock.advance(150)
    assert Scrape(metrics).value(LEFT, policy="p") == -50
    metrics.health.credential_read("p", "two", NOW + 600, ())
    assert Scrape(metrics).value(LEFT, policy="p") == 150
    assert Scrape(metrics).series(LEFT_OF_EACH) == {}


def test_a_credential_that_never_says_has_no_time(metrics):
    """Nor has a cluster that is gone."""
    metrics.health.credential_read("p", "one", NOW + 100, ())
    metrics.health.credential_read("p", "one", None, ())
    metrics.health.credential_read("p", "two", None, ())
    assert Scrape(metrics).series(LEFT) == {}
    metrics.health.credential_read("p", "one", NOW + 100, ())
    metrics.health.forget_cluster("one")
    metrics.health.forget_cluster("one")

    assert Scrape(metrics).series(LEFT) == {}


def test_clusters_whose_credentials_had_to_be_allowed_are_counted(metrics):
    """By policy and feature; those that need nothing, and those that are gone, are not."""
    metrics.health.credential_read("p", "one", None, {"InsecureTLS"})
    metrics.health.credential_read("p", "two", NOW + 100, {"ProxyURL", "InsecureTLS"})
    metrics.health.credential_read("q", "three", None, {"InsecureTLS"})
    metrics.health.credential_read("q", "four", NOW + 100, ())

    scrape = Scrape(metrics)
    assert scrape.value(USED, policy="p", feature="InsecureTLS") == 2
    assert scrape.value(USED, policy="p", feature="ProxyURL") == 1
    assert scrape.value(USED, policy="q", feature="InsecureTLS") == 1
    assert scrape.series(LEFT).keys() == {
        frozenset({("policy", "p")}),
        frozenset({("policy", "q")}),
    }
    metrics.health.credential_read("p", "one", None, ())
    metrics.health.forget_cluster("three")
    metrics.health.forget_policy("p")

    assert Scrape(metrics).series(USED) == {
        frozenset({("policy", ""), ("feature", "InsecureTLS")}): 1,
        frozenset({("policy", ""), ("feature", "ProxyURL")}): 1,
    }


def test_each_cluster_is_shown_where_that_is_asked_for():
    """Whether its last probe succeeded, and its time left; both go with it."""
    metrics = by_cluster()
    metrics.health.probed("p", "one", "Reachable", 0.1)
    metrics.health.probed("p", "two", "Reachable", 0.1)
    metrics.health.probed("p", "two", "Timeout", 0.1)
    metrics.health.credential_read("p", "one", NOW + 100, ())
    metrics.health.credential_read("p", "two", NOW + 200, ())
    scrape = Scrape(metrics)
    assert scrape.value(REACHABLE, cluster="one") == 1
    assert scrape.value(REACHABLE, cluster="two") == 0
    assert scrape.value(LEFT_OF_EACH, cluster="one") == 100
    assert scrape.value(LEFT_OF_EACH, cluster="two") == 200
    assert scrape.value(LEFT, policy="p") == 100
    metrics.health.forget_cluster("two")
    metrics.health.forget_cluster("two")
    metrics.health.forget_cluster("never probed")

    left = Scrape(metrics)
    assert left.series(REACHABLE).keys() == {frozenset({("cluster", "one")})}
    assert left.series(LEFT_OF_EACH).keys() == {frozenset({("cluster", "one")})}


def test_a_policy_that_is_gone_leaves_no_series():
    """Nothing of another one is lost; its clusters that stay are nobody's; it may come back."""
    metrics = by_cluster()
    for policy, cluster in (("gone", "one"), ("stays", "two")):
        metrics.health.probed(policy, cluster, "Reachable", 0.1)
        metrics.health.probed(policy, cluster, "Timeout", 0.1)
        metrics.health.credential_read(policy, cluster, NOW + 100, ())
    for policy in ("gone", "gone", "never seen"):
        metrics.health.forget_policy(policy)

    scrape = Scrape(metrics)
    assert {dict(labels).get("policy") for _, labels in scrape.samples} == {None, "stays", ""}
    assert len(scrape.series(PROBES)) == 2
    assert scrape.series(LEFT) == {
        frozenset({("policy", "stays")}): 100,
        frozenset({("policy", "")}): 100,
    }
    assert scrape.value(REACHABLE, cluster="one") == 0
    metrics.health.probed("gone", "one", "Reachable", 0.1)
    metrics.health.credential_read("gone", "one", NOW + 50, ())
    again = Scrape(metrics)
    assert again.value(PROBES, policy="gone", reason="Reachable") == 1
    assert again.value(PROBES, policy="gone", reason="Timeout") is None
    assert again.value(LEFT, policy="gone") == 50
    assert again.value(LEFT, policy="") is None


def test_a_policy_whose_clusters_were_never_probed_leaves_none_either(metrics):
    """Its credentials were read, and that was all."""
    metrics.health.credential_read("p", "one", NOW + 100, ())
    metrics.health.forget_policy("p")

    assert Scrape(metrics).series(LEFT) == {frozenset({("policy", "")}): 100}
