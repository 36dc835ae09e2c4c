"""The lifecycle and the policy that a PediaCluster was made by."""

import pytest

from clusterimport.controllers.pediaclusters.credentials import lifecycle_of, policy_name_of
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.names import LIFECYCLE_ANNOTATION, SOURCE_ANNOTATION
from tests.fakes.controllers.importobjects import lifecycle_owner
from tests.fakes.controllers.pediaclusters import ONE, PediaRig

SAME = "clusters.cluster.mcp.io/team/one"
OTHER = "clusters.cluster.mcp.io/other/one"
pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("owners", "annotations", "is_marked"),
    [
        ([lifecycle_owner(ONE, "u")], {}, True),
        ([], {LIFECYCLE_ANNOTATION: ONE}, True),
        ([lifecycle_owner("another", "u")], {}, False),
        ([lifecycle_owner(ONE, "u") | {"kind": "Job"}], {}, False),
        ([], {LIFECYCLE_ANNOTATION: "another"}, False),
        ([], {}, False),
        ([lifecycle_owner(ONE, "u")], {SOURCE_ANNOTATION: SAME}, True),
        ([lifecycle_owner(ONE, "u")], {SOURCE_ANNOTATION: OTHER}, False),
        ([], {LIFECYCLE_ANNOTATION: ONE, SOURCE_ANNOTATION: SAME}, True),
        ([], {LIFECYCLE_ANNOTATION: ONE, SOURCE_ANNOTATION: OTHER}, False),
        ([], {SOURCE_ANNOTATION: SAME}, False),
    ],
)
async def test_the_mark_tells_whose_it_is(owners, annotations, is_marked):
    """An owner reference or the annotation, if of the same source; the name alone does not."""
    rig = PediaRig()
    rig.imported()
    obj = rig.pediacluster(metadata={"ownerReferences": owners, "annotations": annotations})
    found = lifecycle_of(rig.context, obj)

    assert (found is not None) is is_marked
    assert policy_name_of(rig.context, obj) == ("mcp" if is_marked else "")


async def test_what_is_gone_owns_nothing():
    """Neither a lifecycle nor a policy that is gone; one without a policy has no name."""
    rig = PediaRig()
    obj = rig.imported()
    rig.drop(POLICIES, "mcp")
    rig.see()
    assert lifecycle_of(rig.context, obj) is not None
    assert policy_name_of(rig.context, obj) == ""

    orphan = PediaRig()
    obj = orphan.imported()
    orphan.put(LIFECYCLES, orphan.get(LIFECYCLES, ONE), ownerReferences=[])
    orphan.see()
    assert policy_name_of(orphan.context, obj) == ""
    orphan.drop(LIFECYCLES, ONE)
    orphan.see()
    assert lifecycle_of(orphan.context, obj) is None
