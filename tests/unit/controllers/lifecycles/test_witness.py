"""A lifecycle that is older than the CRD of its source becomes certain again (T05)."""

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.kube import errors
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, LIFECYCLES
from tests.fakes.controllers.importing import KEEPS_ALL
from tests.fakes.controllers.importobjects import CLUSTERS
from tests.fakes.controllers.reconcilers import LONG_AGO, LifecycleRig

pytestmark = pytest.mark.looptime

CRD = "clusters.cluster.mcp.io"
LATER = "2026-06-01T00:00:00Z"
TYPE = CUSTOM_RESOURCE_DEFINITIONS.path(name=CRD)
SOURCE = CLUSTERS.path(namespace="team", name="one")
ANNOTATION = "policy.clusterpedia.io/source-type"


class Reinstalled(LifecycleRig):
    """An imported source whose type was installed, by default after it had been imported."""

    def __init__(self, *, created=LATER):
        super().__init__()
        self.install(created=created)

    def install(self, *, created=LATER, uid="today"):
        """Install the type; its source is there."""
        body = {"metadata": {"name": CRD}}
        self.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=created, uid=uid)
        self.tracker.type_uids[CRD] = uid

    def told(self):
        """Return what the lifecycle says of the type, in its status and in its annotation."""
        obj = self.get(LIFECYCLES, "mcp-one")
        said = (obj.get("status") or {}).get("sourceTypeUID")
        return said, (obj["metadata"].get("annotations") or {}).get(ANNOTATION)


async def test_t05_a_source_seen_alive_names_the_crd_of_today():
    """It stands in the status, is found out once, and again when there is another CRD."""
    rig = Reinstalled()
    await rig.look()
    assert rig.told() == ("today", None)
    rig.see()
    reads = len(rig.rest.requests)
    await rig.look()
    assert [sent for sent in rig.rest.requests[reads:] if sent.path in {TYPE, SOURCE}] == []
    assert rig.rest.count("GET", TYPE) == 1

    rig.install(uid="tomorrow")
    await rig.look()
    assert rig.told() == ("tomorrow", None)


async def test_t05_on_clusterpedias_crds_an_annotation_keeps_it():
    """They drop the field of the status; the annotation is written once."""
    rig = Reinstalled()
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    await rig.look()
    assert rig.told()[1] == "today"
    rig.see()
    await rig.look()
    rig.see()
    writes = len(rig.rest.writes())
    await rig.look()
    assert len(rig.rest.writes()) == writes


async def test_t05_a_younger_lifecycle_needs_no_witness():
    """Nothing is written, and one read of the type is enough for all that have it."""
    rig = Reinstalled(created=LONG_AGO)
    for _ in range(3):
        await rig.look()
        rig.see()

    assert rig.told() == (None, None)
    assert rig.rest.count("GET", TYPE) == 1
    assert rig.rest.count("GET", SOURCE) == 0


async def test_t05_a_type_without_crd_costs_nothing():
    """Built-in and aggregated types are not looked at."""
    rig = Reinstalled()
    rig.tracker.type_uids.clear()
    await rig.look()

    assert rig.told() == (None, None)
    assert rig.rest.count("GET", TYPE) == 0


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (SOURCE, errors.NotFound(404, "NotFound", details_name="one")),
        (SOURCE, errors.Forbidden(403, "Forbidden")),
        (TYPE, errors.TransportError("connection reset")),
    ],
)
async def test_t05_what_only_a_cache_has_is_no_witness(path, error):
    """A source that the server does not show alive makes nothing certain; the import goes on."""
    rig = Reinstalled()
    rig.rest.meet("GET", path, error)
    await rig.look()

    assert rig.told() == (None, None)
    assert rig.ready() == "Imported"


async def test_t05_a_type_that_is_another_one_by_now_is_no_witness():
    """The cache of the CRDs is behind: what it has was not there when the source was seen."""
    rig = Reinstalled()
    rig.tracker.type_uids[CRD] = "yesterday"
    await rig.look()

    assert rig.told() == (None, None)
