"""Labels that the server refuses, keys that the template prints no more, and other writers."""

import time
from typing import Any

from clusterimport.model.names import POLICY_LABEL
from development.controller import condition
from development.controlplane.rest import ApiFailure
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.admission import admission_policy
from tests.harness.writes import is_accepted, object_writes

LABELS = "metadata:\n  labels: {{ .source.metadata.labels | toJson }}\n"
OWNER = "metadata:\n  labels:\n    owner: {{ .source.data.owner | quote }}\n"


def labels_of(world: World) -> dict[str, str]:
    """Return the labels of the PediaCluster, but for the one that tells whose it is."""
    labels = dict(world.pediacluster("p-one")["metadata"]["labels"])
    assert labels.pop(POLICY_LABEL) == "p"
    return labels


def test_t04_a_label_that_the_source_loses_goes_and_one_set_by_hand_stays(world: World) -> None:
    """The keys that the template has set are remembered, also by the next controller."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(
        platforms.policy("p", template=LABELS + platforms.INLINE_TEMPLATE, updatePolicy="All"),
        platforms.cluster("one", labels={"import": "yes", "tier": "gold"}),
    )
    first = world.controller()
    world.until_pediacluster("p-one")
    by_hand = {"metadata": {"labels": {"by": "hand"}}}
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, "p-one", by_hand)
    assert first.terminate() == 0
    world.controller()
    gone = {"metadata": {"labels": {"tier": None}}}
    world.admin.patch("v1", "ConfigMap", "one", gone, namespace="default")

    world.until(
        lambda: labels_of(world) == {"import": "yes", "by": "hand"},
        "the label that the template prints no more is gone",
    )


def test_t04_a_label_that_cannot_be_one_does_not_hold_a_rotation_back(world: World) -> None:
    """The condition names the key and why, and the new credential is written."""
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(
        platforms.secret_policy(
            "p", template=OWNER + platforms.SECRET_TEMPLATE, updatePolicy="All"
        ),
        platforms.cluster("one", owner="team-x"),
        platforms.credentials("one"),
    )
    world.controller()
    world.until_pediacluster("p-one")
    bad = {"data": {"owner": "Jane Doe <jane@lab.example>"}}
    world.admin.patch("v1", "ConfigMap", "one", bad, namespace="default")
    told = world.until_reason(LIFECYCLE, "p-one", "Ready", "FailedResolveAndDecodePediaCluster")
    rotated = {"data": {"token": encode("rotated")}}
    world.admin.patch("v1", "Secret", "one", rotated, namespace="default")

    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "the rotated credential is written",
    )
    assert "metadata.labels[owner]" in told["message"]
    assert "jane" not in told["message"]
    assert labels_of(world) == {"owner": "team-x"}
    good = {"data": {"owner": "team-y"}}
    world.admin.patch("v1", "ConfigMap", "one", good, namespace="default")
    world.until(
        lambda: labels_of(world) == {"owner": "team-y"},
        "the corrected label is written at once",
    )


def test_t04_a_label_that_a_webhook_refuses_is_corrected_at_once(world: World) -> None:
    """Another label is another body, though the connection is the same."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    rule = "!has(object.metadata.labels) || object.metadata.labels[?'owner'] != optional.of('evil')"
    world.apply(
        *admission_policy("no-evil", rule),
        platforms.policy("p", template=OWNER + platforms.INLINE_TEMPLATE, updatePolicy="All"),
        platforms.cluster("one", owner="team-x"),
    )
    world.controller()
    world.until_pediacluster("p-one")

    def owner(name: str) -> None:
        patch = {"data": {"owner": name}}
        world.admin.patch("v1", "ConfigMap", "one", patch, namespace="default")

    def is_in_force() -> bool:
        # The server takes a moment until it obeys a new policy.
        evil = {"metadata": {"labels": {"owner": "evil"}}}
        try:
            world.admin.patch(CLUSTER_API, PEDIACLUSTER, "p-one", evil)
        except ApiFailure:
            return True
        return False

    world.until(is_in_force, "the server refuses the label")
    owner("evil")
    world.until_reason(LIFECYCLE, "p-one", "Updating", "FailedPatchPediaCluster")
    owner("team-y")
    world.until(
        lambda: labels_of(world) == {"owner": "team-y"},
        "the corrected label is written at once",
        timeout_seconds=10.0,
    )


