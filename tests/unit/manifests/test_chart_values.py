"""Every value of the Helm chart does what it says, or is refused with its name."""

import json
from typing import Any

import pytest

from clusterimport.cli.flags import GROUPS
from clusterimport.settings import flags
from development import chart, manifests
from tests.harness.helm import (
    EVERYTHING,
    NAME,
    NAMESPACE,
    RefusedError,
    manager,
    needs_helm,
    template,
)

A_VALUE_OF = {
    "string": "text",
    "number": 2.5,
    "integer": 100663296,
    "boolean": False,
    "array": ["10.0.0.0/8", "fd00::/8"],
}


@needs_helm
def test_the_guard_of_the_lease_follows_the_flags() -> None:
    """It lets the controller's own lease be, wherever the flags have it."""
    flags = {"leader-elect-resource-name": "other", "leader-elect-resource-namespace": "elsewhere"}
    objects = template(values={"leaseGuard": True, "flags": flags})
    spec = manifests.the("ValidatingAdmissionPolicy", f"{NAME}-lease", objects)["spec"]

    (selected,) = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert selected["values"] == ["elsewhere", "kube-node-lease"]
    (condition,) = spec["matchConditions"]
    assert condition["expression"] == "object.metadata.name == 'other'"
    assert "elsewhere" in spec["validations"][0]["message"]


@needs_helm
def test_the_guard_of_the_lease_needs_a_server_that_has_such_policies() -> None:
    """Before anything is installed it is said which value to change."""
    with pytest.raises(RefusedError, match=r"has v1\.29\.9: set leaseGuard=false"):
        template("--kube-version", "1.29.9", values={"leaseGuard": True})
    assert template("--kube-version", "1.30.0", values={"leaseGuard": True})


@needs_helm
def test_every_flag_is_reachable() -> None:
    """Each flag of the settings can be given by name, and arrives as Go writes it."""
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    known = schema["properties"]["flags"]["properties"]
    assert set(known) == {flag.name.removeprefix("--") for flag in flags().values()}
    given = {}
    for name, kind in known.items():
        items = kind.get("items", {})
        value = A_VALUE_OF.get(kind.get("type", ""), kind.get("enum", [""])[0])
        given[name] = items.get("enum", value) if items else value
        if "pattern" in kind:
            given[name] = "1m30s"
    given["metrics-bind-address"] = "127.0.0.1:9090"
    arguments = manager(template(values={"flags": given}))["args"]

    assert arguments == [f"--{name}={written(value)}" for name, value in sorted(given.items())]
    assert "--max-source-bytes-per-namespace=100663296" in arguments
    assert "--leader-elect=false" in arguments
    assert {f"--{name}" for name in known} <= {
        option for group in GROUPS for flag in group.flags for option in flag.opts
    }


def written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return json.dumps(value) if not isinstance(value, str) else value


@needs_helm
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flags": {"probe-intervall": "1m"}}, "probe-intervall"),
        ({"flags": {"probe-interval": "1 minute"}}, "probe-interval"),
        ({"flags": {"log-level": "loud"}}, "log-level"),
        ({"flags": {"metrics-bind-address": "off"}}, "the probes of the Pods need one"),
        ({"image": {"digest": "sha256:1"}}, "digest"),
        ({"replica": 3}, "replica"),
        (
            {"authenticationFrom": True, "flags": {"feature-gates": "A=true"}},
            "leave the flag out",
        ),
        ({"podDisruptionBudget": {"minAvailable": 1}}, "minAvailable"),
    ],
)
def test_wrong_values_are_refused(values: Any, message: str) -> None:
    """By the schema or by the chart, with the name of what is wrong."""
    with pytest.raises(RefusedError, match=message):
        template(values=values)


@needs_helm
def test_role_and_ports_follow_the_flags() -> None:
    """A lease elsewhere has its Role there; another port is that of the container."""
    objects = template(
        values={
            "flags": {
                "leader-elect-resource-name": "other",
                "leader-elect-resource-namespace": "elsewhere",
                "metrics-bind-address": ":9090",
            }
        }
    )
    role, binding = (manifests.the(kind, NAME, objects) for kind in ("Role", "RoleBinding"))
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == "elsewhere"
    assert [rule.get("resourceNames") for rule in role["rules"]] == [None, ["other"]]
    assert binding["subjects"][0]["namespace"] == NAMESPACE
    (port,) = manager(objects)["ports"]
    assert (port["name"], port["containerPort"]) == ("http", 9090)


