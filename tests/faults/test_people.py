"""What people do: edits by hand, names that are taken, policies that fail (F37 to F39)."""

import time

from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    Object,
    encode,
)
from tests.faults.fleet import IMPORTED, POLICY_NAME, READY
from tests.faults.trial import Trial
from tests.harness import platforms

FEW = IMPORTED[:4]


def test_f37_pediaclusters_that_are_edited_and_deleted_by_hand(trial: Trial) -> None:
    """Both are put back; what a person made before us is left as it is."""
    trial.begin()
    for name in FEW[:2]:
        patch = {"spec": {"tokenData": encode("by-hand")}}
        trial.world.admin.patch(CLUSTER_API, PEDIACLUSTER, f"p-{name}", patch)
    for name in FEW[2:]:
        trial.world.admin.delete(CLUSTER_API, PEDIACLUSTER, f"p-{name}")
    trial.settle()
    trial.end()


def test_f38_two_policies_that_render_the_same_names(trial: Trial) -> None:
    """Who came first keeps them; the other one is told so, and nothing flaps."""
    trial.begin()
    second = platforms.secret_policy("q", creationCondition=READY)
    second["spec"]["nameTemplate"] = "p-{{ .source.metadata.name }}"
    trial.world.apply(second)
    trial.world.until_reason(POLICY, "q", "Ready", "SourcesFailed", timeout_seconds=40)
    trial.fleet.rotate(*FEW)
    trial.settle()
    trial.end()


def test_f39_a_policy_that_fails_and_references_that_go(trial: Trial) -> None:
    """Nothing that stands is changed for an error, and all goes on once it is mended."""
    trial.begin()
    before = {obj["metadata"]["name"]: obj["spec"] for obj in _pediaclusters(trial)}
    whole = platforms.secret_policy(POLICY_NAME, creationCondition=READY)["spec"]
    for broken in (
        {"source": {"selectorTemplate": '{{ fail "no" }}'}},
        {"template": "spec:\n  apiserver: {{ nope }}\n"},
        {"creationCondition": '{{ env "HOME" }}'},
    ):
        trial.change_policy(**broken)
        trial.world.until(lambda: _ready(trial) == "False", "it is told", timeout_seconds=40)
        time.sleep(3.0)
        assert {obj["metadata"]["name"]: obj["spec"] for obj in _pediaclusters(trial)} == before
        (field,) = broken
        trial.change_policy(**{field: whole[field]})
    trial.settle()

    for name in FEW:
        trial.world.admin.delete("v1", "Secret", name, "default")
    for name in FEW:
        trial.world.until_reason(
            LIFECYCLE, f"p-{name}", "Updating", "ReferenceResourceNotFound", timeout_seconds=40
        )
    assert {obj["metadata"]["name"]: obj["spec"] for obj in _pediaclusters(trial)} == before
    trial.fleet.rotate(*FEW)
    trial.end()


def _pediaclusters(trial: Trial) -> list[Object]:
    return list(trial.world.admin.list(CLUSTER_API, PEDIACLUSTER))


def _ready(trial: Trial) -> str:
    policy = trial.world.admin.read(POLICY_API, POLICY, POLICY_NAME)
    found = {each["type"]: each for each in policy["status"]["conditions"]}
    fresh = found["Ready"].get("observedGeneration") == policy["metadata"]["generation"]
    return found["Ready"]["status"] if fresh else ""
