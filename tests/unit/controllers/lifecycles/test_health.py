"""The health of a cluster in the status of its lifecycle, in the sums, and in Events."""

import asyncio
import dataclasses

import pytest

from clusterimport.controllers.lifecycles.report import Reporter
from clusterimport.controllers.lifecycles.verdict import Held, Verdict
from clusterimport.controllers.pediaclusters.expiring import (
    EXPIRED,
    EXPIRING,
    NOTHING_EXPIRES,
    ExpiryNotice,
)
from clusterimport.controllers.pediaclusters.health import (
    PENDING,
    UNWATCHED,
    Health,
    HealthBoard,
    HealthState,
)
from clusterimport.controllers.pediaclusters.notes import NOTHING_TO_NOTE
from clusterimport.controllers.tally import Standing, State
from clusterimport.model.conditions import MAX_MESSAGE_BYTES
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.policy import CredentialFeature
from tests.fakes.importing import ONE, ImportRig, condition, drain
from tests.fakes.importobjects import CLUSTERS, lifecycle_body, source_body
from tests.fakes.reconcilers import LifecycleRig

pytestmark = pytest.mark.looptime

CREATED = Verdict(exists=True, created_reason="PediaClusterCreated")
HELD = Verdict(exists=True, held=Held("IncompleteCredentials", "no token"))
HEALTHY = Health(HealthState.HEALTHY, "Reachable", "it answers")
SLOW = Health(HealthState.UNHEALTHY, "Timeout", "look at the firewall")
WRONG = Health(HealthState.UNHEALTHY, "Unauthorized", "renew it")
PROXIED = Health(HealthState.UNWATCHED, message="it is behind a proxy")
SOON = ExpiryNotice(EXPIRING, "the token expires tomorrow; renew it")
LATER = ExpiryNotice(EXPIRING, "the token expires in three days; renew it")
OVER = ExpiryNotice(EXPIRED, "the token expired yesterday; renew it")


class Rig(ImportRig):
    """An imported source, whose health is what a test says, and the reporter."""

    def __init__(self, allowed=()):
        super().__init__()
        self.active = self.activate()
        self.put(CLUSTERS, source_body())
        body = lifecycle_body(policy_uid=self.active.record.uid)
        if allowed:
            body["spec"]["allowedCredentialFeatures"] = list(allowed)
        self.put(LIFECYCLES, body)
        self.see()
        self.restart()

    def restart(self):
        """Go on as the next leader, who has asked nobody yet."""
        board = HealthBoard(self.queues.lifecycles.add, unknown=lambda _: PENDING)
        self.context = dataclasses.replace(self.context, health=board)
        self.context.tally.forget("mcp")
        self.subject = Reporter(self.context)

    async def tell(self, health=None, verdict=CREATED):
        """Report a look, after a verdict on the cluster if there is a new one."""
        if health is not None:
            self.context.health.set("mcp-one", health)
        self.see(LIFECYCLES)
        obj = self.context.lifecycle("mcp-one")
        await self.subject.tell(obj, parse_lifecycle(obj), verdict, [])

    def condition(self, kind="Ready"):
        return condition(self.get(LIFECYCLES, "mcp-one"), kind)

    def ready(self):
        told = self.condition()
        return told.get("status"), told.get("reason"), told.get("message")

    def standing(self):
        return self.context.tally.find("mcp", ONE)

    def heard(self):
        return [(event["type"], event["reason"], event["note"]) for event in self.told()]

    def count(self):
        return len(self.rest.writes())


def expiring(notice, health=HEALTHY):
    return dataclasses.replace(health, notes=NOTHING_TO_NOTE._replace(expiry=notice))


def using(*features):
    notes = NOTHING_TO_NOTE._replace(features=frozenset(map(CredentialFeature, features)))
    return dataclasses.replace(HEALTHY, notes=notes)


async def test_ready_is_unknown_until_the_cluster_was_asked():
    """Imported counts already; then the answer, with its fine reason: two writes in all."""
    rig = Rig()
    await rig.tell()
    assert rig.ready()[:2] == ("Unknown", "Probing")
    assert "being found out" in rig.ready()[2]
    assert rig.standing() == Standing(State.IMPORTED)
    await rig.tell(HEALTHY)
    assert rig.ready() == ("True", "Reachable", "it answers")
    assert rig.standing() == Standing(State.IMPORTED)
    assert rig.count() == 2
    assert rig.heard() == []


