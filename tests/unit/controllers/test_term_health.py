"""The health of imported clusters through a whole term: few writes, few keys, nothing left open."""

import asyncio
from contextlib import suppress

import pytest

from clusterimport.aio import background
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.controllers.shared.health import PENDING, UNWATCHED
from clusterimport.kube import errors
from clusterimport.model.gvr import EVENTS, LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.model.names import SYNCHRO_FINALIZER
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.health import TIMEOUT, ScriptedClusters
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.controllers.pediaclusters import said, synchro_says
from tests.fakes.controllers.terms import TermRig, follow

pytestmark = pytest.mark.looptime

FINALIZER = {"finalizers": [SYNCHRO_FINALIZER]}
NAMES = [f"c{number:02}" for number in range(20)]
DEAD = NAMES[:5]


class Rig(TermRig):
    """A term whose clusters answer by script."""

    def __init__(self, *, interval=30.0):
        self.clusters = ScriptedClusters()
        options = HealthOptions(make_probe=self.clusters.make_probe, interval_seconds=interval)
        super().__init__(health=options)

    def fleet(self):
        """Let there be twenty sources more, of which five lead nowhere."""
        for name in NAMES:
            self.put(CLUSTERS, source_body(name))
            self.put(SECRETS, secret_body(f"auth-{name}"))
        for name in DEAD:
            self.clusters.results[f"https://{name}.example:6443"] = TIMEOUT
        self.see()

    def ready(self, name="mcp-one", kind=LIFECYCLES):
        return condition(self.get(kind, name), "Ready")

    def pediacluster(self, name="mcp-one", *, status=None, metadata=None, **spec):
        """Let there be a PediaCluster with its lifecycle."""
        owners = [lifecycle_owner(name, "u")]
        body = pediacluster_body(name, owners=owners, **spec)
        self.put(PEDIACLUSTERS, body | ({"status": status} if status else {}), **(metadata or {}))
        self.see(PEDIACLUSTERS)


async def test_an_import_costs_three_writes_and_two_for_its_health():
    """Then none in an hour, although the cluster is asked every half minute."""
    rig = Rig()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        written = rig.rest.writes(events=True)
        assert rig.ready()["reason"] == "Reachable"
        assert rig.ready("mcp-one", PEDIACLUSTERS)["reason"] == "Ready"
        asked = len(rig.clusters.asked)
        await asyncio.sleep(3600)
        assert len(rig.clusters.asked) >= asked + 100

    assert rig.rest.writes(events=True) == written
    assert [write for write in written if POLICIES.path() not in write[1]] == [
        ("POST", LIFECYCLES.path()),
        ("POST", PEDIACLUSTERS.path()),
        ("PUT", LIFECYCLES.path(name="mcp-one", subresource="status")),
        ("PATCH", PEDIACLUSTERS.path(name="mcp-one", subresource="status")),
        ("PUT", LIFECYCLES.path(name="mcp-one", subresource="status")),
    ]


@pytest.mark.parametrize("interval", [30.0, 0.0])
@pytest.mark.parametrize("is_taken", [False, True])
async def test_the_next_leader_writes_nothing(interval, is_taken):
    """Whatever its clusters are, and whoever tells it: statuses, sums and Events stay."""
    rig = Rig(interval=interval)
    rig.fleet()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        if is_taken:
            broken = (said("Ready", "False"), said("ClusterHealthy", "False", "Unhealthy"))
            for name in NAMES:
                obj = rig.get(PEDIACLUSTERS, f"mcp-{name}")
                told = synchro_says(*(broken if name in DEAD else ()))
                rig.put(PEDIACLUSTERS, obj | {"status": told}, **FINALIZER)
            rig.see()
        await asyncio.sleep(400)
        counted = {"mcp imported": 21, "mcp failed": 5, "mcp unreachable": 5}
        if not interval and not is_taken:
            counted = {"mcp imported": 21, "mcp failed": 0, "mcp unreachable": 0}
        assert {name: rig.metrics.gauges[name] for name in counted} == counted
    written, asked = rig.rest.writes(events=True), len(rig.clusters.asked)
    rig.restart()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(1000)
        assert {name: rig.metrics.gauges[name] for name in counted} == counted

    assert rig.rest.writes(events=True) == written
    assert (len(rig.clusters.asked) > asked) is (bool(interval) and not is_taken)


