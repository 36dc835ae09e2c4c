"""What a lifecycle says of its cluster's credentials: their end, and what had to be allowed."""

import pytest

from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict
from clusterimport.controllers.shared.health import EXPIRED, EXPIRING, NOTHING_EXPIRES
from tests.fakes.controllers.reporting import (
    HEALTHY,
    HELD,
    LATER,
    OVER,
    SLOW,
    SOON,
    ReportRig,
    expiring,
    using,
)

pytestmark = pytest.mark.looptime


async def test_a_credential_that_ends_has_a_condition_and_two_events():
    """When it ends soon and when it has ended; the condition goes when it was renewed."""
    rig = ReportRig()
    await rig.tell(expiring(NOTHING_EXPIRES))
    assert rig.condition(EXPIRING) == {}
    await rig.tell(expiring(SOON))
    told = rig.condition(EXPIRING)
    assert (told["status"], told["reason"]) == ("True", EXPIRING)
    assert (told["message"], told["observedGeneration"]) == (SOON.message, 1)
    assert rig.heard() == [("Warning", EXPIRING, SOON.message)]
    assert rig.ready()[0] == "True"
    await rig.tell(expiring(OVER))
    assert rig.condition(EXPIRING)["reason"] == EXPIRED
    assert rig.condition(EXPIRING)["lastTransitionTime"] == told["lastTransitionTime"]
    assert rig.heard() == [("Warning", EXPIRED, OVER.message)]
    await rig.tell(expiring(NOTHING_EXPIRES))

    assert rig.condition(EXPIRING) == {}
    assert rig.heard() == []


async def test_a_short_lived_token_that_is_renewed_makes_no_event():
    """Its moment in the condition is true; that it is one of those was told."""
    rig = ReportRig()
    await rig.tell(expiring(SOON))
    rig.told()
    await rig.tell(expiring(LATER))

    assert rig.condition(EXPIRING)["message"] == LATER.message
    assert rig.heard() == []


async def test_an_end_that_is_not_known_changes_nothing():
    """Before the credentials were read, what stands is the newest that is known."""
    rig = ReportRig()
    await rig.tell(expiring(SOON))
    rig.told()
    await rig.tell(HEALTHY)
    assert rig.condition(EXPIRING)["message"] == SOON.message
    assert rig.heard() == []
    fresh = ReportRig()
    await fresh.tell(HEALTHY)
    assert fresh.condition(EXPIRING) == {}


@pytest.mark.parametrize("is_by_policy", [True, False])
async def test_each_allowed_feature_has_a_condition(is_by_policy):
    """It says what the feature means and who allows it, makes no Event, and goes with its use."""
    rig = ReportRig(allowed=["InsecureTLS", "ProxyURL"] if is_by_policy else [])
    assert rig.condition("InsecureTLS") == {}
    await rig.tell(using("InsecureTLS", "ExecPlugin"))
    told = rig.condition("InsecureTLS")
    by = "AllowedByPolicy" if is_by_policy else "AllowedByInstallation"
    assert (told["status"], told["reason"], told["observedGeneration"]) == ("True", by, 1)
    assert "nobody verifies" in told["message"]
    place = "allowedCredentialFeatures of the policy" if is_by_policy else "flag"
    assert place in told["message"]
    assert rig.condition("ExecPlugin")["reason"] == "AllowedByInstallation"
    assert rig.condition("ProxyURL") == {}
    await rig.tell(HEALTHY)
    assert rig.condition("InsecureTLS") == told, "what is not known changes nothing"
    count = rig.count()
    await rig.tell(using("InsecureTLS", "ExecPlugin"))
    assert rig.count() == count
    await rig.tell(using("ProxyURL"))

    assert rig.condition("InsecureTLS") == rig.condition("ExecPlugin") == {}
    assert rig.condition("ProxyURL")["status"] == "True"
    assert rig.ready()[0] == "True"
    await rig.tell(using())
    assert rig.condition("ProxyURL") == {}
    assert rig.heard() == []


async def test_what_is_not_imported_any_more_uses_nothing():
    """A condition about credentials is one about a PediaCluster that stands."""
    rig = ReportRig(allowed=["InsecureTLS"])
    await rig.tell(using("InsecureTLS"))
    await rig.tell(verdict=ImportVerdict(exists=False, held=Held("NameConflict", "whose")))

    assert rig.condition("InsecureTLS") == {}


async def test_an_end_is_told_of_a_cluster_that_is_held_or_failing():
    """It may well be the reason; each has its own Event."""
    rig = ReportRig()
    await rig.tell(expiring(OVER, SLOW))
    assert {reason for _, reason, _ in rig.heard()} == {"Timeout", EXPIRED}
    held = ReportRig()
    await held.tell(expiring(SOON), HELD)
    assert held.condition(EXPIRING)["reason"] == EXPIRING
    assert EXPIRING in {reason for _, reason, _ in held.heard()}
    await held.tell(expiring(SOON))
    assert EXPIRING not in {reason for _, reason, _ in held.heard()}
