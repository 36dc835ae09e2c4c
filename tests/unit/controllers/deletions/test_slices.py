"""Any number of deletions, at any speed of the server, by one slice after another (T02)."""

import asyncio
from collections import Counter

import pytest

from clusterimport.controllers.deletions.judgement import LOOK_AGAIN_SECONDS
from clusterimport.controllers.deletions.reconciler import POSTPONED_SECONDS
from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.kube import errors
from clusterimport.limits.deletions import DELETION_SLICE_SECONDS
from clusterimport.limits.requests import RECONCILE_SECONDS
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
)
from tests.fakes.controllers.importobjects import CLUSTERS, lifecycle_owner, source_body
from tests.fakes.controllers.reconcilers import DeletionRig

pytestmark = pytest.mark.looptime

TEAM = DeletionKey("mcp", "namespace/team")
CRD = CUSTOM_RESOURCE_DEFINITIONS.path(name="clusters.cluster.mcp.io")


class Slow(DeletionRig):
    """A rig whose reconciler is called as the controller calls it, over any number of clusters."""

    def __init__(self, *, gone, there=0, imported_each=1, **more):
        super().__init__(gone=0, there=there, **more)
        numbers = range(1, gone)
        self.objects = [self.add("gone0"), *self.like("gone0", numbers, imported_each)]
        self.see()

    def like(self, name, numbers, imported_each):
        """Put many lifecycles that share all but their names, with PediaClusters of some."""
        lifecycle = self.get(LIFECYCLES, f"mcp-{name}")
        pediacluster = self.get(PEDIACLUSTERS, f"mcp-{name}")
        for number in numbers:
            one, uid = f"mcp-gone{number}", f"like-{number}"
            self.store.version += 1
            same = {"name": one, "resourceVersion": str(self.store.version)}
            source = lifecycle["spec"]["source"] | {"name": f"gone{number}"}
            made = {
                "metadata": lifecycle["metadata"] | same | {"uid": uid},
                "spec": lifecycle["spec"] | {"source": source},
            }
            owners = {"ownerReferences": [lifecycle_owner(one, uid)], "uid": f"cluster-{uid}"}
            cluster = pediacluster | {"metadata": pediacluster["metadata"] | same | owners}
            self.store.types[LIFECYCLES].objects["", one] = lifecycle | made
            if number % imported_each == 0:
                self.store.types[PEDIACLUSTERS].objects["", one] = cluster
            yield lifecycle | made

    async def work(self, *, seconds=1e9, key=TEAM):
        """Reconcile again and again until all is done, or for so long; return the longest slice."""
        now = asyncio.get_running_loop().time
        end, longest = now() + seconds, 0.0
        while now() < end:
            started = now()
            async with asyncio.timeout(RECONCILE_SECONDS):
                result = await self.subject.reconcile(key)
            longest = max(longest, now() - started)
            self.see(POLICIES)
            if result == DONE:
                break
            await asyncio.sleep(min(result.requeue_after, end - now()))
        return longest

    def policy_gone(self):
        """Delete the policy, and let everybody know."""
        self.tracker.drop("mcp")
        self.drop(POLICIES, "mcp")
        self.see(POLICIES)

    def reads(self, gvr):
        """Return how often objects of a type were read."""
        return sum(
            sent.method == "GET" and sent.path.startswith(gvr.path().rsplit("/", 1)[0])
            for sent in self.rest.requests
            if gvr.resource in sent.path
        )


@pytest.mark.slow
async def test_t02_ten_thousand_lifecycles_of_a_deleted_policy_go():
    """Each takes its two or three requests and no more; policy and CRD are read now and then."""
    rig = Slow(gone=10_000, imported_each=10)
    rig.policy_gone()
    await rig.propose_all()
    rig.rest.latency_seconds, rig.rest.latency_each = 1.0, 20
    assert await rig.work() < DELETION_SLICE_SECONDS + 3.0

    assert rig.left() == 0
    assert rig.store.types[PEDIACLUSTERS].objects == {}
    took = asyncio.get_running_loop().time()
    assert 100 < took < 1200
    assert len(rig.rest.requests) - 21_000 < took / 2