async def test_a_policy_tells_of_clusters_that_are_not_ready():
    """Its counts and its ``Ready`` follow, also when the clusters recover."""
    rig = Rig()
    rig.fleet()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        policy = rig.get(POLICIES, "mcp")
        assert condition(policy, "Ready")["reason"] == "ClustersNotReady"
        assert "5 are imported and not ready" in condition(policy, "Ready")["message"]
        assert (policy["status"]["imported"], policy["status"]["failed"]) == (21, 5)
        rig.clusters.results.clear()
        await asyncio.sleep(400)
        policy = rig.get(POLICIES, "mcp")
        assert condition(policy, "Ready")["status"] == "True"
        assert (policy["status"]["imported"], policy["status"]["failed"]) == (21, 0)

    reasons = [event["reason"] for event in rig.store.types[EVENTS].objects.values()]
    assert sorted(reasons) == ["ClustersNotReady", *["Reachable"] * 5, *["Timeout"] * 5]


async def test_a_rotated_credential_is_followed_and_tried_at_once():
    """From the Secret to the probe, without a wait for the next turn."""
    rig = Rig()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(40)
        rig.put(SECRETS, secret_body(token="new"))
        rig.see()
        await asyncio.sleep(0.5)
        assert [probe.connection.token for probe in rig.clusters.open_probes] == ["new"]


async def test_a_policy_that_allows_less_is_followed_at_once():
    """Its lifecycles change, and their clusters are judged again."""
    rig = Rig()
    rig.activate(allowedCredentialFeatures=["InsecureTLS"], see=False)
    rig.put(SECRETS, secret_body(data={"token": secret_body()["data"]["token"], "ca": ""}))
    rig.see()
    rig.policy_changed("mcp", sources=True)
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(40)
        assert rig.ready()["reason"] == "Reachable"
        asked = len(rig.clusters.asked)
        rig.activate()
        rig.policy_changed("mcp", sources=True)
        await asyncio.sleep(0.5)
        assert rig.clusters.open_probes == []
        assert rig.ready("mcp-one", PEDIACLUSTERS)["status"] == "False"

    assert len(rig.clusters.asked) == asked


@pytest.mark.parametrize("how", ["stopped", "crashed", "stopped twice"])
async def test_the_end_of_a_term_leaves_no_connection(how):
    """However it comes, and with probes under way; nor a number that only the leader knows."""
    rig = Rig()
    rig.fleet()
    rig.clusters.seconds = 3.0
    if how == "crashed":
        broken = rig.context.events.run

        async def run():
            with suppress(TimeoutError):
                async with asyncio.timeout(20.0):
                    await broken()
            raise LookupError

        rig.context.events.run = run
    task = asyncio.create_task(rig.run())
    following = asyncio.create_task(follow(rig))
    await asyncio.sleep(19.0)
    assert rig.clusters.open_probes
    assert rig.metrics.gauges
    if how != "crashed":
        task.cancel()
    await asyncio.sleep(0.5)
    if how == "stopped twice":
        task.cancel()
    await asyncio.wait([task])
    following.cancel()

    assert rig.clusters.open_probes == []
    assert rig.metrics.gauges == {}
    assert isinstance(task.exception(), BaseExceptionGroup) if how == "crashed" else True


async def test_all_of_a_shard_are_looked_at_when_somebody_comes_or_leaves():
    """Behind fresh events, and nobody of another shard; not for each cluster that is taken."""
    rig = Rig()
    for name in ("a", "b", "c"):
        rig.pediacluster(name)
    rig.pediacluster("other", shardingName="other")
    rig.taken()
    rig.pediacluster("a", metadata=FINALIZER)
    rig.sweep()
    places = rig.queues.pediaclusters._turns._places
    priorities = {name: place.priority for name, place in places.items()}
    assert priorities == {"a": FRESH, "b": BACKLOG, "c": BACKLOG}
    assert rig.taken()["pediaclusters"] == ["a", "b", "c"]
    rig.pediacluster("b", metadata=FINALIZER)
    assert rig.taken()["pediaclusters"] == ["b"]
    rig.pediacluster("c", status=synchro_says())
    assert rig.taken() == {"pediaclusters": ["c"]}, "a status concerns no lifecycle"
    rig.pediacluster("a", metadata={"finalizers": []})
    rig.pediacluster("b", metadata={"finalizers": []})
    rig.taken()
    rig.pediacluster("c", status={"conditions": []})
    assert rig.taken()["pediaclusters"] == ["a", "b", "c"]
    rig.pediacluster("a", metadata=FINALIZER)
    rig.taken()
    rig.drop(PEDIACLUSTERS, "a")
    rig.see(PEDIACLUSTERS)
    assert rig.taken()["pediaclusters"] == ["a", "b", "c"]


