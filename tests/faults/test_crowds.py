"""One source or cluster that is worse than all others together (F15, F27, F40)."""

import math
import threading
import time
from contextlib import ExitStack
from typing import Any

from development.controlplane.rest import ApiFailure
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER
from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness import platforms
from tests.harness.stubserver import black_hole, mute

FEW = IMPORTED[:8]
NOISY = IMPORTED[-1]
UPDATES = 100
"""Of the noise, at the least."""
ROUNDS = 3
"""Of rotations, of which the best counts."""
WRITES = 3
"""Of a field that does not stay: it is put back twice, and then rarely."""


def waits(trial: Trial) -> list[float]:
    """Rotate some, and return how long after it each was written, in seconds.

    Of the best of some rounds: whatever else the machine does can only add to it.
    """
    return min((_round(trial) for _ in range(ROUNDS)), key=max)


def _round(trial: Trial) -> list[float]:
    since: dict[str, float] = {}
    for name in FEW:
        since[name] = time.time()
        trial.fleet.rotate(name)
    found: dict[str, float] = {}

    def all_written() -> bool:
        for each in trial.exchanges():
            name = each.request.name.removeprefix("p-")
            is_meant = (each.request.verb, each.request.subresource) == ("patch", "")
            if is_meant and each.is_done and each.started > since.get(name, math.inf):
                found.setdefault(name, each.started - since[name])
        return len(found) == len(FEW)

    trial.world.until(all_written, "all are written", timeout_seconds=60)
    return list(found.values())


def test_f15_one_source_that_changes_all_the_time(trial: Trial) -> None:
    """It is reconciled one at a time, and the others do not wait for it."""
    trial.begin()
    before = waits(trial)
    stop = threading.Event()
    updates = 0

    def change() -> None:
        nonlocal updates
        while not stop.is_set() or updates < UPDATES:
            # What the template reads, so that each is looked at, and makes a write.
            trial.fleet.readdress(NOISY)
            updates += 1

    thread = threading.Thread(target=change)
    thread.start()
    try:
        during = waits(trial)
    finally:
        stop.set()
        thread.join()
    assert updates >= UPDATES, "the noise has ended too early"
    trial.end("I8", latencies=(before, during))


def test_f27_a_webhook_that_changes_what_is_written(trial: Trial) -> None:
    """It is written three times at most, and the condition names the field."""
    trial.begin()
    trial.world.apply(*_webhook(f"p-{FEW[0]}"))
    label = {"metadata": {"labels": {"a": "b"}}}

    def is_in_force() -> bool:
        trial.world.admin.patch(CLUSTER_API, PEDIACLUSTER, f"p-{FEW[0]}", label)
        said = trial.world.pediacluster(f"p-{FEW[0]}")["spec"]["apiserver"]
        return bool(said == "https://192.0.2.66:6443")

    trial.world.until(is_in_force, "the webhook is in force")
    since = time.time()
    for _ in range(4):
        trial.fleet.rotate(FEW[0])
        time.sleep(1.0)
    trial.world.until_reason(
        LIFECYCLE, f"p-{FEW[0]}", "Updating", "FieldContested", timeout_seconds=40
    )
    written = [
        each
        for each in trial.exchanges()
        if each.started > since
        and each.request.is_write
        and (each.request.resource, each.request.subresource) == ("pediaclusters", "")
        and each.is_done
    ]
    # Each rotation is a reason of its own.
    assert len(written) <= WRITES + 4
    for kind in ("MutatingAdmissionPolicyBinding", "MutatingAdmissionPolicy"):
        trial.world.admin.delete("admissionregistration.k8s.io/v1", kind, "contest")
    # What is contested is looked at again rarely; a change of the source is a new reason.
    trial.world.until(lambda: _is_free(trial), "the webhook is gone")
    trial.fleet.readdress(FEW[0])
    trial.fleet.rotate(FEW[0])
    trial.end(but=("I9",))


def test_f40_clusters_that_hang_when_they_are_asked(trial: Trial) -> None:
    """A tenth of the clusters takes connections and says nothing: no import waits for them."""
    trial.begin()
    before = waits(trial)
    with ExitStack() as opened:
        urls = [opened.enter_context(black_hole()), opened.enter_context(mute())]
        names = [f"hanging-{number}" for number in range(4)]
        for number, name in enumerate(names):
            source = trial.fleet.cluster(name)
            source["data"]["server"] = f"{urls[number % 2]}/{number:06}"
            trial.world.apply(trial.fleet.credentials(name), source)
        for name in names:
            trial.world.until_reason(LIFECYCLE, f"p-{name}", "Ready", "Timeout", timeout_seconds=40)
        during = waits(trial)
        for name in names:
            trial.world.delete(platforms.cluster(name))
        trial.end("I8", latencies=(before, during))


def _is_free(trial: Trial) -> bool:
    patch = {"spec": {"apiserver": "https://192.0.2.7:6443"}}
    try:
        trial.world.admin.patch(CLUSTER_API, PEDIACLUSTER, f"p-{FEW[0]}", patch)
    except ApiFailure:
        return False
    said = trial.world.pediacluster(f"p-{FEW[0]}")["spec"]["apiserver"]
    return bool(said != "https://192.0.2.66:6443")


def _webhook(name: str) -> list[dict[str, Any]]:
    """Return what has the server change one PediaCluster at each update."""
    api = "admissionregistration.k8s.io/v1"
    rule = {
        "apiGroups": ["cluster.clusterpedia.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": ["pediaclusters"],
        "resourceNames": [name],
    }
    change = '[JSONPatch{op: "replace", path: "/spec/apiserver", value: "https://192.0.2.66:6443"}]'
    return [
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": "contest"},
            "spec": {
                "reinvocationPolicy": "Never",
                "matchConstraints": {"resourceRules": [rule]},
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": change}}],
            },
        },
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": "contest"},
            "spec": {"policyName": "contest"},
        },
    ]
