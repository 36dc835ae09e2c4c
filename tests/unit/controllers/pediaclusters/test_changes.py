"""What changes between looks, and while a cluster is being asked."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from clusterimport.controllers.pediaclusters.statuswriter import CONFLICT_SECONDS
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.health import PENDING, HealthState
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import PEDIACLUSTERS
from tests.fakes.controllers.health import REACHABLE, TIMEOUT
from tests.fakes.controllers.importing import condition, drain
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import (
    OBJECT,
    ONE,
    SERVER,
    STATUS,
    PediaRig,
    synchro_says,
)
from tests.fakes.engine.evaluating import base64_of
from tests.fakes.pki.material import CA

pytestmark = pytest.mark.looptime

NEW = {"tokenData": base64_of("new")}
FROM = {"token": {"name": "auth", "key": "token"}, "ca": {"name": "auth", "key": "ca"}}
OTHER = "https://other.example:6443"


def tokens(rig):
    """Return the tokens of all probes so far."""
    return [probe.connection.token for probe in rig.clusters.probes]


@asynccontextmanager
async def asking(rig, seconds=4.0):
    """Be in the middle of a probe; at the end of the block it ends."""
    rig.clusters.seconds = seconds
    rig.see()
    task = asyncio.create_task(rig.look(see=False))
    await asyncio.sleep(seconds / 2)
    yield task
    await asyncio.wait([task])
    rig.clusters.seconds = 0.0


async def test_new_credentials_are_tried_at_once():
    """Whatever pause there was; the connection with the old ones is closed."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    for _ in range(8):
        await asyncio.sleep((await rig.look()).requeue_after)
    await rig.look()
    rig.clusters.results[SERVER] = REACHABLE
    rig.pediacluster(**NEW)
    asked = len(rig.clusters.asked)
    assert 27 <= (await rig.look()).requeue_after <= 33

    assert len(rig.clusters.asked) == asked + 1
    assert tokens(rig) == [CANARY, "new"]
    assert [probe.connection.token for probe in rig.clusters.open_probes] == ["new"]
    assert rig.health().state is HealthState.HEALTHY


async def test_new_credentials_begin_their_pauses_anew():
    """Failures of the old ones do not count against them."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    for _ in range(8):
        await asyncio.sleep((await rig.look()).requeue_after)
    rig.pediacluster(**NEW)

    assert 4.5 <= (await rig.look()).requeue_after <= 5.5


async def test_what_waits_for_its_first_turn_and_changes_does_not_wait():
    """A standing verdict is one on the credentials of before."""
    first = PediaRig()
    first.imported()
    await first.look()
    rig = PediaRig()
    rig.imported(status=first.status())
    assert (await rig.look()).requeue_after > 0.1
    assert rig.clusters.asked == []
    rig.pediacluster(**NEW)
    await rig.look()

    assert tokens(rig) == ["new"]


@pytest.mark.parametrize("change", ["sync", "labels", "status"])
async def test_other_changes_ask_nobody(change):
    """What is no part of the connection is no reason to ask, or to read the credentials."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    changes = {
        "sync": {"syncResources": [{"group": "", "resources": ["pods"]}]},
        "labels": {"metadata": {"labels": {"a": "b"}}},
        "status": {"status": {"version": "v0.0.0"}},
    }
    rig.pediacluster(**changes[change])
    await rig.look()

    assert len(rig.clusters.asked) == 1
    assert rig.rest.count("GET", OBJECT) == 1
    await rig.go(34)
    assert (
        condition(rig.get(PEDIACLUSTERS, ONE), "Ready")["observedGeneration"]
        == (rig.get(PEDIACLUSTERS, ONE)["metadata"]["generation"])
    )