@pytest.mark.parametrize(
    ("health", "ready", "standing"),
    [
        (HEALTHY, ("True", "Reachable", "it answers"), Standing(State.IMPORTED)),
        (
            SLOW,
            ("False", "Timeout", "look at the firewall"),
            Standing(State.UNREACHABLE, "Timeout", "look at the firewall"),
        ),
        (UNWATCHED, ("True", "Imported", ""), Standing(State.IMPORTED)),
        (PROXIED, ("True", "Imported", "it is behind a proxy"), Standing(State.IMPORTED)),
    ],
)
async def test_every_health_has_its_condition_and_its_standing(health, ready, standing):
    """Told once; Created and Updating do not depend on it."""
    rig = Rig()
    for _ in range(2):
        await rig.tell(health)

    assert rig.ready() == ready
    assert rig.standing() == standing
    assert rig.condition("Created")["reason"] == "PediaClusterCreated"
    assert rig.condition("Updating")["reason"] == "PediaClusterUpdated"
    assert rig.condition()["observedGeneration"] == 1
    assert rig.count() == 1


@pytest.mark.parametrize("health", [HEALTHY, SLOW, PROXIED, expiring(SOON), expiring(OVER, SLOW)])
async def test_the_next_leader_keeps_what_stands(health):
    """Until a probe says otherwise: no write, no Event, and the sums are what they were."""
    rig = Rig()
    await rig.tell(health)
    standing, written = rig.standing(), rig.count()
    rig.told()
    await asyncio.sleep(60)
    rig.restart()
    await rig.tell()
    assert rig.standing() == standing
    await rig.tell(health)

    assert rig.standing() == standing
    assert rig.count() == written
    assert rig.heard() == []


async def test_what_never_had_a_summary_gets_one():
    """A lifecycle of Clusterpedia's has no ``Ready``, and is waited for."""
    rig = Rig()
    await rig.tell(HEALTHY)
    obj = rig.get(LIFECYCLES, "mcp-one")
    told = [each for each in obj["status"]["conditions"] if each["type"] != "Ready"]
    rig.put(LIFECYCLES, obj | {"status": obj["status"] | {"conditions": told}})
    rig.restart()
    await rig.tell()

    assert rig.ready()[:2] == ("Unknown", "Probing")


async def test_what_was_held_is_unknown_again():
    """Its ``Ready`` told of the import, and not of the cluster."""
    rig = Rig()
    await rig.tell(HEALTHY)
    await rig.tell(verdict=HELD)
    assert rig.ready() == ("False", "IncompleteCredentials", "no token")
    assert rig.standing().state is State.FAILED
    rig.restart()
    await rig.tell()
    assert rig.ready()[:2] == ("Unknown", "Probing")
    assert rig.standing() == Standing(State.IMPORTED)


async def test_what_holds_an_import_is_told_before_its_health():
    """A cluster that fails is no reason not to say why it is not kept up to date."""
    rig = Rig()
    await rig.tell(SLOW, HELD)
    assert rig.ready()[1] == "IncompleteCredentials"
    absent = Rig()
    await absent.tell(expiring(SOON, SLOW), Verdict(exists=False, held=HELD.held))
    assert absent.ready()[1] == "IncompleteCredentials"
    assert absent.condition(EXPIRING) == {}


async def test_an_observed_cluster_has_its_health_too():
    """What would be written is told with it, as long as it does well."""
    rig = Rig()
    verdict = Verdict(exists=True, created_reason="PediaClusterExisted", observed="would change x")
    await rig.tell(HEALTHY, verdict)
    assert rig.ready() == ("True", "Reachable", "would change x")
    await rig.tell(SLOW, verdict)
    assert rig.ready() == ("False", "Timeout", "look at the firewall")
    nothing = Verdict(exists=False, observed="would create the PediaCluster")
    await rig.tell(SLOW, nothing)
    assert rig.ready()[1] == "Observed"
    assert rig.standing() == Standing(State.WAITING, "Observed")


