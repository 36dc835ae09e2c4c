"""Is a deletion certain? Whether the source is there, as tables of what the server says."""

import pytest

from clusterimport.controllers.deletions.findings import Certainty
from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    SECRETS,
)
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importing import KEEPS_ALL, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
)
from tests.fakes.controllers.reconcilers import KEY, ConfirmRig
from tests.fakes.controllers.reconcilers import LONG_AGO as EARLIER

pytestmark = pytest.mark.looptime

SAME = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:00:01Z"
CRD = "clusters.cluster.mcp.io"
SOURCE = CLUSTERS.path(namespace="team", name="one")
FORBIDDEN = errors.Forbidden(403, "Forbidden")
REINSTALLED = ("doubtful", "SourceTypeReinstalled")
SELECTORLESS = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
MANAGED = "kube-aggregator.kubernetes.io/automanaged"


async def test_a_source_that_is_there_is_wanted():
    """A live source that is selected under this name keeps its lifecycle."""
    assert await ConfirmRig().verdict() == ("wanted", "Wanted")


async def test_a_source_that_is_gone_is_certain():
    """NotFound of the object itself, whose type is older than the lifecycle, is a plain yes."""
    rig = ConfirmRig()
    rig.gone()
    finding = await rig.ask()

    assert (finding.certainty, finding.reason) == (Certainty.UNWANTED, "SourceGone")
    assert finding.is_counted
    assert not finding.is_releasable


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound(404),
        errors.NotFound(404, "NotFound"),
        errors.NotFound(404, "NotFound", details_name="another"),
        errors.NotFound(404, "Other", details_name="one"),
    ],
    ids=["no status", "no name", "another name", "another reason"],
)
async def test_another_not_found_is_a_doubt(error):
    """A 404 that does not name the object says nothing about it."""
    rig = ConfirmRig()
    rig.gone()
    rig.rest.meet("GET", SOURCE, error)

    assert await rig.verdict() == REINSTALLED


async def test_a_type_that_is_not_served_is_a_doubt():
    """An uninstalled CRD is no absence of sources."""
    rig = ConfirmRig()
    rig.store.types.pop(CLUSTERS)

    assert await rig.verdict() == REINSTALLED


@pytest.mark.parametrize(
    "error",
    [
        FORBIDDEN,
        errors.Unauthorized(401, "Unauthorized"),
        errors.InternalError(500, "InternalError"),
        errors.TooManyRequests(429, "TooManyRequests"),
        errors.TransportError("connection refused"),
    ],
)
@pytest.mark.parametrize("path", [SOURCE, CUSTOM_RESOURCE_DEFINITIONS.path(name=CRD)])
async def test_every_failure_of_the_server_is_a_doubt(error, path):
    """403, 5xx and no answer delete nothing, whatever was asked."""
    rig = ConfirmRig()
    rig.gone()
    rig.rest.meet("GET", path, error)
    finding = await rig.ask()

    assert (finding.certainty, finding.reason) == (Certainty.DOUBTFUL, "LookFailed")
    named = (
        "clusters.cluster.mcp.io/team/one" if path == SOURCE else f"CustomResourceDefinition {CRD}"
    )
    assert named in finding.message
    assert not finding.is_releasable


async def test_a_shut_gate_ends_the_look():
    """A lost lease is no finding."""
    rig = ConfirmRig()
    rig.rest.meet("GET", SOURCE, errors.GateClosed("shut"))
    with pytest.raises(errors.GateClosed):
        await rig.ask()


@pytest.mark.parametrize(
    ("created", "metadata", "expected", "is_releasable"),
    [
        (EARLIER, {}, ("unwanted", "SourceGone"), False),
        (SAME, {}, REINSTALLED, True),
        (LATER, {}, REINSTALLED, True),
        (EARLIER, {"deletionTimestamp": LATER}, REINSTALLED, False),
        (LATER, {"deletionTimestamp": LATER}, REINSTALLED, False),
    ],
)
async def test_the_crd_has_to_be_older_and_to_stay(created, metadata, expected, is_releasable):
    """One that is going, or is not older than the lifecycle, may bring its objects back."""
    rig = ConfirmRig()
    rig.gone()
    rig.crd(CLUSTERS, created, **metadata)
    finding = await rig.ask()

    assert (str(finding.certainty), finding.reason) == expected
    assert finding.is_releasable is is_releasable
    assert CRD in finding.message or expected[0] == "unwanted"