async def test_a_result_for_old_credentials_is_not_told():
    """They changed while the cluster was asked: it is asked again at once, with the new ones."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    async with asking(rig) as task:
        rig.pediacluster(**NEW)
    assert task.result().requeue_after == 0
    assert rig.health() == PENDING
    assert rig.writes() == []
    rig.clusters.results[SERVER] = REACHABLE
    assert 27 <= (await rig.look()).requeue_after <= 33

    assert tokens(rig) == [CANARY, "new"]
    assert rig.health().state is HealthState.HEALTHY
    assert rig.writes() == [("PATCH", STATUS)]


async def test_a_change_that_is_none_of_its_business_does_not_disturb_a_probe():
    """The result is written on top of it."""
    rig = PediaRig()
    rig.imported()
    async with asking(rig) as task:
        rig.pediacluster(metadata={"labels": {"a": "b"}})

    assert 27 <= task.result().requeue_after <= 33
    assert rig.status()["version"] == "v1.36.2"
    assert rig.get(PEDIACLUSTERS, ONE)["metadata"]["labels"] == {"a": "b"}
    assert rig.rest.count("PATCH", STATUS) == 1


@pytest.mark.parametrize("how", ["gone", "deleting", "taken", "made again"])
async def test_a_result_that_nobody_wants_any_more_is_not_told(how):
    """The PediaCluster goes, clustersynchro-manager comes, or another one has the name."""
    rig = PediaRig()
    rig.imported()
    async with asking(rig) as task:
        match how:
            case "gone":
                rig.gone()
            case "deleting":
                rig.pediacluster(metadata={"deletionTimestamp": "2026-01-02T03:04:00Z"})
            case "taken":
                rig.arrive()
                rig.pediacluster(status=synchro_says())
            case "made again":
                rig.gone()
                rig.imported()
    assert task.result().requeue_after == 0
    assert rig.writes() == []
    assert drain(rig.queues.lifecycles) == []
    after = await rig.look()

    if how in {"gone", "deleting"}:
        assert after == DONE
    assert len(rig.clusters.asked) == (2 if how == "made again" else 1)
    assert len(rig.clusters.open_probes) == (1 if how == "made again" else 0)


async def test_what_was_read_live_may_be_newer_than_the_cache():
    """When the cache follows, that is no news; one probe with the newer credentials is enough."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    live = rig.get(PEDIACLUSTERS, ONE)
    rig.put(PEDIACLUSTERS, live | {"spec": live["spec"] | NEW})
    result = await rig.look(see=False)
    assert result.requeue_after == CONFLICT_SECONDS
    assert (await rig.look(see=False)).requeue_after <= CONFLICT_SECONDS
    await rig.look()

    assert tokens(rig) == ["new"]
    assert len(rig.clusters.asked) == 1
    assert rig.status()["version"] == "v1.36.2"
    rig.pediacluster()
    await rig.look()
    assert tokens(rig) == ["new", CANARY], "back to what the cache had first"


async def test_what_a_policy_allows_decides_again():
    """A feature that is withdrawn closes the connection, and one that is given opens it."""
    rig = PediaRig()
    rig.imported(caData="", allowed=["InsecureTLS"])
    await rig.look()
    assert rig.health().state is HealthState.HEALTHY
    rig.allow("ProxyURL")
    await rig.look()
    assert rig.health().reason == "CredentialRejected"
    assert rig.clusters.open_probes == []
    rig.allow("InsecureTLS")
    await rig.look()

    assert rig.health().state is HealthState.HEALTHY
    assert len(rig.clusters.asked) == 2


class SecretRig(PediaRig):
    """A cluster whose credentials are in a Secret, of which no event tells."""

    def __init__(self, **fields):
        super().__init__(rules=ImportRules(authentication_from=True), **fields)
        self.imported(caData="", tokenData="", authenticationFrom=FROM)

    def fill(self, token="first"):
        self.secret(ca=base64_of(CA), token=base64_of(token))


async def test_a_changed_secret_is_noticed_at_the_next_look():
    """An unchanged one keeps its connection."""
    rig = SecretRig()
    rig.fill()
    await rig.go(100)
    assert tokens(rig) == ["first"]
    assert len(rig.clusters.asked) >= 3
    rig.fill("second")
    await rig.go(34)

    assert tokens(rig) == ["first", "second"]
    assert len(rig.clusters.open_probes) == 1
    assert rig.writes() == [("PATCH", STATUS)]


async def test_a_missing_secret_is_looked_for_like_a_failing_cluster():
    """After 5, 10 ... 300 s, since no event will tell; when it is there, the cluster is asked."""
    rig = SecretRig()
    pauses = []
    for _ in range(8):
        pauses.append((await rig.look()).requeue_after)
        await asyncio.sleep(pauses[-1])
    for pause, seconds in zip(pauses, [5, 10, 20, 40, 80, 160, 300, 300], strict=True):
        assert 0.9 * seconds <= pause <= 1.1 * seconds
    assert rig.health().reason == "IncompleteCredentials"
    assert rig.writes() == [("PATCH", STATUS)]
    rig.fill()
    assert 27 <= (await rig.look()).requeue_after <= 33

    assert rig.health().state is HealthState.HEALTHY


async def test_a_cluster_that_moves_is_asked_at_its_new_address():
    """Its address and version follow."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    rig.clusters.results[OTHER] = TIMEOUT
    rig.pediacluster(apiserver=OTHER)
    await rig.look()
    assert rig.status()["apiserver"] == OTHER
    assert "version" not in rig.status()
    assert rig.clusters.asked == [SERVER, OTHER]
