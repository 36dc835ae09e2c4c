"""Lifecycles that go, and PediaClusters whose lifecycle has gone."""

import pytest

from clusterimport.controllers.queues import OWNERLESS
from clusterimport.controllers.result import DONE
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from clusterimport.model.names import LIFECYCLE_FINALIZER
from tests.fakes.controllers.importobjects import (
    lifecycle_owner,
)
from tests.fakes.controllers.reconcilers import LifecycleRig

pytestmark = pytest.mark.looptime

LIFECYCLE = LIFECYCLES.path(name="mcp-one")


@pytest.mark.parametrize(
    ("finalizers", "left"),
    [([LIFECYCLE_FINALIZER], None), (["a", LIFECYCLE_FINALIZER], ["a"]), (["a"], ["a"])],
)
async def test_a_lifecycle_that_is_being_deleted_is_let_go(finalizers, left):
    """Clusterpedia's finalizer is removed and no other; nothing is imported."""
    rig = LifecycleRig(metadata={"finalizers": finalizers, "deletionTimestamp": "now"})
    assert await rig.look() == DONE
    obj = rig.get(LIFECYCLES, "mcp-one")

    assert (obj["metadata"]["finalizers"] if obj else None) == left
    expected = [("PATCH", LIFECYCLE)] if LIFECYCLE_FINALIZER in finalizers else []
    assert rig.rest.writes() == expected


async def test_a_lifecycle_that_went_meanwhile_needs_no_finalizer_removed():
    """NotFound is no failure there, a conflict is one."""
    rig = LifecycleRig(metadata={"finalizers": [LIFECYCLE_FINALIZER], "deletionTimestamp": "now"})
    rig.rest.meet(
        "PATCH", LIFECYCLE, errors.NotFound(404, "NotFound"), errors.Conflict(409, "Conflict")
    )

    assert await rig.look() == DONE
    with pytest.raises(errors.Conflict):
        await rig.look()


@pytest.mark.parametrize(
    ("owners", "metadata", "proposed"),
    [
        ([lifecycle_owner("mcp-one", "u")], {}, True),
        ([lifecycle_owner("another", "u")], {}, False),
        ([], {}, False),
        ([lifecycle_owner("mcp-one", "u")], {"deletionTimestamp": "now"}, False),
    ],
)
async def test_a_pediacluster_without_its_lifecycle_is_a_candidate(owners, metadata, proposed):
    """It is proposed for a live look, and forgotten when it is gone or has a lifecycle again."""
    rig = LifecycleRig()
    rig.exists(owners=owners, **metadata)
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see()
    assert await rig.look() == DONE
    assert rig.context.candidates.includes(OWNERLESS, "mcp-one") is proposed
    assert rig.rest.requests == []

    rig.drop(PEDIACLUSTERS, "mcp-one")
    rig.see()
    await rig.look()
    assert not rig.context.candidates.includes(OWNERLESS, "mcp-one")


async def test_a_lifecycle_made_again_withdraws_its_pediacluster():
    """With a lifecycle of its name a PediaCluster is no leftover."""
    rig = LifecycleRig()
    rig.propose(rig.exists(), OWNERLESS)
    await rig.look()

    assert rig.context.candidates.of_policy(OWNERLESS) == ()


async def test_t08_a_lifecycle_whose_policy_is_gone_asks_to_go():
    """It may have been made while that went, and nobody else would look at it again."""
    rig = LifecycleRig()
    rig.drop(POLICIES, "mcp")
    rig.see()
    rig.tracker.drop("mcp")
    await rig.look()

    assert [each.name for each in rig.context.candidates.of_policy("mcp")] == ["mcp-one"]
