"""The status of a policy, branch by branch."""

import dataclasses

import pytest

from clusterimport.controllers.deletions.blocks import Block
from clusterimport.controllers.policies.state import Blocker
from clusterimport.controllers.policies.status import RECONCILING, Observation, build_status
from clusterimport.controllers.tally import PENDING, Standing, State, Tally
from clusterimport.informers import InformerCrashed, InformerStatus
from clusterimport.kube import errors
from clusterimport.model.conditions import find
from clusterimport.model.keys import ObjectKey
from tests.fakes.importing import ImportRig, condition

pytestmark = pytest.mark.looptime

NOW = "2026-01-02T03:04:05Z"
INVALID = Blocker("InvalidPolicy", "spec.nameTemplate: is required")
UNSERVED = Blocker("FailedNegotiateSourceResource", "the server has no such type")
SHOWN = {"namespace": "team", "count": 7, "token": "t"}
BLOCK = Block("DeletionBudgetExceeded", "7 lifecycles ...", 7, (SHOWN,))
FORBIDDEN = errors.Forbidden(403, "Forbidden", 'User "u" cannot list')
BAD_SELECTOR = errors.BadRequest(400, "BadRequest", "unable to parse", verb="list")
AWAY = errors.TransportError("connection refused")
IMPORTED = Standing(State.IMPORTED)
FAILED = Standing(State.FAILED, "CreationFailure", "m")
UNREACHABLE = Standing(State.UNREACHABLE, "Timeout", "look at the firewall")
REJECTED = Standing(State.FAILED, "NameConflict", "the name is taken", has_lifecycle=False)
READY = {"type": "Ready", "status": "True", "reason": "Imported", "message": "1 of 1 imported"}


NAME = "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}"


def observe(*standings, blocker=None, active=True, error=None, name=NAME, **fields):
    """Return all that a policy's status is made of; settled and well unless said otherwise."""
    rig = ImportRig()
    rig.activate(nameTemplate=name)
    changes = {} if active else {"active": None}
    tally = Tally(lambda _: None)
    for number, standing in enumerate(standings):
        tally.set("mcp", ObjectKey("team", f"s{number}"), standing)
    values = {
        "state": rig.block(blocker, generation=3, **changes),
        "tally": tally.of("mcp"),
        "block": None,
        "sources_status": InformerStatus(synced=True, error=error),
        "seen": 9,
        "is_viewed": True,
        "is_busy": False,
    }
    return Observation(**values | fields)


def tell(seen, present=None):
    """Return every condition as status, reason and a part of its message, and the observation."""
    status = build_status(present or {}, seen, NOW)
    return {
        each["type"]: (each["status"], each["reason"], each.get("observedGeneration"))
        for each in status["conditions"]
    }


OK = ("True", "Success", 3)
REFUSED = ("False", "InvalidPolicy", 3)
IDLE = ("False", RECONCILING, 3)
BUSY = ("True", RECONCILING, 3)
FREE = ("False", "NothingBlocked", 3)
HELD = ("True", "DeletionBudgetExceeded", 3)
UNKNOWN = ("Unknown", "Reconciling", None)


