"""Clusters that are not asked: switched off, refused, or not for this process."""

import pytest

from clusterimport.controllers.pediaclusters.pacing import BUSY_DEPTH, QUIET_SECONDS
from clusterimport.controllers.pediaclusters.targets import IDLE_SECONDS
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.health import UNWATCHED, HealthState
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.pediaclusters import ONE, SERVER, STATUS, PediaRig, said
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA

pytestmark = pytest.mark.looptime

READY = {
    "Validated": ("True", "Validated"),
    "ClusterHealthy": ("True", "Healthy"),
    "Ready": ("True", "Ready"),
}
INVALID = {
    "Validated": ("False", "InvalidConfig"),
    "ClusterHealthy": ("Unknown", "MonitorStop"),
    "Ready": ("False", "NotReady"),
}
JUDGED = {"conditions": [said("Ready", "True", "Ready", observedGeneration=1)]}
PROXY = kubeconfig_of(
    cluster={"proxy-url": "http://p:1", "certificate-authority-data": base64_of(CA)}
)


async def test_without_an_interval_nobody_is_asked():
    """What is imported counts as well; nothing is written, and credentials are read but once."""
    rig = PediaRig(interval=0)
    rig.imported()
    assert rig.health() == UNWATCHED
    first = await rig.look()
    assert 0 < first.requeue_after <= QUIET_SECONDS
    assert rig.rest.requests == []
    await rig.go(10 * IDLE_SECONDS)

    assert rig.clusters.probes == []
    assert rig.writes() == []
    assert rig.health().state is HealthState.UNWATCHED
    assert rig.health().message == ""
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1


async def test_the_shortest_interval_is_one():
    """A second is not none: clusters are asked, and told of when they are not."""
    rules = ImportRules(allowed_features=frozenset({"ProxyURL"}))
    rig = PediaRig(interval=1, rules=rules)
    rig.imported()
    rig.imported("mcp-two", kubeconfig=PROXY)
    await rig.look()
    await rig.look("mcp-two")

    assert rig.clusters.asked == [SERVER]
    assert "proxy-url" in rig.health("mcp-two").message


async def test_without_an_interval_imports_go_first_as_well():
    """The one look at credentials gives up its turn, too."""
    rig = PediaRig(interval=0)
    rig.imported()
    for number in range(BUSY_DEPTH + 1):
        rig.queues.sources.add(SourceKey("mcp", ObjectKey("team", f"s{number}")))
    await rig.go(QUIET_SECONDS - 1)
    assert rig.rest.requests == []
    await rig.go(QUIET_SECONDS + 2)
    assert len(rig.rest.requests) == 1


async def test_a_verdict_of_before_is_taken_back_where_nothing_is_probed():
    """It would stand for ever; one write, and none afterwards."""
    rig = PediaRig(interval=0)
    rig.imported(status=JUDGED)
    await rig.go(3 * IDLE_SECONDS)

    assert rig.conditions()["Ready"] == ("Unknown", "NotReady")
    assert rig.health().state is HealthState.UNWATCHED
    assert rig.writes() == [("PATCH", STATUS)]


@pytest.mark.parametrize("interval", [30, 0])
async def test_credentials_that_are_refused_are_not_used(interval):
    """The PediaCluster and its lifecycle say why, also where nothing is probed."""
    rig = PediaRig(interval=interval)
    rig.imported(caData="")
    await rig.go(1000)

    assert rig.clusters.probes == []
    assert rig.conditions() == INVALID
    assert rig.health().state is HealthState.UNHEALTHY
    assert rig.health().reason == "CredentialRejected"
    assert "caData" in rig.health().message
    assert rig.writes() == [("PATCH", STATUS)]
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1


async def test_mended_credentials_are_used_at_once():
    """Whatever the pause before."""
    rig = PediaRig()
    rig.imported(caData="")
    await rig.look()
    rig.pediacluster()
    await rig.look()

    assert rig.conditions() == READY
    assert len(rig.clusters.asked) == 1


async def test_what_is_not_probed_is_imported():
    """A cluster behind a proxy that somebody allowed: valid, health unknown."""
    rules = ImportRules(allowed_features=frozenset({"ProxyURL"}))
    rig = PediaRig(rules=rules)
    rig.imported(kubeconfig=PROXY)
    await rig.go(1000)
    assert rig.conditions() == {
        "Validated": ("True", "Validated"),
        "ClusterHealthy": ("Unknown", "MonitorStop"),
        "Ready": ("Unknown", "NotReady"),
    }
    assert rig.health().state is HealthState.UNWATCHED
    assert "proxy-url" in rig.health().message
    assert rig.clusters.probes == []
    assert rig.writes() == [("PATCH", STATUS)]

    off = PediaRig(rules=rules, interval=0)
    off.imported(kubeconfig=PROXY)
    await off.go(1000)
    assert off.health().message == "", "as was assumed, so that a restart writes nothing"
    assert off.writes() == []
