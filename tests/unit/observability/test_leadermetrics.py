"""What the election shows."""

from clusterimport.observability.metrics import Metrics
from tests.fakes.observability.prometheus import Scrape


def test_the_status_follows_the_lease(metrics):
    """1 while leading, 0 before and after; the slow path is counted."""
    name = "clusterpedia-controller-manager"
    metrics.leader.set_master_status(leading=True)
    metrics.leader.inc_slowpath()
    assert Scrape(metrics).value("leader_election_master_status", name=name) == 1

    metrics.leader.set_master_status(leading=False)
    scrape = Scrape(metrics)
    assert scrape.value("leader_election_master_status", name=name) == 0
    assert scrape.value("leader_election_slowpath_total", name=name) == 1


def test_the_label_is_the_name_of_the_lease(clock):
    """Another lease, another label."""
    scrape = Scrape(Metrics(clock=clock, lease_name="mine"))

    assert scrape.value("leader_election_master_status", name="mine") == 0
