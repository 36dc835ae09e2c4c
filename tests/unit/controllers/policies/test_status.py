"""The conditions of a policy, branch by branch."""

import dataclasses

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.policies.status import RECONCILING, build_status
from clusterimport.controllers.shared.blocks import Block
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.informers import InformerCrashed
from clusterimport.kube import errors
from clusterimport.model.conditions import find
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.observing import (
    FAILED,
    IMPORTED,
    NAME,
    NOW,
    OUTDATED,
    READY,
    REJECTED,
    UNREACHABLE,
    WAITING,
    observe,
    tell,
)

pytestmark = pytest.mark.looptime

INVALID = Blocker("InvalidPolicy", "spec.nameTemplate: is required")
UNNAMED = Blocker("APIServiceUnavailable", "v1.x.io does not answer", is_unknown=True)
UNSERVED = Blocker("FailedNegotiateSourceResource", "the server has no such type")
SHOWN = {"namespace": "team", "count": 7, "token": "t"}
BLOCK = Block("DeletionBudgetExceeded", "7 lifecycles ...", 7, (SHOWN,))
FORBIDDEN = errors.Forbidden(403, "Forbidden", 'User "u" cannot list')
BAD_SELECTOR = errors.BadRequest(400, "BadRequest", "unable to parse", verb="list")
AWAY = errors.TransportError("connection refused")

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
        ([], {}, OK, IDLE, FREE, ("True", "NothingSelected", 3)),
        ([], {"seen": 0}, OK, IDLE, FREE, ("True", "NoSources", 3)),
        ([WAITING], {}, OK, IDLE, FREE, ("Unknown", "Waiting", 3)),
        ([WAITING, FAILED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([IMPORTED, OUTDATED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([IMPORTED], {"blocker": INVALID}, REFUSED, IDLE, FREE, REFUSED),
        ([], {"blocker": INVALID, "active": False}, REFUSED, IDLE, FREE, REFUSED),
        (
            [IMPORTED],
            {"error": FORBIDDEN},
            ("False", "MissingPermission", 3),
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
        (
            [IMPORTED],
            {"error": AWAY},
            OK,
            ("True", "FailedListSourceResources", 3),
            FREE,
            ("Unknown", "SourcesUnreadable", 3),
        ),
        (
            [],
            {"is_viewed": False},
            OK,
            ("True", "WaitResourceSynced", 3),
            FREE,
            ("Unknown", "Listing", None),
        ),
        (
            [IMPORTED],
            {"blocker": UNNAMED},
            ("Unknown", "APIServiceUnavailable", 3),
            IDLE,
            FREE,
            ("Unknown", "SourcesUnreadable", 3),
        ),
        ([IMPORTED], {"is_busy": True}, OK, BUSY, FREE, UNKNOWN),
        ([IMPORTED, PENDING], {}, OK, BUSY, FREE, UNKNOWN),
        ([FAILED], {"block": BLOCK}, OK, IDLE, HELD, ("False", "DeletionBlocked", 3)),
        ([IMPORTED, FAILED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([UNREACHABLE, FAILED], {}, OK, IDLE, FREE, ("False", "SourcesFailed", 3)),
        ([IMPORTED, UNREACHABLE], {}, OK, IDLE, FREE, ("False", "ClustersNotReady", 3)),
        ([UNREACHABLE], {"block": BLOCK}, OK, IDLE, HELD, ("False", "DeletionBlocked", 3)),
        ([UNREACHABLE, PENDING], {}, OK, BUSY, FREE, UNKNOWN),
        (
            [IMPORTED, WAITING],
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
    """What stands in the way is told first, then what failed, then what waits."""
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


async def test_t22_a_policy_edited_meanwhile_is_not_ready_until_it_was_listed():
    """What was true of the generation before is not said of this one while sources are listed."""
    before = [READY | {"observedGeneration": 2, "lastTransitionTime": "then"}]
    seen = observe(IMPORTED, is_viewed=False)

    assert tell(seen, {"conditions": before})["Ready"] == ("Unknown", "Listing", 2)


@pytest.mark.parametrize("reason", ["SourcesUnreadable", "MissingPermission", "Listing"])
async def test_t20_what_was_unreadable_is_so_no_more_once_it_is_looked_at(reason):
    """A reason that told why sources are not looked at is over when they are."""
    before = [READY | {"status": "Unknown", "reason": reason, "observedGeneration": 3}]
    seen = observe(IMPORTED, is_busy=True)

    assert tell(seen, {"conditions": before})["Ready"] == ("Unknown", "Reconciling", 3)


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
    for kind in ("Validated", "Reconciling", "Ready"):
        message = condition(status, kind)["message"]
        assert "listing clusters.cluster.mcp.io is forbidden" in message
        assert '"kind": "ClusterRole"' in message


async def test_a_refused_selector_is_told_with_the_servers_words():
    """A 400 for the policy's own selectors makes the policy invalid, and says why."""
    status = {"status": build_status({}, observe(error=BAD_SELECTOR), NOW)}
    for kind in ("Validated", "Ready"):
        message = condition(status, kind)["message"]
        assert "labelSelector or fieldSelector" in message
        assert "unable to parse" in message


async def test_failures_that_nothing_else_tells_come_first():
    """Sources without a lifecycle are named before those that have one to look at."""
    status = {"status": build_status({}, observe(*[FAILED] * 5, REJECTED), NOW)}
    message = condition(status, "Ready")["message"]

    assert (
        "6 cannot be created or updated: team/s5: NameConflict: the name is taken; team/s0: "
        in (message)
    )
    assert "team/s4" not in message
    assert message.endswith("and 1 more (kubectl get pediaclusterlifecycles)")


async def test_t23_a_right_that_an_import_has_missed_is_a_missing_right():
    """What may be listed and not be read shows with the first import that tries."""
    lacking = Standing(State.FAILED, "MissingPermission", "reading secrets team/x is forbidden")
    status = {"status": build_status({}, observe(IMPORTED, lacking), NOW)}

    validated = condition(status, "Validated")
    assert (validated["status"], validated["reason"]) == ("False", "MissingPermission")
    assert validated["message"] == lacking.message


async def test_what_is_well_and_what_is_settled():
    """A policy is well while nothing stands between it and its sources."""
    assert observe(IMPORTED, WAITING).is_settled
    assert observe(IMPORTED, WAITING).is_well
    assert not observe(PENDING).is_settled
    assert not observe(blocker=INVALID).is_well
    assert not observe(error=FORBIDDEN).is_well
    assert not observe(error=AWAY).is_well


AMBIGUOUS = "{{ .source.metadata.namespace }}-{{ .source.metadata.name }}"


async def test_t56_ambiguous_names_are_warned_of():
    """The warning stands beside Ready=True, and goes when it has no cause any more."""
    status = build_status({}, observe(IMPORTED, name=AMBIGUOUS), NOW)
    warning = next(each for each in status["conditions"] if each["type"] == "AmbiguousNames")
    assert (warning["status"], warning["reason"]) == ("True", "NamespaceNotSeparated")
    assert "in namespace `a-b`" in warning["message"]
    assert tell(observe(IMPORTED, name=AMBIGUOUS))["Ready"][0] == "True"
    blocked = observe(blocker=Blocker("InvalidPolicy", "m"), name=NAME)
    assert tell(blocked, status)["AmbiguousNames"] == ("True", "NamespaceNotSeparated", 3)
    assert "AmbiguousNames" not in tell(observe(IMPORTED), status)


async def test_t56_a_cluster_scoped_type_has_no_namespace_to_print():
    """What is called by its name alone is called unambiguously."""
    seen = observe(IMPORTED, name="{{ .source.metadata.name }}")
    assert tell(seen)["AmbiguousNames"] == ("True", "NamespaceNotPrinted", 3)
    active = dataclasses.replace(seen.state.active, is_namespaced=False)
    seen = dataclasses.replace(seen, state=dataclasses.replace(seen.state, active=active))

    assert "AmbiguousNames" not in tell(seen)


async def test_t01_a_crash_of_what_follows_the_sources_is_told():
    """Nothing is known of the sources, so the policy is not ready and not failed, and says why."""
    seen = observe(IMPORTED, error=InformerCrashed("crashed, which is a bug: X at y.py:1"))
    status = build_status({}, seen, NOW)
    ready = find(status["conditions"], "Ready")

    assert tell(seen)["Ready"] == ("Unknown", "SourcesUnreadable", 3)
    assert tell(seen)["Reconciling"] == ("True", "FailedListSourceResources", 3)
    assert tell(seen)["Validated"] == OK
    assert "X at y.py:1" in ready.message
