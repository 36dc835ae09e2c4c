import json
from itertools import permutations
from pathlib import Path

import pytest

from clusterimport import __version__
from development import manifests
from tests.harness.kustomize import composed, needs_kubectl

NAME = "clusterpedia-controller-manager"
NAMESPACE = "clusterpedia-system"
BASE = manifests.base()
DEPLOYMENT = manifests.the("Deployment", NAME, BASE)
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def test_it_takes_the_place_of_clusterpedias() -> None:
    """Name, namespace, selector, container and command are those that Clusterpedia has."""
    assert DEPLOYMENT["metadata"]["namespace"] == NAMESPACE
    assert DEPLOYMENT["spec"]["selector"] == {"matchLabels": {"app": NAME}}
    assert DEPLOYMENT["spec"]["template"]["metadata"]["labels"]["app"] == NAME
    assert CONTAINER["name"] == "manager"
    assert CONTAINER["command"] == ["/usr/local/bin/controller-manager"]
    assert CONTAINER["args"] == []


def test_the_pod_meets_the_restricted_profile() -> None:
    """Everything that the restricted Pod Security profile demands is said."""
    assert POD["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(POD)
    assert all("hostPort" not in port for port in CONTAINER["ports"])
    assert all(set(volume) == {"name", "emptyDir"} for volume in POD["volumes"])


def test_the_only_writable_folder_is_in_memory() -> None:
    """What a library writes to a temporary file never reaches a disk."""
    assert CONTAINER["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert POD["volumes"] == [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "4Mi"}}]


def test_two_replicas_keep_apart_and_stay() -> None:
    """One replica always stands by, on another node if there is one."""
    assert DEPLOYMENT["spec"]["replicas"] == 2
    assert POD["terminationGracePeriodSeconds"] == 30
    selector = {"matchLabels": {"app": NAME}}
    ((term,),) = POD["affinity"]["podAntiAffinity"].values()
    assert term["podAffinityTerm"] == {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": selector,
    }
    (spread,) = POD["topologySpreadConstraints"]
    assert (spread["labelSelector"], spread["whenUnsatisfiable"]) == (selector, "ScheduleAnyway")
    budget = manifests.the("PodDisruptionBudget", NAME, BASE)["spec"]
    assert (budget["maxUnavailable"], budget["selector"]) == (1, selector)
    # O2: whatever is left behind of it, a single replica can be moved.
    assert "minAvailable" not in budget


def test_probes_requests_and_limits() -> None:
    """The health endpoints are asked on the one port; memory and CPU are bounded."""
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    assert CONTAINER["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert CONTAINER["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert set(CONTAINER["resources"]["requests"]) == {"cpu", "memory"}
    assert set(CONTAINER["resources"]["limits"]) == {"cpu", "memory"}


def test_service_and_network_policy_point_at_the_pods() -> None:
    """Metrics are to be had through the Service, and only from labelled namespaces."""
    service = manifests.the("Service", f"{NAME}-metrics", BASE)["spec"]
    assert service["selector"] == {"app": NAME}
    assert service["ports"] == [
        {"name": "http", "port": 8080, "targetPort": "http", "protocol": "TCP"}
    ]
    policy = manifests.the("NetworkPolicy", NAME, BASE)["spec"]
    assert policy["podSelector"] == {"matchLabels": {"app": NAME}}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [
        {
            "from": [{"namespaceSelector": {"matchLabels": {"metrics": "enabled"}}}],
            "ports": [{"protocol": "TCP", "port": "http"}],
        }
    ]
    dns, servers = policy["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert {port["port"] for port in servers["ports"]} == {443, 6443, 8443}


def test_everything_namespaced_lies_in_the_namespace() -> None:
    """Each object is cluster-scoped or says the namespace that comes along."""
    cluster_scoped = {
        "Namespace",
        "CustomResourceDefinition",
        "ClusterRole",
        "ClusterRoleBinding",
    }
    assert manifests.the("Namespace", NAMESPACE, BASE)
    for document in BASE:
        namespace = document["metadata"].get("namespace")
        expected = None if document["kind"] in cluster_scoped else NAMESPACE
        assert namespace == expected, document["metadata"]["name"]


def test_the_namespace_enforces_nothing_by_default() -> None:
    """Clusterpedia's other Pods, which are not restricted, can still be started beside ours."""
    labels = manifests.the("Namespace", NAMESPACE, BASE)["metadata"]["labels"]
    levels = {name: level for name, level in labels.items() if "pod-security" in name}
    assert levels == {
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }


def test_the_kustomizations_name_every_file_and_the_present_version() -> None:
    """No manifest is forgotten, and the image's tag is the package's version."""
    listed = [
        path.parent / name
        for path in manifests.MANIFESTS.rglob("kustomization.yaml")
        for name in manifests.read(path)[0].get("resources", ())
    ]
    files = {
        path for path in manifests.MANIFESTS.rglob("*.yaml") if path.name != "kustomization.yaml"
    }
    assert {path for path in listed if path.suffix} == files
    (kustomization,) = manifests.read(manifests.MANIFESTS / "controller" / "kustomization.yaml")
    assert kustomization["images"] == [{"name": CONTAINER["image"], "newTag": __version__}]


def test_o1_removing_the_controller_takes_neither_namespace_nor_types_along() -> None:
    """What is deleted with the controller holds nothing of anybody else; what stays says so."""
    kinds = {document["kind"] for document in manifests.resources(manifests.MANIFESTS)}
    assert not {"Namespace", "CustomResourceDefinition"} & kinds
    (setup,) = manifests.read(manifests.MANIFESTS / "setup" / "kustomization.yaml")
    assert setup["commonAnnotations"] == {
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        "kustomize.toolkit.fluxcd.io/prune": "disabled",
    }


GATE = "--feature-gates=ClusterAuthenticationFromSecret=true"
OWN = "--probe-deny-cidr=10.0.0.0/8"
APPENDED = {
    "target": {"kind": "Deployment", "name": NAME},
    "patch": json.dumps(
        [{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": OWN}]
    ),
}
COMPONENTS = sorted(path.name for path in (manifests.MANIFESTS / "components").iterdir())
INCLUDED = {"monitoring-secure": {"metrics-secure", "monitoring"}}
"""Components that are several others, which then must not be listed as well."""


@needs_kubectl
@pytest.mark.parametrize("own", [False, True], ids=["", "own-args"])
@pytest.mark.parametrize(
    "components",
    [
        # Any two show what their order does to each other; of more, each costs a kubectl.
        pytest.param(order, marks=[pytest.mark.slow] if number > 2 else ())
        for number in range(len(COMPONENTS) + 1)
        for order in permutations(COMPONENTS, number)
        if not any(INCLUDED.get(name, set()) & set(order) for name in order)
    ],
    ids="+".join,
)
def test_o4_every_combination_keeps_all_arguments(
    components: tuple[str, ...], own: bool, tmp_path: Path
) -> None:
    """Components and a user's own arguments add up, in any order, and no object is lost."""
    rendered = composed(tmp_path, *components, patches=[APPENDED] if own else ())
    parts = [part for name in components for part in sorted(INCLUDED.get(name, {name}))]
    added = [
        each
        for name in parts
        for folder in [manifests.MANIFESTS / "components" / name]
        for each in (
            *manifests.resources(folder),
            *manifests.read(folder / "kustomization.yaml")[0].get("configMapGenerator", ()),
        )
    ]
    assert len(rendered) == len(manifests.resources(manifests.MANIFESTS)) + len(added)
    (container,) = manifests.the("Deployment", NAME, rendered)["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["image"] == f"clusterimport:{__version__}"
    flags = {"authentication-from": GATE, "metrics-secure": "--metrics-secure"}
    assert container["args"] == [flags[name] for name in parts if name in flags] + [OWN] * own
    ports = {port["name"] for port in container["ports"]}
    assert ports == ({"http", "https"} if "metrics-secure" in parts else {"http"})


def test_the_gate_comes_with_its_right() -> None:
    """Who opens the gate may read the Secrets of this namespace, and nothing else."""
    added = manifests.resources(manifests.MANIFESTS / "components" / "authentication-from")
    role = manifests.the("Role", f"{NAME}-authentication-from", added)
    assert role["rules"] == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]


@needs_kubectl
def test_secure_metrics_are_scraped_where_they_are_served(tmp_path: Path) -> None:
    """ServiceMonitor, Service, NetworkPolicy and container name one port; probes the other one."""
    rendered = composed(tmp_path, "monitoring-secure")
    (container,) = manifests.the("Deployment", NAME, rendered)["spec"]["template"]["spec"][
        "containers"
    ]
    assert {"name": "https", "containerPort": 8443, "protocol": "TCP"} in container["ports"]
    assert container["livenessProbe"]["httpGet"]["port"] == "http"
    service = manifests.the("Service", f"{NAME}-metrics", rendered)
    (port,) = service["spec"]["ports"]
    assert (port["name"], port["targetPort"]) == ("https", "https")
    policy = manifests.the("NetworkPolicy", NAME, rendered)
    assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": "https"}]
    monitor = manifests.the("ServiceMonitor", NAME, rendered)["spec"]
    (endpoint,) = monitor["endpoints"]
    assert (endpoint["port"], endpoint["scheme"]) == ("https", "https")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()


def test_secure_metrics_come_with_the_two_rights_and_no_more() -> None:
    """Reviews may be made; the right to see metrics is bound to nobody."""
    added = manifests.resources(manifests.MANIFESTS / "components" / "metrics-secure")
    reviews = manifests.the("ClusterRole", f"{NAME}-metrics-reviews", added)
    assert [(rule["resources"], rule["verbs"]) for rule in reviews["rules"]] == [
        (["tokenreviews"], ["create"]),
        (["subjectaccessreviews"], ["create"]),
    ]
    reader = manifests.the("ClusterRole", f"{NAME}-metrics-reader", added)
    assert reader["rules"] == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    (binding,) = manifests.of_kind("ClusterRoleBinding", added)
    assert binding["roleRef"]["name"] == reviews["metadata"]["name"]