@pytest.mark.slow
async def test_t02_a_slow_server_has_a_mass_deletion_told_in_one_look():
    """1 300 sources vanish at twenty requests a second: blocked after 1 300 reads and a few."""
    rig = Slow(gone=1300)
    await rig.propose_all()
    rig.rest.interval_seconds = 0.05
    await rig.work(seconds=80)

    assert rig.blocks.get("mcp").count == 1300
    assert rig.rest.writes() == []
    assert rig.reads(CLUSTERS) == 1300
    assert rig.reads(POLICIES) < 20
    assert rig.rest.count("GET", CRD) < 20

    before = len(rig.rest.requests)
    await rig.work(seconds=600)
    assert rig.reads(CLUSTERS) == 4 * 1300, "once more after 30 s, a minute, and two"
    assert len(rig.rest.requests) - before < 3 * 1300 + 100


@pytest.mark.slow
async def test_t02_what_a_person_has_released_goes_at_any_speed():
    """Slice by slice, each looked at once more just before it goes, and none is asked for twice."""
    rig = Slow(gone=600)
    await rig.propose_all()
    rig.rest.interval_seconds = 0.05
    await rig.work(seconds=60)
    rig.allow(rig.token())
    await rig.work()

    assert rig.left() == 0
    deletes = Counter(path for method, path in rig.rest.writes() if method == "DELETE")
    assert len(deletes) == 1200
    assert set(deletes.values()) == {1}
    assert rig.reads(CLUSTERS) == 1200
    assert rig.blocks.get("mcp") is None


async def test_t02_a_source_that_comes_back_while_others_go_keeps_its_cluster():
    """What was seen when the set was judged does not justify a deletion a minute later."""
    rig = Slow(gone=200)
    await rig.propose_all()
    await rig.work(seconds=1)
    rig.allow(rig.token())
    rig.rest.interval_seconds = 0.05
    await rig.work(seconds=15)
    assert 0 < rig.left() < 200
    # In no cache yet.
    rig.put(CLUSTERS, source_body("gone99"))
    await rig.work()

    assert [name for _, name in rig.store.types[LIFECYCLES].objects] == ["mcp-gone99"]


async def test_t02_the_type_is_looked_at_behind_the_last_source():
    """A CRD that goes while its sources are looked at explains that they are missing."""
    rig = Slow(gone=20)
    await rig.propose_all()
    rig.rest.latency_seconds = 0.05
    path = CLUSTERS.path(namespace="team", name="gone19")
    going = {"deletionTimestamp": "2026-01-02T03:04:05Z"}
    body = {"metadata": {"name": "clusters.cluster.mcp.io"}}
    rig.rest.meet("GET", path, lambda: rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, **going))
    await rig.work(seconds=5)

    assert rig.left() == 20
    assert rig.blocks.get("mcp").reason == "SourceTypeReinstalled"
    assert rig.rest.count("GET", CRD) == 1


async def test_t02_a_deletion_that_the_server_refuses_holds_up_no_other():
    """A webhook that keeps one PediaCluster keeps one; the condition names it and says why."""
    rig = Slow(gone=3, there=30)
    await rig.propose_all()
    path = PEDIACLUSTERS.path(name="mcp-gone1")
    refusal = errors.Forbidden(403, "Forbidden", "admission webhook denied it", verb="delete")
    rig.rest.meet("DELETE", path, *[refusal] * 2)
    await rig.work(seconds=10)

    assert rig.left() == 31
    assert rig.rest.count("DELETE", path) == 1
    block = rig.blocks.get("mcp")
    assert (block.reason, block.count) == ("DeletionRefused", 1)
    assert "mcp-gone1" in block.message
    await rig.work(seconds=100)
    assert rig.rest.count("DELETE", path) == 3, "after 30 s, and then after a minute"
    assert rig.left() == 30
    assert rig.blocks.get("mcp") is None


async def test_t02_a_server_that_fails_is_gone_on_with():
    """What was decided stands: the next try deletes the rest, and looks at nothing but that."""
    rig = Slow(gone=5)
    await rig.propose_all()
    failure = errors.TransportError("connection reset")
    rig.rest.meet("DELETE", PEDIACLUSTERS.path(name="mcp-gone2"), failure)
    with pytest.raises(errors.TransportError):
        await rig.work()
    assert 0 < rig.left() < 5
    await rig.work()

    assert rig.left() == 0
    assert len(rig.deletions()) == 5


