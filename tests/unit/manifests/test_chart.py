"""The Helm chart: the same objects as by kustomize, and every value does what it says."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clusterimport import __version__
from clusterimport.cli.flags import GROUPS
from clusterimport.settings import flags
from development import chart, manifests
from development.gotools import building
from tests.harness.helm import RefusedError, needs_helm, template
from tests.harness.kustomize import composed, needs_kubectl

NAME = "clusterpedia-controller-manager"
NAMESPACE = "clusterpedia-system"
HELMS_LABELS = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
}
KEPT = "helm.sh/resource-policy"
EVERYTHING = {
    "authenticationFrom": True,
    "serviceMonitor": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "dashboard": {"enabled": True},
}
A_VALUE_OF = {
    "string": "text",
    "number": 2.5,
    "integer": 100663296,
    "boolean": False,
    "array": ["10.0.0.0/8", "fd00::/8"],
}

WHOLE = ("overlays/setup", ".")


def without_helms_own(obj: dict[str, Any]) -> dict[str, Any]:
    meta = dict(obj["metadata"])
    meta["labels"] = {k: v for k, v in meta["labels"].items() if k not in HELMS_LABELS}
    annotations = {k: v for k, v in meta.pop("annotations", {}).items() if k != KEPT}
    return {**obj, "metadata": {**meta, **({"annotations": annotations} if annotations else {})}}


def by_name(objects: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """By kind and name, without what only one of the two has: the namespace, and the test."""
    found = {
        (obj["kind"], obj["metadata"]["name"]): without_helms_own(obj)
        for obj in objects
        if obj["kind"] != "Namespace" and not is_test(obj)
    }
    assert len(found) >= 12
    return found


def is_test(obj: dict[str, Any]) -> bool:
    return "helm.sh/hook" in obj["metadata"].get("annotations", {})


def manager(objects: list[dict[str, Any]]) -> dict[str, Any]:
    pod = manifests.the("Deployment", NAME, objects)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    return {**pod, **container}


@needs_helm
@needs_kubectl
@pytest.mark.parametrize(
    ("values", "components"),
    [
        ({}, ()),
        (EVERYTHING, ("authentication-from", "monitoring")),
        ({**EVERYTHING, "metricsSecure": True}, ("authentication-from", "monitoring-secure")),
    ],
    ids=["bare", "everything", "secure"],
)
def test_p2_chart_and_kustomize_render_the_same(
    values: Any, components: tuple[str, ...], tmp_path: Path
) -> None:
    """Object by object, field by field, but for the labels that Helm wants and the namespace."""
    rendered = by_name(template(values=values))
    expected = by_name(composed(tmp_path, *components, bases=WHOLE))

    assert set(rendered) == set(expected)
    for key, obj in expected.items():
        assert rendered[key] == obj, key


@needs_helm
@needs_kubectl
def test_p2_hardened_values_are_the_hardened_overlay(tmp_path: Path) -> None:
    """And on the server's side of it nothing is weaker than the defaults."""
    path = chart.CHART / "values-hardened.yaml"
    (values,) = manifests.read(path)
    bases = ("overlays/setup", "overlays/hardened")
    expected = by_name(composed(tmp_path, bases=bases))

    assert by_name(template("--values", str(path))) == expected
    assert ("ValidatingAdmissionPolicy", f"{NAME}-lease") in expected
    for name, value in values.items():
        if isinstance(value, dict):
            (defaults,) = manifests.read(chart.CHART / "values.yaml")
            assert value.items() <= defaults[name].items()


@needs_helm
@needs_kubectl
@pytest.mark.parametrize(
    ("version", "values", "base"),
    [
        ("v1.30.14", {}, "setup"),
        ("v1.31.0-eks-a1b2c3d", {}, "overlays/setup"),
        ("v1.36.1", {"crds": {"selectableFields": False}}, "setup"),
    ],
)
def test_crds_have_fields_to_select_by_where_the_server_has_them(
    version: str, values: Any, base: str, tmp_path: Path
) -> None:
    """By the version that Helm is told of, and not where it is switched off."""
    rendered = template("--kube-version", version, values=values)
    expected = composed(tmp_path, bases=(base, "."))

    assert by_name(rendered) == by_name(expected)


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
def test_every_object_has_helms_labels_and_no_pod_has_them() -> None:
    """A release of the chart alone restarts nothing; Clusterpedia's types get no name of ours."""
    objects = template(values=EVERYTHING)
    for obj in objects:
        labels = obj["metadata"]["labels"]
        assert labels["helm.sh/chart"] == f"clusterimport-{__version__}", obj["metadata"]["name"]
        assert set(labels) >= HELMS_LABELS
        if obj["kind"] == "CustomResourceDefinition":
            assert "app.kubernetes.io/name" not in labels
    pod = manifests.the("Deployment", NAME, objects)["spec"]["template"]["metadata"]
    assert not HELMS_LABELS & set(pod["labels"])