@needs_helm
def test_every_binding_follows_the_service_account() -> None:
    """Another name, and the release's namespace, are those of all subjects."""
    objects = template(
        "--namespace",
        "imports",
        values={"serviceAccount": {"name": "own"}, "policies": ["karmada"]},
    )
    subjects = [each for obj in objects for each in obj.get("subjects", ())]
    assert len(subjects) >= 4
    for subject in subjects:
        assert (subject["name"], subject["namespace"]) == ("own", "imports")
    assert manager(objects)["serviceAccountName"] == "own"
    assert manifests.the("ServiceAccount", "own", objects)
    karmadas = manifests.the("Role", "clusterimport-karmada", objects)
    assert karmadas["metadata"]["namespace"] == "karmada-cluster"
    assert all(
        obj["metadata"]["namespace"] == "imports"
        for obj in objects
        if obj["metadata"]["name"].startswith(NAME) and "namespace" in obj["metadata"]
    )


@needs_helm
def test_names_that_yaml_takes_for_something_else_stay_names() -> None:
    """A namespace `on`, a ServiceAccount `yes` and a Secret `123` are as good as any."""
    values = {
        "serviceAccount": {"name": "yes"},
        "priorityClassName": "off",
        "kubeconfig": {"secretName": "123"},
        "leaseGuard": True,
        "policies": ["mcp"],
        **EVERYTHING,
    }
    upgrade = "--is-upgrade"  # policies come by one
    objects = template("--namespace", "on", upgrade, values=values)
    placed = [obj["metadata"]["namespace"] for obj in objects if "namespace" in obj["metadata"]]
    assert len(placed) > 8
    assert set(placed) == {"on"}
    pod = manager(objects)
    assert (pod["serviceAccountName"], pod["priorityClassName"]) == ("yes", "off")
    (secret,) = (each["secret"] for each in pod["volumes"] if "secret" in each)
    assert secret["secretName"] == "123"
    subjects = [
        subject
        for obj in objects
        if obj["kind"].endswith("Binding") and "subjects" in obj
        for subject in obj["subjects"]
    ]
    assert {(each["name"], each["namespace"]) for each in subjects} == {("yes", "on")}
    guard = manifests.the("ValidatingAdmissionPolicy", f"{NAME}-lease", objects)["spec"]
    ((where,),) = guard["matchConstraints"]["namespaceSelector"].values()
    assert where["values"][0] == "on"


@needs_helm
def test_what_an_operator_may_set_arrives() -> None:
    """Image by digest, resources, priority, spread, arguments, and Karmada's API server."""
    digest = f"sha256:{'0' * 64}"
    objects = template(
        values={
            "image": {"repository": "r.example/c", "digest": digest, "pullPolicy": "Always"},
            "imagePullSecrets": [{"name": "pull"}],
            "resources": {"limits": {"memory": "1Gi"}},
            "priorityClassName": "system-cluster-critical",
            "topologySpreadConstraints": [],
            "nodeSelector": {"disk": "fast"},
            "extraArgs": ["--v=4"],
            "kubeconfig": {"secretName": "karmada"},
            "networkPolicy": {
                "apiServerPorts": [5443],
                "extraEgress": [{"ports": [{"protocol": "TCP", "port": 3128}]}],
            },
            "serviceMonitor": {"enabled": True, "labels": {"release": "kps"}},
            "podLabels": {"team": "a"},
            "commonLabels": {"cost": "b"},
        }
    )
    pod = manager(objects)
    assert pod["image"] == f"r.example/c@{digest}"
    assert pod["imagePullPolicy"] == "Always"
    assert pod["imagePullSecrets"] == [{"name": "pull"}]
    assert pod["resources"]["limits"] == {"memory": "1Gi", "cpu": "1"}
    assert pod["priorityClassName"] == "system-cluster-critical"
    assert "topologySpreadConstraints" not in pod
    assert pod["nodeSelector"] == {"disk": "fast"}
    assert pod["args"] == ["--kubeconfig=/etc/clusterimport/kubeconfig", "--v=4"]
    assert {"name": "kubeconfig", "secret": {"secretName": "karmada"}} in pod["volumes"]
    assert pod["volumeMounts"][1]["mountPath"] == "/etc/clusterimport"
    egress = manifests.the("NetworkPolicy", NAME, objects)["spec"]["egress"]
    assert [[port["port"] for port in rule["ports"]] for rule in egress] == [
        [53, 53],
        [5443],
        [3128],
    ]
    monitor = manifests.the("ServiceMonitor", NAME, objects)["metadata"]["labels"]
    assert (monitor["release"], monitor["cost"]) == ("kps", "b")


def test_every_value_is_explained_and_in_the_schema() -> None:
    """No value is without a comment or a type, and the schema knows no other."""
    (values,) = manifests.read(chart.CHART / "values.yaml")
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    explained = {each.path for each in chart.values()}
    for name, value in values.items():
        below = {path for path in explained if path.startswith(f"{name}.")}
        if below:
            assert below == {f"{name}.{key}" for key in value}
            assert set(schema["properties"][name]["properties"]) == set(value)
        else:
            assert name in explained
    assert set(schema["properties"]) == {*values, "global"}
