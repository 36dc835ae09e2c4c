"""Deletions that once hit what was wanted, or never came to an end."""

import pytest

from clusterimport.controllers.queues import OWNERLESS, SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
)
from clusterimport.model.names import LIFECYCLE_FINALIZER
from tests.fakes.controllers.importedrig import ImportedRig
from tests.fakes.controllers.importing import ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    ORPHANED,
    lifecycle_owner,
    pediacluster_body,
    source_body,
)

pytestmark = pytest.mark.looptime


async def test_a_policy_that_says_orphan_outranks_a_lifecycle_that_says_delete_still():
    """The lifecycle goes; its PediaCluster stays, without the owner that would take it along."""
    rig = ImportedRig(deletionPolicy="Orphan")
    lifecycle = rig.imported()
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == ORPHANED


async def test_a_policy_that_has_changed_on_the_server_deletes_nothing():
    """A selector that our cache does not show yet may take what the old one left out."""
    selector = {"group": CLUSTERS.group, "resource": CLUSTERS.resource, "selectorTemplate": "false"}
    rig = ImportedRig(source=selector)
    lifecycle = rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.see()
    edited = rig.get(POLICIES, "mcp")
    rig.put(POLICIES, {**edited, "spec": {**edited["spec"], "source": {"resource": "x"}}})
    rig.propose(lifecycle)
    result = await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-one"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
    assert result.requeue_after == 1.0
    assert rig.context.candidates.of_policy("mcp") != ()

    rig.see(POLICIES)
    rig.block(None, generation=2)
    await rig.judge()
    assert rig.names(LIFECYCLES) == []


async def test_a_source_that_comes_back_while_others_are_deleted_keeps_its_cluster():
    """Each deletion asks again whether its candidate is still one."""
    rig = ImportedRig()
    first, second = rig.imported("one"), rig.imported("two")
    rig.see()
    rig.propose(first)
    rig.propose(second)
    rig.rest.meet(
        "DELETE",
        LIFECYCLES.path(name="mcp-one"),
        lambda: rig.context.candidates.withdraw("mcp", "mcp-two"),
    )
    await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-two"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-two"]


async def test_a_policy_that_is_made_again_ends_the_deletions_for_its_absence():
    """What is judged under one state of the policy is not carried out under another."""
    rig = ImportedRig()
    lifecycles = [rig.imported("one"), rig.imported("two")]
    rig.see()
    state = rig.tracker.get("mcp")
    policy = rig.get(POLICIES, "mcp")
    rig.drop(POLICIES, "mcp")
    rig.tracker.drop("mcp")
    rig.see(POLICIES)
    for lifecycle in lifecycles:
        rig.propose(lifecycle)

    def make_again():
        rig.put(POLICIES, policy)
        rig.tracker.set(state)

    rig.rest.meet("DELETE", LIFECYCLES.path(name="mcp-one"), make_again)
    await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-two"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-two"]


async def test_an_owner_of_another_kind_and_the_same_name_keeps_a_leftover():
    """A PediaCluster whose lifecycle is gone stays while anybody else owns it."""
    rig = ImportedRig()
    other = {"apiVersion": "x/v1", "kind": "Fleet", "name": "mcp-one", "uid": "f"}
    owners = [lifecycle_owner("mcp-one", "gone"), other]
    leftover = rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
    rig.see()
    rig.propose(leftover, OWNERLESS)
    await rig.judge(OWNERLESS)

    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]


@pytest.mark.parametrize("failed", [False, True])
async def test_a_leftover_stays_while_a_lifecycle_could_not_be_made_again(failed):
    """A server that refuses, or takes its time, must not cost a selected source its cluster."""
    rig = ImportedRig()
    rig.put(CLUSTERS, source_body())
    owners = [lifecycle_owner("mcp-one", "gone")]
    leftover = rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
    rig.see()
    if failed:
        rig.rest.meet("POST", LIFECYCLES.path(), errors.Invalid(422, "Invalid", verb="create"))
        await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))
    else:
        rig.context.tally.renew("mcp", [ONE])
    rig.propose(leftover, OWNERLESS)
    await rig.judge(OWNERLESS)
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]

    rig.context.tally.discard("mcp", ONE)
    rig.context.tally.judged("mcp", ONE)
    await rig.judge(OWNERLESS)
    assert rig.names(PEDIACLUSTERS) == []


