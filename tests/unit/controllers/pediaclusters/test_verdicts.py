"""From findings to conditions, and to the smallest patch of a status."""

import json

import pytest

from clusterimport.controllers.pediaclusters.credentials import ConnectionProblem
from clusterimport.controllers.pediaclusters.verdicts import (
    judged,
    probed,
    status_patch,
    switched_off,
    unprobed,
)
from clusterimport.controllers.shared.health import UNWATCHED, Health, HealthState
from clusterimport.limits.messages import CONDITION_BYTES
from clusterimport.probing import ProbeReason, ProbeResult
from tests.fakes.controllers.health import REACHABLE, TIMEOUT, UNAUTHORIZED
from tests.fakes.controllers.importobjects import pediacluster_body
from tests.fakes.controllers.pediaclusters import SERVER, said, synchro_says

NOW, LATER = "2026-01-02T03:04:05Z", "2027-01-01T00:00:00Z"
REFUSED = ConnectionProblem("CredentialRejected", "spec.caData: is empty; give the CA")
PROXIED = "proxy-url is allowed, and not probed"


def told(finding):
    """Return status, reason and message of each condition of a finding."""
    return {each.type: (each.status, each.reason, each.message) for each in finding.conditions}


def having(status):
    return pediacluster_body() | {"status": status}


def after(obj, finding, now=NOW):
    """Return the status with a finding in it, as a merge patch leaves it."""
    patched = (obj.get("status") or {}) | (status_patch(obj, finding, now) or {})
    return {name: value for name, value in patched.items() if value is not None}


def test_a_cluster_that_answers_is_ready():
    """Address and version are told; the lifecycle has the fine reason."""
    finding = probed(REACHABLE, SERVER, 3)

    assert told(finding) == {
        "Validated": ("True", "Validated", ""),
        "ClusterHealthy": ("True", "Healthy", "it answers"),
        "Ready": ("True", "Ready", ""),
    }
    assert finding.health == Health(HealthState.HEALTHY, "Reachable", "it answers")
    assert (finding.apiserver, finding.version) == (SERVER, "v1.36.2")
    assert {each.observed_generation for each in finding.conditions} == {3}


@pytest.mark.parametrize(
    ("result", "coarse"), [(TIMEOUT, "NotReachable"), (UNAUTHORIZED, "Unhealthy")]
)
def test_a_cluster_that_fails_has_clusterpedias_reason_and_the_fine_one(result, coarse):
    """Unhealthy if it answered at all; the fine reason begins the messages."""
    finding = probed(result, SERVER, 3)
    text = f"{result.reason}: {result.message}"

    assert told(finding) == {
        "Validated": ("True", "Validated", ""),
        "ClusterHealthy": ("False", coarse, text),
        "Ready": ("False", "NotReady", text),
    }
    assert finding.health == Health(HealthState.UNHEALTHY, str(result.reason), result.message)
    assert (finding.apiserver, finding.version) == (SERVER, "")
    assert type(finding.health.reason) is str


def test_what_nobody_should_connect_with_is_an_invalid_configuration():
    """Clusterpedia's reason for it; whether the cluster lives is not known."""
    finding = judged(REFUSED, 3)
    text = "CredentialRejected: spec.caData: is empty; give the CA"

    assert told(finding) == {
        "Validated": ("False", "InvalidConfig", text),
        "ClusterHealthy": ("Unknown", "MonitorStop", "it is not connected to"),
        "Ready": ("False", "NotReady", text),
    }
    assert finding.health == Health(HealthState.UNHEALTHY, "CredentialRejected", REFUSED.message)
    assert (finding.apiserver, finding.version) == ("", "")


def test_what_only_we_do_not_connect_with_is_valid():
    """Its health is unknown, and its lifecycle is imported."""
    finding = unprobed(PROXIED, 3)

    assert told(finding) == {
        "Validated": ("True", "Validated", ""),
        "ClusterHealthy": ("Unknown", "MonitorStop", PROXIED),
        "Ready": ("Unknown", "NotReady", PROXIED),
    }
    assert finding.health == Health(HealthState.UNWATCHED, message=PROXIED)


def test_where_nothing_is_probed_only_a_verdict_of_before_is_taken_back():
    """It would stand for ever; where none stands, nothing is written."""
    fresh, known = having({}), having({"conditions": [said("Ready", "True", "Ready")]})
    assert switched_off(fresh, 3) == (UNWATCHED, (), "", "")
    assert status_patch(fresh, switched_off(fresh, 3), NOW) is None
    finding = switched_off(known, 3)

    assert told(finding)["Ready"] == (
        *("Unknown", "NotReady", "no cluster is probed (--probe-interval=0)"),
    )
    assert told(finding)["ClusterHealthy"][:2] == ("Unknown", "MonitorStop")
    assert finding.health == UNWATCHED