async def test_t02_a_shut_gate_ends_it_as_what_it_is():
    """A lease that is lost while many are looked at is told as that, and not as a crash."""
    rig = Slow(gone=5)
    await rig.propose_all()
    path = CLUSTERS.path(namespace="team", name="gone2")
    rig.rest.meet("GET", path, errors.GateClosed("shut"))
    with pytest.raises(errors.GateClosed):
        await rig.work()


async def test_t02_newcomers_wait_while_what_was_decided_is_carried_out():
    """They are judged afterwards, and are not in anybody's way."""
    rig = Slow(gone=200)
    rig.policy_gone()
    await rig.propose_all()
    rig.rest.latency_seconds = 1.0
    await rig.work(seconds=20)
    late = rig.add("late")
    rig.see(LIFECYCLES, PEDIACLUSTERS)
    rig.propose(late)
    await rig.work(seconds=DELETION_SLICE_SECONDS)
    assert rig.get(LIFECYCLES, "mcp-late")
    assert rig.left() < 150
    await rig.work()

    assert rig.left() == 0


async def test_t02_a_policy_that_is_made_again_ends_a_slice():
    """Of a plan that is half done nothing is carried out under another state of the policy."""
    rig = Slow(gone=100)
    state = rig.tracker.get("mcp")
    policy = rig.get(POLICIES, "mcp")
    rig.policy_gone()
    await rig.propose_all()
    rig.rest.latency_seconds = 1.0
    await rig.work(seconds=10)
    left = rig.left()
    assert 0 < left < 100
    rig.put(POLICIES, policy)
    rig.tracker.set(state)
    for number in range(100):
        rig.put(CLUSTERS, source_body(f"gone{number}"))
    await rig.work(seconds=60)

    assert rig.left() == left


async def test_t02_a_doubt_among_many_is_looked_at_again_ever_more_seldom():
    """A reinstalled type costs a look at all after 30 s, then a minute, and up to every five."""
    rig = Slow(gone=40, created="2026-06-01T00:00:00Z")
    await rig.propose_all()
    looks = []
    for tick in range(40):
        read = rig.reads(CLUSTERS)
        await rig.look()
        if rig.reads(CLUSTERS) > read:
            looks.append(tick * 30)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)

    assert looks == [0, 30, 90, 210, 450, 750, 1050]


async def test_t02_a_failed_look_at_one_does_not_wait_for_the_others():
    """What joins those that wait for minutes already is looked at again after 30 s."""
    rig = Slow(gone=6)
    await rig.propose_all()
    for _ in range(20):
        await rig.look()
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    late = rig.add("late")
    rig.see()
    rig.propose(late)
    await asyncio.sleep(GATHER_SECONDS + 0.01)
    path = CLUSTERS.path(namespace="team", name="late")
    rig.rest.meet("GET", path, errors.InternalError(500, "InternalError"))
    assert (await rig.look()).requeue_after <= LOOK_AGAIN_SECONDS
    assert POSTPONED_SECONDS < LOOK_AGAIN_SECONDS


async def test_t02_a_look_at_the_type_from_before_counts_for_nothing():
    """A CRD that was looked at a moment ago, and is deleted now, takes its sources along."""
    rig = Slow(gone=2, there=20)
    rig.propose(rig.objects[0])
    await asyncio.sleep(GATHER_SECONDS + 0.01)
    await rig.work(seconds=1)
    assert rig.left() == 21
    body = {"metadata": {"name": "clusters.cluster.mcp.io"}}
    rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, deletionTimestamp="2026-01-02T03:04:05Z")
    rig.propose(rig.objects[1])
    await asyncio.sleep(GATHER_SECONDS + 0.01)
    await rig.work(seconds=1)

    assert rig.left() == 21
    assert rig.blocks.get("mcp").reason == "SourceTypeReinstalled"


async def test_t02_what_has_changed_since_the_look_is_looked_at_once_more():
    """Between the decision and its turn a lifecycle was edited, and its source is there again."""
    rig = Slow(gone=1, there=20)
    await rig.propose_all()

    def come_back():
        rig.put(CLUSTERS, source_body("gone0"))
        rig.put(LIFECYCLES, rig.get(LIFECYCLES, "mcp-gone0"), labels={"edited": "yes"})
        rig.see(LIFECYCLES)

    rig.rest.meet("PATCH", POLICIES.path(name="mcp", subresource="status"), come_back)
    await rig.work(seconds=5)

    assert rig.left() == 21