@needs_helm
def test_what_holds_imports_is_kept_by_helm() -> None:
    """CRDs and policies stay when the release goes, and nothing else does."""
    for obj in template(values={"policies": ["cluster-api"]}):
        kept = obj["metadata"].get("annotations", {}).get(KEPT) == "keep"
        holds = obj["kind"] in {"CustomResourceDefinition", "ClusterImportPolicy"}
        assert kept == holds, (obj["kind"], obj["metadata"]["name"])


@needs_helm
def test_crds_are_behind_a_switch() -> None:
    """Switched off, none is rendered."""
    assert len(manifests.of_kind("CustomResourceDefinition", template())) == 4
    without = template(values={"crds": {"enabled": False}})
    assert manifests.of_kind("CustomResourceDefinition", without) == []


@needs_helm
def test_every_policy_of_the_catalogue_comes_by_name_with_its_roles() -> None:
    """As it lies in the catalogue; a namespace of the platform is left to the platform."""
    folders = sorted(path.parent for path in manifests.EXAMPLES.glob("*/policy.yaml"))
    values = {"policies": [folder.name for folder in folders], "crds": {"enabled": False}}
    rendered = by_name(template(values=values))
    expected = [
        {**doc, "metadata": {"labels": {}, **doc["metadata"]}}
        for folder in folders
        for name in ("clusterrole", "policy")
        for doc in manifests.read(folder / f"{name}.yaml")
    ]
    assert len(expected) > 2 * len(folders)
    for obj in expected:
        key = (obj["kind"], obj["metadata"]["name"])
        if obj["kind"] == "Namespace":
            assert key not in rendered
        else:
            assert rendered[key] == obj, key


@needs_helm
def test_a_policy_that_is_not_in_the_catalogue_is_refused() -> None:
    """The message names it, and those that there are."""
    with pytest.raises(
        RefusedError, match=r"policies: the catalogue has no capi; it has admiralty"
    ):
        template(values={"policies": ["capi"]})


@needs_helm
def test_policies_wait_for_their_crds() -> None:
    """On a server without them Helm would fail with a riddle: the chart says what to do."""
    server = ("--api-versions", "v1/Namespace")
    served = ("--api-versions", "policy.clusterpedia.io/v1alpha1/ClusterImportPolicy")
    values = {"policies": ["mcp"]}
    with pytest.raises(RefusedError, match="Install without policies, then upgrade with them"):
        template(*server, values=values)
    assert manifests.of_kind("ClusterImportPolicy", template(*server, *served, values=values))
    assert template(*server)


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


@needs_helm
def test_lint_and_package_have_nothing_to_say(tmp_path: Path) -> None:
    """What is packed has what lies behind the links, renders the same, and fits a Secret."""
    helm = str(building.installed("helm"))
    for command in (["lint", "--strict"], ["package", "--destination", str(tmp_path)]):
        subprocess.run([helm, *command, str(chart.CHART)], capture_output=True, check=True)
    (packed,) = tmp_path.glob("*.tgz")

    # Helm keeps chart and manifest of each revision in a Secret, in base64: a megabyte at most.
    assert packed.stat().st_size < 150_000
    values = {**EVERYTHING, "policies": ["cluster-api"]}
    assert template(values=values, chart=packed) == template(values=values)


def test_the_chart_has_the_version_of_the_program() -> None:
    """Chart and program are released together."""
    (about,) = manifests.read(chart.CHART / "Chart.yaml")
    assert about["version"] == about["appVersion"] == __version__


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


def test_nothing_of_the_manifests_lies_in_the_chart_a_second_time() -> None:
    """Types, rights, alerts, dashboard and policies are links, or what packing made of them."""
    sources = {"manifests": manifests.MANIFESTS, "policies": manifests.EXAMPLES}
    links = {path.name: path for path in (chart.CHART / "files").iterdir()}
    assert set(links) == set(sources)
    for name, source in sources.items():
        if (manifests.ROOT / ".git").exists():
            assert links[name].is_symlink()
        assert contents(links[name]) == contents(source)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