def test_t36_another_writer_of_the_address_is_named_and_not_fought(world: World) -> None:
    """Written twice, then with back-off; the condition names field and manager."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    wanted = world.until_pediacluster("p-one")["spec"]["apiserver"]

    def address() -> str:
        return str(world.pediacluster("p-one")["spec"]["apiserver"])

    for number in range(3):
        other = {"spec": {"apiserver": f"https://192.0.2.9:{number + 1}"}}
        world.admin.patch(CLUSTER_API, PEDIACLUSTER, "p-one", other)
        if number < 2:
            world.until(lambda: address() == wanted, "the address is put back")
    told = world.until_reason(LIFECYCLE, "p-one", "Updating", "FieldContested")

    assert "spec.apiserver: also written by " in told["message"]
    assert "by managedFields" in told["message"]
    world.remains(lambda: address() == "https://192.0.2.9:3", "it is left for now", seconds=3)
    assert controller.log().count("pediacluster written") == 3  # the creation, and twice


def webhook(name: str, resource: str, expression: str) -> list[dict[str, Any]]:
    """Return what has the server change each update of a type, as a mutating webhook would."""
    api = "admissionregistration.k8s.io/v1"
    rule = {
        "apiGroups": ["policy.clusterpedia.io"],
        "apiVersions": ["*"],
        "operations": ["UPDATE"],
        "resources": [resource],
    }
    policy = {
        "apiVersion": api,
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "reinvocationPolicy": "Never",
            "matchConstraints": {"resourceRules": [rule]},
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
        },
    }
    binding = {
        "apiVersion": api,
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name},
    }
    return [policy, binding]


def test_t36_a_webhook_that_changes_lifecycles_is_named_and_not_fought(world: World) -> None:
    """Forty events of the source make two writes; the policy names the field, and imports."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    # What the name reads, and does not print, has each event looked at.
    name = "{{ $_ := .source.data.heartbeat }}p-{{ .source.metadata.name }}"
    world.apply(platforms.policy("p", nameTemplate=name), platforms.cluster("one", heartbeat="0"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    path = "/spec/creationCondition"
    patch = f'[JSONPatch{{op: "replace", path: "{path}", value: "another"}}]'
    world.apply(*webhook("lifecycles", "pediaclusterlifecycles", patch))

    def said() -> str:
        return str(world.lifecycle("p-one")["spec"]["creationCondition"])

    def is_changed() -> bool:
        world.admin.patch(POLICY_API, LIFECYCLE, "p-one", {"metadata": {"labels": {"a": "b"}}})
        return said() == "another"

    world.until(is_changed, "the webhook is in force")
    mark = world.control_plane.audit_mark()
    for number in range(40):
        world.apply(platforms.cluster("one", heartbeat=str(number)))
        time.sleep(0.1)  # so that they are events of their own, as those of a source are
    told = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert "FieldContested: lifecycle p-one has fields that do not stay" in told["message"]
    world.apply(platforms.cluster("one", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "a rotation is followed",
    )
    written = [
        each
        for each in object_writes(world, mark)
        if (each.resource, each.subresource) == ("pediaclusterlifecycles", "") and is_accepted(each)
    ]
    assert len(written) <= 2


def test_t54_a_lifecycle_that_is_edited_by_hand_is_put_back_each_time(world: World) -> None:
    """However often, and at once; the policy stays what it is."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    for _ in range(5):
        world.admin.patch(POLICY_API, LIFECYCLE, "p-one", {"spec": {"creationCondition": "mine"}})
        world.until(
            lambda: world.lifecycle("p-one")["spec"]["creationCondition"] == "true",
            "the condition is put back",
        )
    world.until_settled("p")
    assert condition(world.policy("p"), "Ready")["status"] == "True"