async def test_t12_a_rename_onto_the_cluster_of_another_source_deletes_nothing():
    """Only a PediaCluster of the same source replaces the old one."""
    rig = ImportedRig(nameTemplate="taken")
    lifecycle = rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.put(PEDIACLUSTERS, pediacluster_body("taken"))
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    assert rig.names(PEDIACLUSTERS) == ["mcp-one", "taken"]
    assert rig.context.candidates.of_policy("mcp") == ()
    assert rig.blocks.get("mcp") is None


async def test_a_deletion_that_is_tried_again_is_counted_once():
    """Five that could not be written down at first are still only five."""
    rig = ImportedRig()
    for name in "abcde":
        rig.imported(name)
    rig.see()
    for name in "abcde":
        rig.propose(rig.get(LIFECYCLES, f"mcp-{name}"))
    conflict = errors.Conflict(409, "Conflict", verb="patch")
    rig.rest.meet("PATCH", POLICIES.path(name="mcp", subresource="status"), conflict)
    with pytest.raises(errors.Conflict):
        await rig.judge()
    assert len(rig.names(LIFECYCLES)) == 5
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    assert rig.blocks.get("mcp") is None
    assert len(rig.get(POLICIES, "mcp")["status"]["deletions"]) == 5


async def test_a_lifecycle_held_by_clusterpedias_finalizer_is_let_go_after_its_deletion():
    """It is deleting and not gone: its next look, which is queued, removes the finalizer."""
    rig = ImportedRig()
    lifecycle = rig.imported(finalizers=[LIFECYCLE_FINALIZER])
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()
    assert rig.names(PEDIACLUSTERS) == []
    assert rig.names(LIFECYCLES) == ["mcp-one"]
    rig.see(PEDIACLUSTERS)
    assert "mcp-one" in drain(rig.queues.lifecycles)
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.names(LIFECYCLES) == []


async def test_what_observe_keeps_is_not_written_down_as_deleted():
    """Observe uses up no budget and writes nothing, however often it looks."""
    rig = ImportedRig(mode="Observe")
    lifecycle = rig.imported()
    rig.see()
    rig.propose(lifecycle)
    assert await rig.judge() == DONE

    assert rig.rest.writes() == []
    assert rig.names(LIFECYCLES) == ["mcp-one"]
    assert rig.context.candidates.of_policy("mcp") == ()


async def test_the_lifecycle_of_a_policy_made_again_goes_with_its_source():
    """A policy of the same name takes over what the old one had, its deletions included."""
    rig = ImportedRig()
    lifecycle = rig.imported(uid="old")
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    assert rig.names(PEDIACLUSTERS) == []


async def test_an_unreadable_crd_is_a_doubt_about_a_leftover():
    """A failing look at the type of lifecycles deletes nothing and crashes nothing."""
    rig = ImportedRig()
    leftover = rig.put(
        PEDIACLUSTERS, pediacluster_body(owners=[lifecycle_owner("mcp-one", "gone")])
    )
    rig.see()
    rig.propose(leftover, OWNERLESS)
    path = CUSTOM_RESOURCE_DEFINITIONS.path(name=f"{LIFECYCLES.resource}.{LIFECYCLES.group}")
    rig.rest.meet("GET", path, errors.InternalError(500, "InternalError", verb="get"))
    await rig.judge(OWNERLESS)

    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
    assert rig.blocks.get(OWNERLESS).reason == "LookFailed"


async def test_a_lifecycle_made_after_its_policy_went_becomes_a_candidate():
    """A creation that was under way when the policy went leaves nothing behind."""
    rig = ImportedRig()
    rig.imported()
    rig.drop(POLICIES, "mcp")
    rig.tracker.drop("mcp")
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.candidates.includes("mcp", "mcp-one")
