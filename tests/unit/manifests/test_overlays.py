"""What the overlays that are ready make of the controller's objects."""

import shutil
import subprocess

import pytest

from development import manifests
from development.manifests import Document

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

NAME = "clusterpedia-controller-manager"
CONTROLLER = manifests.resources(manifests.MANIFESTS)


def built(overlay: str) -> list[Document]:
    folder = manifests.MANIFESTS / "overlays" / overlay
    output = subprocess.run(
        [str(shutil.which("kubectl")), "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return manifests.parsed(output)


def identities(objects: list[Document]) -> set[tuple[str, str]]:
    return {(obj["kind"], obj["metadata"]["name"]) for obj in objects}


def test_o3_beside_clusterpedias_chart_nothing_has_a_name_of_the_charts() -> None:
    """Neither its Deployment is replaced, nor its binding reaches our ServiceAccount."""
    objects = built("clusterpedia-helm")
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
    objects = built("clusterpedia-helm")
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
