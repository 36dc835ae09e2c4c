"""Watches that are seconds behind: what we wrote ourselves counts as seen (T08)."""

import asyncio

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.shared.mutations import FORGET_AFTER_SECONDS
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from clusterimport.model.names import LIFECYCLE_FINALIZER
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_owner,
    pediacluster_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import LONG_AGO
from tests.fakes.controllers.terms import TermRig

pytestmark = pytest.mark.looptime

SELECTORLESS = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}


class Behind(TermRig):
    """A term whose queues are worked off by hand; its caches see what a test shows them."""

    def __init__(self, **more):
        super().__init__(**more)
        for gvr in (POLICIES, LIFECYCLES, CLUSTERS):
            body = {"metadata": {"name": f"{gvr.resource}.{gvr.group}"}}
            self.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=LONG_AGO)
        self.look_at_everything()

    async def work(self, *, seconds=5.0):
        """Reconcile whatever is due within some seconds."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            for name in ("policies", "sources", "lifecycles", "deletions"):
                for key in drain(getattr(self.queues, name)):
                    await self._reconcile(name, key)
            await asyncio.sleep(0.1)
            self.see(POLICIES)

    async def _reconcile(self, name, key):
        queue = getattr(self.queues, name)
        try:
            result = await getattr(self.reconcilers, name).reconcile(key)
        except errors.Conflict:
            queue.add_after(key, 1.0)
            return
        if result.requeue_after is not None:
            queue.add_after(key, result.requeue_after)

    def names(self, gvr):
        """Return the names of all objects of a type on the server."""
        return sorted(name for _, name in self.store.types[gvr].objects)

    def gone(self, *names, see=True):
        """Let sources be gone, which only their own cache shows."""
        for name in names or ("one",):
            self.drop(CLUSTERS, name, "team")
        if see:
            self.see(CLUSTERS)


async def test_t08_a_source_that_goes_before_a_cache_has_its_lifecycle():
    """The lifecycle that we have just made goes with it, and its PediaCluster."""
    rig = Behind()
    await rig.work(seconds=1)
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
    rig.gone()
    await rig.work()
    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == []

    rig.see()
    await rig.work()
    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == []


@pytest.mark.parametrize("what", ["policy", "deselected", "renamed"])
async def test_t08_a_policy_that_changes_before_a_cache_has_its_lifecycle(what):
    """Gone, deselecting or renaming: it finds what was made a moment ago."""
    rig = Behind()
    await rig.work(seconds=1)
    if what == "policy":
        rig.drop(POLICIES, "mcp")
        rig.tracker.drop("mcp")
        rig.see(POLICIES)
        rig.policy_changed("mcp", sources=False)
    else:
        never = {"source": SELECTORLESS | {"selectorTemplate": "false"}}
        changed = never if what == "deselected" else {"nameTemplate": "new-one"}
        rig.activate(**changed, see=False)
        rig.see(POLICIES, CLUSTERS, SECRETS)
        rig.policy_changed("mcp", sources=True)
    await rig.work(seconds=10)

    left = ["new-one"] if what == "renamed" else []
    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == left


@pytest.mark.parametrize("what", ["gone", "renamed"])
async def test_t08_a_lifecycle_asks_for_its_source_when_it_is_seen_at_last(what):
    """A watch that was behind for minutes: what was heard meanwhile found nothing any more."""
    rig = Behind()
    await rig.work(seconds=1)
    await asyncio.sleep(FORGET_AFTER_SECONDS + 1)
    if what == "gone":
        rig.gone()
    else:
        rig.activate(nameTemplate="new-one", see=False)
        rig.see(POLICIES, CLUSTERS, SECRETS)
        rig.policy_changed("mcp", sources=True)
    await rig.work()
    assert "mcp-one" in rig.names(LIFECYCLES)
    rig.see()
    await rig.work(seconds=15)

    left = ["new-one"] if what == "renamed" else []
    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == left


async def test_t08_a_restored_etcd_leaves_no_lifecycle_of_a_source_that_is_no_more():
    """Its lifecycle is gone first, is made again for a source that a cache still has, and goes."""
    rig = Behind()
    await rig.work(seconds=1)
    rig.see()
    rig.drop(LIFECYCLES, "mcp-one")
    rig.drop(PEDIACLUSTERS, "mcp-one")
    rig.gone(see=False)
    rig.store.version = 1
    rig.see(LIFECYCLES, PEDIACLUSTERS)
    await rig.work(seconds=1)
    assert rig.names(LIFECYCLES) == ["mcp-one"], "made again"
    rig.see(CLUSTERS)
    await rig.work()
    rig.see()
    await rig.work()

    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == []


async def test_t12_a_renamed_source_keeps_its_old_pediacluster_until_the_new_one_stands():
    """It follows its source meanwhile, tells what it waits for, and goes as soon as it may."""
    rig = Behind()
    await rig.work(seconds=1)
    rig.see()
    rig.put(PEDIACLUSTERS, pediacluster_body("new-one"))
    rig.activate(nameTemplate="new-{{ .source.metadata.name }}", see=False)
    rig.put(CLUSTERS, source_body(url="https://moved.example:6443"))
    rig.see()
    rig.policy_changed("mcp", sources=True)
    await rig.work(seconds=15)
    rig.see()
    await rig.work(seconds=60)

    assert rig.names(PEDIACLUSTERS) == ["mcp-one", "new-one"]
    moved = rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["apiserver"]
    assert moved == "https://moved.example:6443"
    conditions = rig.get(LIFECYCLES, "mcp-one")["status"]["conditions"]
    (updating,) = [each for each in conditions if each["type"] == "Updating"]
    assert (updating["reason"], updating["status"]) == ("SourceRenamed", "True")
    assert "goes when PediaCluster new-one stands" in updating["message"]
    assert "NameConflict" in updating["message"]
    assert rig.context.candidates.of_policy("mcp") == ()
    writes = len(rig.rest.writes())
    await rig.work(seconds=60)
    assert len(rig.rest.writes()) == writes, "it waits quietly"

    rig.drop(PEDIACLUSTERS, "new-one")
    rig.see()
    await rig.work(seconds=5)
    rig.see()
    await rig.work(seconds=15)
    assert rig.names(LIFECYCLES) == rig.names(PEDIACLUSTERS) == ["new-one"]


@pytest.mark.parametrize("policy", ["in force", "invalid", "none"])
async def test_t03_a_new_leader_takes_clusterpedias_finalizer_off(policy):
    """A lifecycle that was deleted while nobody led goes, whatever its policy is like."""
    rig = Behind()
    await rig.work(seconds=1)
    deleting = {"deletionTimestamp": "2026-01-02T03:04:05Z", "finalizers": [LIFECYCLE_FINALIZER]}
    owners = {"ownerReferences": []} if policy == "none" else {}
    rig.put(LIFECYCLES, rig.get(LIFECYCLES, "mcp-one"), **deleting, **owners)
    if policy == "invalid":
        rig.block(Blocker("InvalidPolicy", "m"))
    rig.see()
    rig.restart()
    rig.look_at_everything()
    await rig.work()

    patches = [sent.body["metadata"] for sent in rig.rest.requests if sent.method == "PATCH"]
    assert [] in [each.get("finalizers") for each in patches]


async def test_t03_a_new_leader_finds_what_a_lifecycle_that_was_made_again_left():
    """Also of an invalid policy: it is a candidate, and a doubt as long as that is invalid."""
    rig = Behind()
    rig.put_lifecycle()
    owners = [lifecycle_owner("mcp-one", "older")]
    marks = {"policy.clusterpedia.io/source": "clusters.cluster.mcp.io/team/other"}
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners), annotations=marks)
    rig.see()
    rig.block(Blocker("InvalidPolicy", "m"))
    rig.restart()
    rig.look_at_everything()
    await rig.work()

    assert rig.context.candidates.includes("", "mcp-one")
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
