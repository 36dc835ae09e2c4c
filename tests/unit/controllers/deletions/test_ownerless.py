"""PediaClusters whose lifecycle is gone: the same certainty as for lifecycles."""

import pytest

from clusterimport.controllers.deletions.confirm import Confirmer
from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import Certainty
from clusterimport.controllers.deletions.settling import Settler
from clusterimport.kube import errors
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, LIFECYCLES, PEDIACLUSTERS
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import lifecycle_body, lifecycle_owner, pediacluster_body

pytestmark = pytest.mark.looptime

CRD = "pediaclusterlifecycles.policy.clusterpedia.io"
PATH = LIFECYCLES.path(name="mcp-one")
OLD = "2025-12-31T23:59:59Z"
YOUNG = "2026-01-01T00:00:01Z"
SAME = "clusters.cluster.mcp.io/team/one"
OTHER = "clusters.cluster.mcp.io/other/one"
FORBIDDEN = errors.Forbidden(403, "Forbidden")
NOT_FOUND = errors.NotFound(404, "NotFound", details_name="another")


async def ask(*, owners=None, created=OLD, lifecycle=False, error=None, crd_error=None, mark=""):
    """Judge a PediaCluster that has a lifecycle as its owner, unless said otherwise."""
    rig = ImportRig()
    owners = [lifecycle_owner("mcp-one", "u")] if owners is None else owners
    marks = {SOURCE_ANNOTATION: mark} if mark else {}
    obj = rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners), annotations=marks)
    if created:
        body = {"metadata": {"name": CRD}}
        rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=created)
    if lifecycle:
        rig.put(LIFECYCLES, lifecycle_body())
    if error:
        rig.rest.meet("GET", PATH, error)
    if crd_error:
        rig.rest.meet("GET", CUSTOM_RESOURCE_DEFINITIONS.path(name=CRD), crd_error)
    facts = Facts(rig.context)
    found = await Confirmer(rig.context, facts).confirm_ownerless(obj)
    return await Settler(rig.context, facts).settle(obj, found, since=found.missed_at)


@pytest.mark.parametrize(
    ("world", "certainty", "reason"),
    [
        ({}, Certainty.UNWANTED, "LifecycleGone"),
        ({"lifecycle": True}, Certainty.WANTED, "Wanted"),
        ({"lifecycle": True, "mark": SAME}, Certainty.WANTED, "Wanted"),
        ({"lifecycle": True, "mark": OTHER}, Certainty.UNWANTED, "LifecycleGone"),
        (
            {"lifecycle": True, "mark": OTHER, "created": YOUNG},
            Certainty.DOUBTFUL,
            "SourceTypeReinstalled",
        ),
        ({"owners": []}, Certainty.WANTED, "Wanted"),
        ({"owners": [lifecycle_owner("mcp-two", "u")]}, Certainty.WANTED, "Wanted"),
        ({"created": YOUNG}, Certainty.DOUBTFUL, "SourceTypeReinstalled"),
        ({"created": ""}, Certainty.DOUBTFUL, "SourceTypeReinstalled"),
        ({"error": errors.NotFound(404)}, Certainty.DOUBTFUL, "SourceTypeReinstalled"),
        ({"error": NOT_FOUND}, Certainty.DOUBTFUL, "SourceTypeReinstalled"),
        ({"error": FORBIDDEN}, Certainty.DOUBTFUL, "LookFailed"),
        ({"crd_error": FORBIDDEN}, Certainty.DOUBTFUL, "LookFailed"),
    ],
)
async def test_a_leftover_goes_only_if_its_lifecycle_is_certainly_gone(world, certainty, reason):
    """The lifecycle is looked at live, and so is the age of its type; every error is a doubt."""
    finding = await ask(**world)

    assert (finding.certainty, finding.reason) == (certainty, reason)


async def test_a_shut_gate_ends_the_look():
    """A lost lease is no finding."""
    with pytest.raises(errors.GateClosed):
        await ask(error=errors.GateClosed("shut"))