async def test_a_failing_cluster_makes_one_event_for_each_reason():
    """On the lifecycle, not on the source; another message of the same reason makes none."""
    rig = Rig()
    await rig.tell(SLOW)
    assert rig.heard() == [("Warning", "Timeout", "look at the firewall")]
    await rig.tell(SLOW)
    await rig.tell(dataclasses.replace(SLOW, message="look at the cable"))
    assert rig.heard() == []
    assert rig.ready()[2] == "look at the cable"
    await rig.tell(WRONG)
    assert rig.heard() == [("Warning", "Unauthorized", "renew it")]
    await rig.tell(HEALTHY)
    assert rig.heard() == [("Normal", "Reachable", "PediaCluster mcp-one is imported")]
    await rig.tell(HEALTHY)
    assert rig.heard() == []
    await rig.tell(WRONG)
    assert rig.heard() == [("Warning", "Unauthorized", "renew it")]
    assert rig.metrics.counts == {}, "the source is not rejected"


async def test_a_status_with_the_reason_of_its_opposite_is_a_change():
    """The same word may be used for both, as clustersynchro-manager's."""
    rig = Rig()
    await rig.tell(Health(HealthState.HEALTHY, "Ready", "m"))
    await rig.tell(Health(HealthState.UNHEALTHY, "Ready", "m"))

    assert rig.heard() == [("Warning", "Ready", "m")]


async def test_the_end_of_a_hold_is_told_before_the_cluster_was_asked():
    """Imported is what is known then; the answer is the success that makes no Event."""
    rig = Rig()
    await rig.tell(verdict=HELD)
    rig.told()
    await rig.tell()
    assert rig.heard() == [("Normal", "Imported", "PediaCluster mcp-one is imported")]
    await rig.tell(HEALTHY)
    assert rig.heard() == []


async def test_a_credential_that_ends_has_a_condition_and_two_events():
    """When it ends soon and when it has ended; the condition goes when it was renewed."""
    rig = Rig()
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
    rig = Rig()
    await rig.tell(expiring(SOON))
    rig.told()
    await rig.tell(expiring(LATER))

    assert rig.condition(EXPIRING)["message"] == LATER.message
    assert rig.heard() == []


async def test_an_end_that_is_not_known_changes_nothing():
    """Before the credentials were read, what stands is the newest that is known."""
    rig = Rig()
    await rig.tell(expiring(SOON))
    rig.told()
    await rig.tell(HEALTHY)
    assert rig.condition(EXPIRING)["message"] == SOON.message
    assert rig.heard() == []
    fresh = Rig()
    await fresh.tell(HEALTHY)
    assert fresh.condition(EXPIRING) == {}


@pytest.mark.parametrize("is_by_policy", [True, False])
async def test_each_allowed_feature_has_a_condition(is_by_policy):
    """It says what the feature means and who allows it, makes no Event, and goes with its use."""
    rig = Rig(allowed=["InsecureTLS", "ProxyURL"] if is_by_policy else [])
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
    rig = Rig(allowed=["InsecureTLS"])
    await rig.tell(using("InsecureTLS"))
    await rig.tell(verdict=Verdict(exists=False, held=Held("NameConflict", "whose")))

    assert rig.condition("InsecureTLS") == {}


async def test_an_end_is_told_of_a_cluster_that_is_held_or_failing():
    """It may well be the reason; each has its own Event."""
    rig = Rig()
    await rig.tell(expiring(OVER, SLOW))
    assert {reason for _, reason, _ in rig.heard()} == {"Timeout", EXPIRED}
    held = Rig()
    await held.tell(expiring(SOON), HELD)
    assert held.condition(EXPIRING)["reason"] == EXPIRING
    assert EXPIRING in {reason for _, reason, _ in held.heard()}
    await held.tell(expiring(SOON))
    assert EXPIRING not in {reason for _, reason, _ in held.heard()}


async def test_a_long_message_is_cut_and_written_once():
    """What the schema takes, and no difference to itself."""
    rig = Rig()
    await rig.tell(dataclasses.replace(SLOW, message="x" * 2 * MAX_MESSAGE_BYTES))
    assert len(rig.ready()[2].encode()) <= MAX_MESSAGE_BYTES
    await rig.tell()
    assert rig.count() == 1


async def test_a_new_verdict_lets_the_lifecycle_be_looked_at():
    """The whole way, from the board to the status."""
    rig = LifecycleRig()
    await rig.look()
    assert rig.ready() == "Imported"
    drain(rig.queues.lifecycles)
    rig.context.health.set("mcp-one", SLOW)
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    rig.see()
    await rig.look()

    assert rig.ready() == "Timeout"