async def test_a_write_of_ours_may_move_a_cluster_to_another_shard():
    """The echo is no news to its lifecycle; the shards are looked at all the same."""
    rig = Rig()
    rig.pediacluster("a", metadata=FINALIZER)
    rig.pediacluster("b")
    rig.pediacluster("c", shardingName="s")
    rig.taken()
    moved = rig.put(
        PEDIACLUSTERS, pediacluster_body("a", shardingName="s", owners=[lifecycle_owner("a", "u")])
    )
    rig.context.newest.written_pediaclusters.wrote("a", moved)
    rig.see(PEDIACLUSTERS)

    assert rig.taken() == {"pediaclusters": ["a", "b", "c"]}


async def test_the_echo_of_our_own_status_queues_nothing():
    """A status of others does; the echo of it that comes before the answer does once."""
    rig = Rig()
    rig.pediacluster("a")
    rig.taken()
    body = rig.get(PEDIACLUSTERS, "a") | {"status": {"version": "v1.2.3"}}
    rig.context.newest.written_pediaclusters.wrote("a", rig.put(PEDIACLUSTERS, body))
    rig.see(PEDIACLUSTERS)
    assert rig.taken() == {}
    assert len(rig.context.newest.written_pediaclusters) == 0
    rig.put(PEDIACLUSTERS, body | {"status": {"version": "v1.2.4"}})
    rig.see(PEDIACLUSTERS)
    assert rig.taken() == {"pediaclusters": ["a"]}


async def test_what_a_lifecycle_allows_concerns_its_pediacluster():
    """Whoever wrote it; other changes of a lifecycle do not."""
    rig = Rig()

    def put(**spec):
        body = lifecycle_body(policy_uid=rig.active.record.uid, **spec)
        return rig.put(LIFECYCLES, body)

    put()
    rig.see(LIFECYCLES)
    assert "pediaclusters" not in rig.taken()
    written = put(allowedCredentialFeatures=["ProxyURL"])
    rig.context.newest.written_lifecycles.wrote("mcp-one", written)
    rig.see(LIFECYCLES)
    assert rig.taken() == {"pediaclusters": ["mcp-one"]}, "it was our own write"
    put(allowedCredentialFeatures=["ProxyURL"], creationCondition="false")
    rig.see(LIFECYCLES)
    assert "pediaclusters" not in rig.taken()
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see(LIFECYCLES)
    assert rig.taken()["pediaclusters"] == ["mcp-one"]


async def test_a_pediacluster_that_goes_concerns_its_lifecycle():
    """It is made again, and its connection is closed."""
    rig = Rig()
    rig.pediacluster("a")
    rig.taken()
    rig.drop(PEDIACLUSTERS, "a")
    rig.see(PEDIACLUSTERS)

    assert rig.taken() == {"lifecycles": ["a"], "pediaclusters": ["a"]}


async def test_a_changed_crd_lets_a_refused_pediacluster_be_tried_again():
    """The creation that the server did not take is sent once more."""
    rig = Rig()
    rig.rest.meet("POST", PEDIACLUSTERS.path(), errors.Invalid(422, "Invalid", verb="create"))
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(1)
        assert rig.get(PEDIACLUSTERS, "mcp-one") is None
        rig.schemas_changed()
        await asyncio.sleep(1)
        assert rig.get(PEDIACLUSTERS, "mcp-one") is not None


async def test_a_changed_crd_lets_a_refused_status_be_tried_again():
    """Like everything else that was refused."""
    rig = Rig()
    path = PEDIACLUSTERS.path(name="mcp-one", subresource="status")
    rig.rest.meet("PATCH", path, errors.Invalid(422, "Invalid", verb="patch"))
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(1)
        assert rig.rest.count("PATCH", path) == 1
        rig.schemas_changed()
        await asyncio.sleep(1)
        assert rig.rest.count("PATCH", path) == 2


@pytest.mark.parametrize(("interval", "health"), [(1.0, PENDING), (0.0, UNWATCHED)])
async def test_what_is_assumed_is_what_will_be(interval, health):
    """With probes, however often, a verdict is waited for; without them none will come."""
    assert Rig(interval=interval).context.health.of("mcp-one") == health


async def test_a_verdict_concerns_its_lifecycle():
    """The board tells the lifecycles' queue."""
    rig = Rig()
    rig.taken()
    rig.context.health.set("mcp-one", rig.context.health.of("x"))
    assert rig.taken() == {}
    async with background(term=rig.run()):
        rig.pediacluster()
        await asyncio.sleep(0.01)
        assert rig.clusters.asked