@pytest.mark.parametrize(
    ("standings", "fields", "validated", "reconciling", "blocked", "ready"),
    [
        ([IMPORTED], {}, OK, IDLE, FREE, ("True", "Imported", 3)),
        ([], {}, OK, IDLE, FREE, ("True", "Imported", 3)),
        ([IMPORTED], {"blocker": INVALID}, REFUSED, IDLE, FREE, REFUSED),
        ([], {"blocker": INVALID, "active": False}, REFUSED, IDLE, FREE, REFUSED),
        (
            [IMPORTED],
            {"error": FORBIDDEN},
            OK,
            ("True", "FailedListSourceResources", 3),
            FREE,
            ("False", "MissingPermission", 3),
        ),
        (
            [IMPORTED],
            {"error": BAD_SELECTOR},
            REFUSED,
            ("True", "FailedListSourceResources", 3),
            FREE,
            REFUSED,
        ),
        (
            [IMPORTED],
            {"blocker": UNSERVED, "error": BAD_SELECTOR},
            ("False", "FailedNegotiateSourceResource", 3),
            IDLE,
            FREE,
            ("False", "FailedNegotiateSourceResource", 3),
        ),
        ([IMPORTED], {"error": AWAY}, OK, IDLE, FREE, ("True", "Imported", 3)),
        ([IMPORTED], {"sources_status": None}, OK, IDLE, FREE, ("True", "Imported", 3)),
        ([], {"is_viewed": False}, OK, ("True", "WaitResourceSynced", 3), FREE, UNKNOWN),
        ([IMPORTED], {"is_busy": True}, OK, BUSY, FREE, UNKNOWN),
        ([IMPORTED, PENDING], {}, OK, BUSY, FREE, UNKNOWN),
        ([FAILED], {"block": BLOCK}, OK, IDLE, HELD, ("False", "DeletionBlocked", 3)),
        ([IMPORTED, FAILED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([UNREACHABLE, FAILED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([IMPORTED, UNREACHABLE], {}, OK, IDLE, FREE, ("False", "ClustersNotReady", 3)),
        ([UNREACHABLE], {"block": BLOCK}, OK, IDLE, HELD, ("False", "DeletionBlocked", 3)),
        ([UNREACHABLE, PENDING], {}, OK, BUSY, FREE, UNKNOWN),
        (
            [IMPORTED, Standing(State.WAITING, "WaitCreationCondition")],
            {},
            OK,
            IDLE,
            FREE,
            ("True", "Imported", 3),
        ),
    ],
)
async def test_every_observation_has_its_conditions(
    standings, fields, validated, reconciling, blocked, ready
):
    """What stands in the way is told first; a passing failure of the server is not told."""
    assert tell(observe(*standings, **fields)) == {
        "Validated": validated,
        "Reconciling": reconciling,
        "DeletionBlocked": blocked,
        "Ready": ready,
    }


async def test_ready_keeps_standing_while_sources_are_looked_at():
    """A generation is observed by Ready only when it is in force; until then the old one stands."""
    before = [READY | {"observedGeneration": 2, "lastTransitionTime": "then"}]
    seen = observe(IMPORTED, is_busy=True)

    assert tell(seen, {"conditions": before})["Ready"] == ("True", "Imported", 2)
    settled = observe(IMPORTED)
    status = build_status({"conditions": before}, settled, NOW)
    assert condition({"status": status}, "Ready") == READY | {
        "observedGeneration": 3,
        "lastTransitionTime": "then",
    }


async def test_a_first_look_that_lasts_is_unknown_without_a_generation():
    """Before anything settled, Ready says Unknown and claims to have observed nothing."""
    status = build_status({}, observe(PENDING), NOW)
    ready = condition({"status": status}, "Ready")

    assert "observedGeneration" not in ready
    assert ready["lastTransitionTime"] == NOW


async def test_the_numbers_add_up():
    """Seen, selected, imported, waiting (with what is looked at) and failed are counted."""
    standings = [IMPORTED, IMPORTED, PENDING, Standing(State.WAITING), FAILED, REJECTED]
    status = build_status({}, observe(*standings), NOW)
    del status["conditions"]

    assert status == {
        "heldDeletions": None,
        "observedGeneration": 3,
        "sources": 9,
        "selected": 6,
        "imported": 2,
        "waiting": 2,
        "failed": 2,
    }


async def test_a_cluster_that_is_not_ready_counts_as_failed():
    """It is imported, and does not do what it was imported for."""
    seen = observe(IMPORTED, UNREACHABLE, UNREACHABLE, FAILED)
    status = build_status({}, seen, NOW)

    assert (status["selected"], status["imported"], status["failed"]) == (4, 1, 3)
    assert status["waiting"] == 0
    message = condition({"status": status}, "Ready")["message"]
    assert "1 of 4 sources failed" in message, "each of the two has its own number"


async def test_clusters_that_are_not_ready_are_not_named():
    """There may be thousands that come and go: how many, and where to look."""
    seen = observe(IMPORTED, UNREACHABLE, UNREACHABLE)
    status = {"status": build_status({}, seen, NOW)}

    assert condition(status, "Ready")["message"] == (
        "2 of 3 clusters are imported and not ready: kubectl get pediaclusterlifecycles tells "
        "which, and kubectl describe why"
    )


async def test_the_same_observation_changes_nothing():
    """Conditions that say the same stay equal, transition times included; others are kept."""
    foreign = {"type": "Foreign", "status": "True", "reason": "X", "lastTransitionTime": "then"}
    first = build_status({"conditions": [foreign]}, observe(IMPORTED), NOW)
    again = build_status(first, observe(IMPORTED), "2027-01-01T00:00:00Z")

    assert again == first
    assert first["conditions"][0] == foreign


async def test_a_missing_right_is_told_with_its_remedy():
    """The condition names the type and prints the role."""
    status = {"status": build_status({}, observe(error=FORBIDDEN), NOW)}
    for kind in ("Reconciling", "Ready"):
        message = condition(status, kind)["message"]
        assert "listing clusters.cluster.mcp.io is forbidden" in message
        assert "kind: ClusterRole" in message


async def test_a_refused_selector_is_told_with_the_servers_words():
    """A 400 for the policy's own selectors makes the policy invalid, and says why."""
    status = {"status": build_status({}, observe(error=BAD_SELECTOR), NOW)}
    for kind in ("Validated", "Ready"):
        message = condition(status, kind)["message"]
        assert "labelSelector or fieldSelector" in message
        assert "unable to parse" in message


@pytest.mark.parametrize(
    ("standings", "parts", "absent"),
    [
        ([FAILED], ["1 of 1 sources failed", "kubectl get"], ["no lifecycle"]),
        (
            [REJECTED, IMPORTED],
            ["1 of 2 sources failed", "1 of them have no lifecycle", "team/s0: NameConflict: the"],
            ["kubectl get"],
        ),
        ([REJECTED, FAILED], ["2 of 2", "1 of them have no", "kubectl get"], []),
        ([REJECTED] * 7, ["7 of 7", "7 of them", "team/s4: "], ["team/s5"]),
    ],
)
async def test_failures_are_told_where_nothing_else_tells_them(standings, parts, absent):
    """The first five rejected sources without a lifecycle are named; lifecycles tell the others."""
    status = {"status": build_status({}, observe(*standings), NOW)}
    message = condition(status, "Ready")["message"]

    assert all(part in message for part in parts)
    assert not any(part in message for part in absent)


async def test_a_settled_policy_says_how_many_are_imported():
    """The summary counts what is imported of what is selected."""
    seen = observe(IMPORTED, Standing(State.WAITING))
    status = {"status": build_status({}, seen, NOW)}

    assert condition(status, "Ready")["message"] == "1 of 2 imported"
    assert seen.is_settled
    assert seen.is_well
    assert not observe(blocker=INVALID).is_well
    assert not observe(error=FORBIDDEN).is_well
    assert observe(error=AWAY).is_well


AMBIGUOUS = "{{ .source.metadata.namespace }}-{{ .source.metadata.name }}"


def test_t56_ambiguous_names_are_warned_of():
    """The warning stands beside Ready=True, and goes when it has no cause any more."""
    status = build_status({}, observe(IMPORTED, name=AMBIGUOUS), NOW)
    warning = next(each for each in status["conditions"] if each["type"] == "AmbiguousNames")
    assert (warning["status"], warning["reason"]) == ("True", "NamespaceNotSeparated")
    assert "in namespace `a-b`" in warning["message"]
    assert tell(observe(IMPORTED, name=AMBIGUOUS))["Ready"][0] == "True"
    blocked = observe(blocker=Blocker("InvalidPolicy", "m"), name=NAME)
    assert tell(blocked, status)["AmbiguousNames"] == ("True", "NamespaceNotSeparated", 3)
    assert "AmbiguousNames" not in tell(observe(IMPORTED), status)


def test_t56_a_cluster_scoped_type_has_no_namespace_to_print():
    """What is called by its name alone is called unambiguously."""
    seen = observe(IMPORTED, name="{{ .source.metadata.name }}")
    assert tell(seen)["AmbiguousNames"] == ("True", "NamespaceNotPrinted", 3)
    active = dataclasses.replace(seen.state.active, is_namespaced=False)
    seen = dataclasses.replace(seen, state=dataclasses.replace(seen.state, active=active))

    assert "AmbiguousNames" not in tell(seen)


def test_t01_a_crash_of_what_follows_the_sources_is_told():
    """Nothing is known of the sources, so the policy is not ready and not failed, and says why."""
    seen = observe(IMPORTED, error=InformerCrashed("crashed, which is a bug: X at y.py:1"))
    status = build_status({}, seen, NOW)
    ready = find(status["conditions"], "Ready")

    assert tell(seen)["Ready"] == ("Unknown", "SourcesUnreadable", 3)
    assert tell(seen)["Reconciling"] == ("True", "FailedListSourceResources", 3)
    assert tell(seen)["Validated"] == OK
    assert "X at y.py:1" in ready.message