@pytest.mark.parametrize(
    ("seen", "annotated", "keeps_status", "expected"),
    [
        ("today", "", True, ("unwanted", "SourceGone")),
        ("", "today", False, ("unwanted", "SourceGone")),
        ("yesterday", "", True, REINSTALLED),
        ("", "today", True, REINSTALLED),
        ("", "", True, REINSTALLED),
    ],
)
async def test_t05_a_source_that_was_seen_under_the_crd_of_today_is_certain(
    seen, annotated, keeps_status, expected
):
    """However old the lifecycle is; an annotation counts only where no status can tell."""
    rig = ConfirmRig()
    rig.gone()
    rig.crd(CLUSTERS, LATER, uid="today")
    rig.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL if keeps_status else {})
    body = rig.obj | {"status": {"sourceTypeUID": seen}} if seen else rig.obj
    notes = {"annotations": {"policy.clusterpedia.io/source-type": annotated}} if annotated else {}
    rig.obj = rig.put(LIFECYCLES, body, **notes)

    assert await rig.verdict() == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (None, REINSTALLED),
        ({"labels": {MANAGED: "true"}}, REINSTALLED),
        ({"labels": {MANAGED: "onstart"}}, ("unwanted", "SourceGone")),
        ({"labels": {}}, ("unwanted", "SourceGone")),
        (
            {"labels": {MANAGED: "true"}, "spec": {"service": {"name": "x"}}},
            ("unwanted", "SourceGone"),
        ),
    ],
    ids=["gone with its CRD", "made of CRDs", "built in", "somebody's", "served by a service"],
)
async def test_a_type_without_a_crd_is_certain_if_it_is_built_in(service, expected):
    """The APIService tells a built-in or aggregated type from one whose CRD is gone."""
    rig = ConfirmRig()
    rig.gone()
    rig.drop(CUSTOM_RESOURCE_DEFINITIONS, CRD)
    if service is not None:
        body = {"metadata": {"name": "v1.cluster.mcp.io"}, "spec": service.get("spec")}
        rig.put(API_SERVICES, body, labels=service["labels"])

    assert await rig.verdict() == expected


async def test_the_core_group_is_always_there():
    """A source of the core group has neither CRD nor APIService to ask."""
    source = {"group": "", "version": "v1", "resource": "secrets", "namespace": "team", "name": "x"}
    rig = ConfirmRig()
    rig.active = rig.activate(source={"group": "", "resource": "secrets"})
    owner = policy_owner(uid=rig.active.record.uid)
    body = lifecycle_body("mcp-x", source=source)
    rig.obj = rig.put(LIFECYCLES, body, ownerReferences=[owner])

    assert await rig.verdict() == ("unwanted", "SourceGone")
    assert rig.rest.count("GET", SECRETS.path(namespace="team", name="x")) == 1


WITNESS = {"source": "clusters.cluster.mcp.io/team/one"}


@pytest.mark.parametrize("change", [{"name": "gone"}, {"resource": "machines"}, {"group": "x.io"}])
@pytest.mark.parametrize("by_mark", [True, False])
async def test_t54_a_forged_source_deletes_nothing(change, by_mark):
    """The source that the status, or the mark on the PediaCluster, names is looked at."""
    rig = ConfirmRig()
    forged = rig.obj["spec"]["source"] | change
    body = rig.obj | {"spec": rig.obj["spec"] | {"source": forged}}
    rig.obj = rig.put(LIFECYCLES, body if by_mark else body | {"status": WITNESS})
    owner = lifecycle_owner("mcp-one", rig.obj["metadata"]["uid"])
    marks = {SOURCE_ANNOTATION: WITNESS["source"]} if by_mark else {}
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=[owner]), annotations=marks)
    rig.see()
    assert await rig.verdict() == ("wanted", "Wanted")
    rig.gone()
    assert await rig.verdict() == ("unwanted", "SourceGone")


@pytest.mark.parametrize(
    ("why", "verdict"),
    [
        ("", ("wanted", "Wanted")),
        ("no witness", ("unwanted", "Renamed")),
        ("observed", ("unwanted", "Renamed")),
        ("blocked", ("unwanted", "Renamed")),
        ("another name", ("unwanted", "Renamed")),
        ("cannot be said", ("unwanted", "Renamed")),
    ],
)
async def test_t54_a_lifecycle_given_to_another_policy_is_not_deleted(why, verdict):
    """The policy that makes it for its source is told, and takes it back."""
    rig = ConfirmRig()
    other = rig.activate("other", see=False, nameTemplate="other-{{ .source.metadata.name }}")
    if why == "another name":
        rig.activate(nameTemplate="new-{{ .source.metadata.name }}")
    elif why == "cannot be said":
        rig.activate(nameTemplate='{{ fail "no" }}')
    elif why == "blocked":
        rig.block(Blocker("X", "m"))
    status = {} if why == "no witness" else dict(WITNESS)
    if why == "observed":
        status["conditions"] = [{"type": "Observed", "status": "True"}]
    owners = [policy_owner("other", other.record.uid)]
    rig.obj = rig.put(LIFECYCLES, rig.obj | {"status": status}, ownerReferences=owners)
    rig.see()

    assert await rig.verdict() == verdict
    assert (KEY in drain(rig.queues.sources)) is (verdict[0] == "wanted")