@pytest.mark.parametrize(
    "finding",
    [probed(REACHABLE, SERVER, 3), probed(TIMEOUT, SERVER, 3), judged(REFUSED, 3)],
)
def test_the_same_finding_again_changes_nothing(finding):
    """Not even when it is found a year later, by another process."""
    status = after(having({}), finding)

    assert status_patch(having(json.loads(json.dumps(status))), finding, LATER) is None


def test_the_first_finding_is_told_in_whole():
    """All conditions with the time, address and version."""
    patch = status_patch(having({}), probed(REACHABLE, SERVER, 3), NOW)

    assert (patch["apiserver"], patch["version"]) == (SERVER, "v1.36.2")
    assert [each["type"] for each in patch["conditions"]] == [
        *("Validated", "ClusterHealthy", "Ready")
    ]
    assert {each["lastTransitionTime"] for each in patch["conditions"]} == {NOW}
    assert {each["observedGeneration"] for each in patch["conditions"]} == {3}
    assert status_patch(pediacluster_body(), probed(REACHABLE, SERVER, 3), NOW) == patch


def test_only_what_changed_its_status_gets_a_new_time():
    """Validated stays from the beginning; another reason for the same status keeps the time."""
    first = after(having({}), probed(REACHABLE, SERVER, 3))
    second = after(having(first), probed(TIMEOUT, SERVER, 3), LATER)
    third = after(having(second), probed(UNAUTHORIZED, SERVER, 3), "2028-01-01T00:00:00Z")
    times = {each["type"]: each["lastTransitionTime"] for each in third["conditions"]}

    assert times == {"Validated": NOW, "ClusterHealthy": LATER, "Ready": LATER}
    reasons = {each["type"]: each["reason"] for each in third["conditions"]}
    assert reasons["ClusterHealthy"] == "Unhealthy"


def test_conditions_of_others_stay():
    """A list in a merge patch replaces the whole, so what is not ours is in it, first and equal."""
    present = synchro_says()
    patch = status_patch(having(present), probed(TIMEOUT, SERVER, 3), NOW)

    running = next(each for each in patch["conditions"] if each["type"] == "SynchroRunning")
    assert running == said("SynchroRunning", "True", "Running")
    assert [each["type"] for each in patch["conditions"]] == [
        each["type"] for each in present["conditions"]
    ]
    assert present == synchro_says(), "what is cached is not changed"


def test_the_version_stays_where_it_is_not_told():
    """A cluster that fails keeps what it was; at another address that is another cluster's."""
    first = after(having({}), probed(REACHABLE, SERVER, 3))
    assert after(having(first), probed(TIMEOUT, SERVER, 3))["version"] == "v1.36.2"
    assert after(having(first), judged(REFUSED, 3))["apiserver"] == SERVER

    moved = status_patch(having(first), probed(TIMEOUT, "https://new:6443", 4), NOW)
    assert moved["apiserver"] == "https://new:6443"
    assert moved["version"] is None
    assert status_patch(having({}), probed(TIMEOUT, SERVER, 3), NOW).keys() == {
        *("conditions", "apiserver")
    }
    upgraded = ProbeResult(ProbeReason.REACHABLE, "it answers", "v1.37.0", is_answer=True)
    assert status_patch(having(first), probed(upgraded, SERVER, 3), NOW) == {"version": "v1.37.0"}
    assert after(having(first), probed(upgraded, "https://new:6443", 3))["version"] == "v1.37.0"


def test_a_message_fits_into_the_schema_and_is_written_once():
    """What is longer is cut, and the same cut text is no difference."""
    problem = ConnectionProblem("CredentialRejected", "ä" * CONDITION_BYTES)
    status = after(having({}), judged(problem, 3))

    assert all(len(each["message"].encode()) <= 32 * 1024 for each in status["conditions"])
    assert status_patch(having(status), judged(problem, 3), LATER) is None


def test_another_generation_is_observed():
    """A verdict of an older spec is out of date until a probe of the present one is told."""
    status = after(having({}), probed(REACHABLE, SERVER, 3))
    patch = status_patch(having(status), probed(REACHABLE, SERVER, 4), LATER)

    assert patch.keys() == {"conditions"}
    assert {each["observedGeneration"] for each in patch["conditions"]} == {4}
    assert {each["lastTransitionTime"] for each in patch["conditions"]} == {NOW}
