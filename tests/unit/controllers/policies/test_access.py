"""What stands between a policy and what it reads, and for how long before that is told."""

import pytest

from clusterimport.controllers.policies.access import NOTHING_READ, access_of
from clusterimport.informers import InformerCrashed
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import CLUSTERS, LABELLED, REFERENCE

pytestmark = pytest.mark.looptime

DOWN = errors.ServiceUnavailable(503, "ServiceUnavailable", "away", verb="list")
FORBIDDEN = errors.Forbidden(403, "Forbidden", 'User "u" cannot list')


async def test_what_is_well_says_nothing():
    """Nor does a policy that reads nothing."""
    access = access_of(ImportRig().activate(), 100.0)

    assert access == NOTHING_READ == access_of(None, 100.0)
    assert access.problem == ""


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (errors.InternalError(500, "X", "conversion webhook failed"), "conversion webhook of"),
        (errors.InternalError(500, "X", "etcd"), "apiservice v1.cluster.mcp.io"),
        (DOWN, "apiservice v1.cluster.mcp.io"),
        (errors.Unauthorized(401, "Unauthorized"), "own credentials"),
        (errors.NotFound(404, "NotFound"), "does not serve the type"),
        (errors.TransportError("x", reason="TLSVerificationFailed"), "network"),
        (errors.Expired(410, "Expired"), "the controller's log"),
    ],
)
async def test_t20_every_cause_has_its_remedy(error, advice):
    """A minute after the failure began it is told, with where to look; not before."""
    rig = ImportRig()
    active = rig.activate()
    rig.sources().fail(error, since=10.0)
    young = access_of(active, 69.0)
    assert (young.unreadable, young.told_in_seconds) == ("", 1.0)
    assert not young.concerns_sources

    access = access_of(active, 70.0)
    assert access.unreadable.startswith(f"clusters.cluster.mcp.io cannot be read: {error}. ")
    assert advice in access.unreadable
    assert access.concerns_sources
    assert access.told_in_seconds is None


async def test_t20_a_crash_is_told_at_once():
    """It will not have gone in a minute, and the log has more."""
    rig = ImportRig()
    active = rig.activate()
    rig.sources().fail(InformerCrashed("at x.py:1"), since=10.0)

    assert "informer crashed" in access_of(active, 10.0).unreadable


async def test_t20_a_reference_is_named_by_its_key():
    """The sources themselves may still be read."""
    rig = ImportRig()
    active = rig.activate()
    rig.informers.of(SECRETS).fail(DOWN)
    access = access_of(active, 60.0)

    assert access.unreadable.startswith("secrets (reference auth) cannot be read: list: 503")
    assert "Look at what serves the type, the API server itself." in access.unreadable
    assert not access.concerns_sources


async def test_t23_missing_rights_are_told_together_and_at_once():
    """Sources and references in one sentence, a type that two references share once."""
    rig = ImportRig()
    active = rig.activate(references=[REFERENCE, REFERENCE | {"key": "other"}])
    rig.sources().fail(FORBIDDEN, since=10.0)
    rig.informers.of(SECRETS).fail(FORBIDDEN, since=10.0)
    access = access_of(active, 10.0)

    assert access.missing_rights.startswith(
        "listing clusters.cluster.mcp.io, secrets is forbidden, so nothing of it is changed"
    )
    assert access.missing_rights.count('"kind": "ClusterRole"') == 1
    assert access.unreadable == ""
    assert CLUSTERS.group in access.missing_rights


async def test_a_bad_request_is_the_selectors_fault_for_sources_alone():
    """References are listed without a policy's selectors."""
    rig = ImportRig()
    active = rig.activate()
    bad = errors.BadRequest(400, "BadRequest", "unable to parse")
    rig.sources().fail(bad)
    rig.informers.of(SECRETS).fail(bad)
    access = access_of(active, 0.0)

    assert "labelSelector or fieldSelector: 400 BadRequest: unable to parse" in (
        access.refused_selector
    )
    assert (access.unreadable, access.told_in_seconds) == ("", 60.0)


async def test_a_label_selector_that_the_server_refuses_is_the_policys():
    """The reference is named, and its selector as the server was told it."""
    rig = ImportRig()
    active = rig.activate(references=[LABELLED])
    rig.informers.of(SECRETS).fail(errors.BadRequest(400, "BadRequest", "unable to parse"))
    access = access_of(active, 0.0)

    assert access.refused_selector == (
        "the server refuses to list secrets with the labelSelector of spec.references[auth] "
        f"(of=mcp): {rig.informers.of(SECRETS).status.error}"
    )
