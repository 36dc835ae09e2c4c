"""PediaClusters that are left over, and whose lifecycle may have them."""

import pytest

from clusterimport.controllers.queues import OWNERLESS
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import (
    ORPHANED,
    lifecycle_owner,
    secret_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

OBJECT = PEDIACLUSTERS.path(name="mcp-one")
NEW = base64_of("new")

THEIRS = "clusters.cluster.mcp.io/other/one"

OURS = "clusters.cluster.mcp.io/team/one"

CREATED = {
    "type": "Created",
    "status": "True",
    "reason": "PediaClusterCreated",
    "lastTransitionTime": "2026-01-01T00:00:05Z",
}


def unowned(**annotations):
    """Return the metadata of a PediaCluster without owner."""
    marks = {f"policy.clusterpedia.io/{name}": value for name, value in annotations.items()}
    return {"ownerReferences": [], "annotations": marks}


@pytest.mark.parametrize(
    ("annotations", "ready"),
    [
        ({"lifecycle": "mcp-one", "source": OURS}, "Imported"),
        ({"lifecycle": "mcp-one", "source": THEIRS}, "NameConflict"),
        ({"lifecycle": "mcp-one"}, "NameConflict"),
        ({"lifecycle": "mcp-one", "source": THEIRS, "adopt": "mcp"}, "Imported"),
        ({"lifecycle": "mcp-one", "adopt": "mcp"}, "Imported"),
    ],
)
async def test_t56_an_orphan_goes_back_to_its_source_alone(annotations, ready):
    """Another source that is called the same does not take it over, unless a person says so."""
    rig = LifecycleRig(policy={"deletionPolicy": "Orphan"})
    before = rig.exists(owners=[], **unowned(**annotations))
    rig.put(SECRETS, secret_body(token="new"))
    await rig.look()
    after = rig.get(PEDIACLUSTERS, "mcp-one")

    assert rig.ready() == ready
    if ready == "NameConflict":
        assert after == before
        message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]
        assert (f"of source {THEIRS}" in message) is (annotations.get("source") == THEIRS)
    else:
        assert after["spec"]["tokenData"] == NEW
        assert after["metadata"]["annotations"][SOURCE_ANNOTATION] == OURS


async def test_t56_an_orphan_of_before_is_marked_once_its_lifecycle_says_so():
    """One whose mark does not name its source is known by ``Created=True`` alone."""
    rig = LifecycleRig(policy={"deletionPolicy": "Orphan"})
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    rig.exists(owners=[], **unowned(lifecycle="mcp-one"))
    await rig.look()
    assert rig.rest.count("PATCH", OBJECT) == 1
    rig.see()
    await rig.look()

    assert rig.rest.count("PATCH", OBJECT) == 1
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["annotations"] == ORPHANED


@pytest.mark.parametrize(("source", "is_proposed"), [(THEIRS, True), (OURS, False), ("", False)])
async def test_t56_what_another_source_left_over_is_not_taken_over(source, is_proposed):
    """Its lifecycle is gone and another source's has the name: it goes, and is made anew."""
    rig = LifecycleRig()
    marks = {SOURCE_ANNOTATION: source} if source else {}
    before = rig.exists(owners=[lifecycle_owner("mcp-one", "older")], annotations=marks)
    await rig.look()
    after = rig.get(PEDIACLUSTERS, "mcp-one")
    proposed = [each.name for each in rig.context.candidates.of_policy(OWNERLESS)]

    assert rig.ready() == ("NameConflict" if is_proposed else "Imported")
    assert (after == before) is is_proposed
    assert proposed == (["mcp-one"] if is_proposed else [])
    rig.put(PEDIACLUSTERS, before, annotations={SOURCE_ANNOTATION: OURS})
    rig.see()
    await rig.look()
    assert rig.context.candidates.of_policy(OWNERLESS) == ()


@pytest.mark.parametrize(
    ("made", "is_lost", "ready"),
    [
        ("2026-01-01T00:00:05Z", False, "Imported"),
        ("2026-01-01T00:00:06Z", False, "NameConflict"),
        ("2026-01-01T00:00:05Z", True, "NameConflict"),
    ],
)
async def test_t56_what_was_made_by_hand_after_ours_was_deleted_is_a_strangers(
    made, is_lost, ready
):
    """An unmarked PediaCluster is ours by our word of before only if it was there by then."""
    rig = LifecycleRig()
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    before = rig.exists(owners=[], creationTimestamp=made)
    if is_lost:
        rig.newest.lost.add("mcp-one")
    await rig.look()

    assert rig.ready() == ready
    assert (rig.get(PEDIACLUSTERS, "mcp-one") == before) is (ready == "NameConflict")
    created = condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"]
    assert created == ("False" if ready == "NameConflict" else "True")


async def test_t56_a_lifecycle_made_again_speaks_for_itself():
    """What was lost by one lifecycle of a name says nothing about the next."""
    rig = LifecycleRig()
    rig.newest.lost.add("mcp-one")
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see()
    await rig.look()
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": {"conditions": [CREATED]}})
    rig.exists(owners=[])
    await rig.look()

    assert rig.ready() == "Imported"
