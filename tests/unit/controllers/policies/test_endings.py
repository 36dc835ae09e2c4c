"""A policy that is being deleted, or is gone."""

import asyncio

import pytest

from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.names import POLICY_FINALIZER
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    lifecycle_body,
    policy_body,
)
from tests.fakes.controllers.policies import IMPORTED, OBJECT, PolicyRig

pytestmark = pytest.mark.looptime

TEAM = DeletionKey("mcp", "namespace/team")


@pytest.mark.parametrize(
    ("finalizers", "left"),
    [
        ([POLICY_FINALIZER], None),
        (["a", POLICY_FINALIZER, "b"], ["a", "b"]),
        (["a"], ["a"]),
    ],
)
async def test_a_policy_that_is_being_deleted_is_let_go(finalizers, left):
    """Clusterpedia's finalizer is removed and no other; nothing else is written."""
    rig = PolicyRig()
    rig.put(POLICIES, policy_body(), finalizers=finalizers, deletionTimestamp="now")
    assert await rig.look() == DONE
    obj = rig.get(POLICIES, "mcp")

    assert (obj["metadata"]["finalizers"] if obj else None) == left
    expected = [("PATCH", OBJECT)] if POLICY_FINALIZER in finalizers else []
    assert rig.rest.writes() == expected


async def test_a_policy_that_went_in_between_is_let_go_too():
    """That the object is gone already is no failure; that it changed is one."""
    rig = PolicyRig()
    rig.put(POLICIES, policy_body(), finalizers=[POLICY_FINALIZER], deletionTimestamp="now")
    rig.rest.meet(
        "PATCH", OBJECT, errors.NotFound(404, "NotFound"), errors.Conflict(409, "Conflict")
    )

    assert await rig.look() == DONE
    with pytest.raises(errors.Conflict):
        await rig.look()


async def test_a_policy_that_is_gone_leaves_candidates():
    """Its lifecycles become candidates, its metrics and sums are forgotten; nothing is deleted."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    obj = rig.put(LIFECYCLES, lifecycle_body())
    rig.put(LIFECYCLES, lifecycle_body("other"), ownerReferences=[])
    rig.drop(POLICIES, "mcp")
    assert await rig.look() == DONE
    (candidate,) = rig.context.candidates.of(TEAM)

    assert candidate == Candidate.of(obj, None)
    assert rig.context.tally.of("mcp").selected == 0
    assert rig.metrics.counts["forgot mcp"] == 1
    assert rig.health_metrics.counts == {"forgot policy mcp": 1}
    assert rig.rest.writes() == []
    assert drain(rig.queues.deletions) == []
    await asyncio.sleep(2.1)
    assert drain(rig.queues.deletions) == [TEAM]
