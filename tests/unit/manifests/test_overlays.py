"""What the overlays that are ready make of the controller's objects."""

from functools import cache

from development import manifests
from development.manifests import Document
from tests.harness.kustomize import built, needs_kubectl

pytestmark = needs_kubectl

NAME = "clusterpedia-controller-manager"
CONTROLLER = manifests.resources(manifests.MANIFESTS)


@cache
def overlay(name: str) -> list[Document]:
    return built(manifests.MANIFESTS / "overlays" / name)


def identities(objects: list[Document]) -> set[tuple[str, str]]:
    return {(obj["kind"], obj["metadata"]["name"]) for obj in objects}


def test_o3_beside_clusterpedias_chart_nothing_has_a_name_of_the_charts() -> None:
    """Neither its Deployment is replaced, nor its binding reaches our ServiceAccount."""
    objects = overlay("clusterpedia-helm")
    ours = f"clusterimport-{NAME}"
    assert identities(objects) == {
        (kind, f"clusterimport-{name}") for kind, name in identities(CONTROLLER)
    }
    deployment = manifests.the("Deployment", ours, objects)["spec"]
    pod = deployment["template"]
    assert pod["spec"]["serviceAccountName"] == ours
    # The chart's Pods have `app: clusterpedia-controller-manager`.
    selector = {"app": "clusterimport"}
    assert deployment["selector"] == {"matchLabels": selector}
    assert pod["metadata"]["labels"]["app"] == "clusterimport"
    service = manifests.the("Service", f"{ours}-metrics", objects)
    assert service["spec"]["selector"] == selector
    budget = manifests.the("PodDisruptionBudget", ours, objects)
    assert budget["spec"]["selector"] == {"matchLabels": selector}
    policy = manifests.the("NetworkPolicy", ours, objects)
    assert policy["spec"]["podSelector"] == {"matchLabels": selector}


def test_o3_beside_clusterpedias_chart_the_lease_is_clusterpedias() -> None:
    """In the release's namespace, which is the Pod's, and under the usual name."""
    objects = overlay("clusterpedia-helm")
    ours = f"clusterimport-{NAME}"
    deployment = manifests.the("Deployment", ours, objects)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == []
    role = manifests.the("Role", ours, objects)
    assert role["metadata"]["namespace"] == deployment["metadata"]["namespace"]
    assert [rule.get("resourceNames") for rule in role["rules"]] == [None, [NAME]]
    for kind in ("Role", "ClusterRole"):
        for binding in manifests.of_kind(f"{kind}Binding", objects):
            assert (kind, binding["roleRef"]["name"]) in identities(objects)
            (subject,) = binding["subjects"]
            assert (subject["name"], subject["namespace"]) == (ours, "clusterpedia-system")


def test_every_overlay_is_built_here() -> None:
    """None is added without a look at what comes of it."""
    folders = {
        str(path.parent.relative_to(manifests.MANIFESTS / "overlays"))
        for path in (manifests.MANIFESTS / "overlays").rglob("kustomization.yaml")
    }
    tested = {"default", "clusterpedia-helm", "hardened", "karmada", "karmada/rights", "setup"}
    assert folders == tested


def test_the_default_is_what_readme_installs() -> None:
    """`manifests/` and the overlay to copy are one."""
    assert identities(overlay("default")) == identities(CONTROLLER)
    assert overlay("default") == overlay("..")


def test_the_setup_with_fields_to_select_by_is_the_setup() -> None:
    """Nothing else differs, so that one can be applied over the other."""
    plain = {obj["metadata"]["name"]: obj for obj in overlay("../setup")}
    for obj in overlay("setup"):
        if obj["kind"] == "CustomResourceDefinition":
            obj["spec"]["versions"][0].pop("selectableFields", None)
        assert obj == plain.pop(obj["metadata"]["name"])
    assert not plain


def test_the_hardened_one_secures_metrics_and_the_leases_name() -> None:
    """Both come with what they need; nothing of the controller is missing."""
    objects = overlay("hardened")
    assert identities(objects) >= identities(CONTROLLER)
    deployment = manifests.the("Deployment", NAME, objects)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["--metrics-secure"]
    policy = manifests.the("ValidatingAdmissionPolicy", f"{NAME}-lease", objects)
    (selected,) = policy["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert deployment["metadata"]["namespace"] in selected["values"]
    binding = manifests.the("ValidatingAdmissionPolicyBinding", f"{NAME}-lease", objects)
    assert binding["spec"]["policyName"] == f"{NAME}-lease"


def test_karmadas_two_halves_are_the_controller() -> None:
    """What runs is in the host cluster, what it may do in Karmada's API server, nothing in both."""
    host, rights = overlay("karmada"), overlay("karmada/rights")
    account = {("ServiceAccount", NAME)}
    assert identities(host) | identities(rights) == identities(CONTROLLER)
    assert identities(host) & identities(rights) == account
    kinds = {kind for kind, _ in identities(rights) - account}
    assert kinds == {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
    assert {obj["metadata"]["namespace"] for obj in host} == {"karmada-system"}


def test_in_the_host_cluster_it_has_karmadas_kubeconfig_and_nothing_else() -> None:
    """It is mounted from the Secret, and no token of the host comes along."""
    objects = overlay("karmada")
    pod = manifests.the("Deployment", NAME, objects)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == [
        "--kubeconfig=/etc/karmada/kubeconfig",
        "--leader-elect-resource-namespace=clusterpedia-system",
    ]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {"tmp": "/tmp", "karmada": "/etc/karmada"}
    secrets = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert secrets == [{"secretName": f"{NAME}-karmada"}]
    assert pod["automountServiceAccountToken"] is False
    policy = manifests.the("NetworkPolicy", NAME, objects)
    assert 5443 in {port["port"] for port in policy["spec"]["egress"][1]["ports"]}
