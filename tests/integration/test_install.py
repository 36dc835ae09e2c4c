"""Installing, upgrading and removing, by the very commands of README."""

from pathlib import Path

import pytest

from development import clusterpedia, manifests
from development.world import NAMESPACE, PEDIACLUSTER, World
from tests.harness import readme

pytestmark = pytest.mark.skipif(readme.kubectl_is_missing(), reason="kubectl is not installed")

INSTALL = "Install"
REMOVE = "Upgrade, roll back, uninstall"
SWAP = "Swap it for Clusterpedia's controller-manager"


@pytest.fixture
def shell(empty: World, tmp_path: Path) -> readme.Shell:
    return readme.Shell(empty.control_plane.admin_kubeconfig(tmp_path / "admin"), tmp_path)


def kubectl(section: str) -> list[str]:
    found = [each for each in readme.commands("README.md", section) if each.startswith("kubectl")]
    assert found
    return found


def test_p5_five_commands_import_the_first_cluster(empty: World, shell: readme.Shell) -> None:
    """An empty API server, README's two commands, a policy with its rights: it is imported."""
    setup, controller, *_ = kubectl(INSTALL)
    for command in (setup, controller):
        shell.run(command)
    shell.run("kubectl apply -f examples/policies/mcp/platform-crd.yaml")
    for name in ("clusterrole", "policy"):
        shell.run(f"kubectl apply -f examples/policies/mcp/{name}.yaml")
    shell.run("kubectl apply -f examples/policies/mcp/samples.yaml")
    empty.controller()
    empty.until(lambda: empty.names(PEDIACLUSTER), "the first PediaCluster")


def test_o1_removing_the_controller_leaves_what_it_imported(
    empty: World, shell: readme.Shell
) -> None:
    """Uninstalling, and installing again, leave namespace, types and PediaClusters as they were."""
    for command in kubectl(INSTALL)[:2]:
        shell.run(command)
    neighbour = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "of-clusterpedia", "namespace": NAMESPACE},
    }
    cluster = {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": PEDIACLUSTER,
        "metadata": {"name": "stays"},
        "spec": {"apiserver": "https://192.0.2.1:6443", "syncResources": []},
    }
    empty.apply(neighbour, cluster)
    before = uids(empty)
    upgrade = [each for each in kubectl(REMOVE) if " apply " in each]
    removal = [each for each in kubectl(REMOVE) if " delete " in each]
    for command in upgrade:
        shell.run(command)
    # The lease is there only where a controller has led.
    for command in removal[:2]:
        shell.run(command)

    assert uids(empty) == before
    assert empty.admin.read("v1", "ConfigMap", "of-clusterpedia", NAMESPACE)
    left = shell.run(
        "kubectl get deployments,poddisruptionbudgets,networkpolicies,services,serviceaccounts,"
        f"roles,rolebindings -n {NAMESPACE} -l app.kubernetes.io/name=clusterimport -o name"
    )
    assert left == ""
    assert "clusterpedia" not in shell.run("kubectl get clusterroles,clusterrolebindings -o name")

    for command in upgrade:
        shell.run(command)
    assert uids(empty) == before


def test_o2_nothing_of_ours_binds_clusterpedias_pods_after_the_way_back(
    empty: World, shell: readme.Shell
) -> None:
    """Also where Clusterpedia's manifests were applied over ours, README's commands remove it."""
    for command in kubectl(INSTALL)[:2]:
        shell.run(command)
    budget = empty.admin.read(
        "policy/v1", "PodDisruptionBudget", "clusterpedia-controller-manager", NAMESPACE
    )
    assert "minAvailable" not in budget["spec"]
    for command in kubectl(SWAP):
        if " delete " in command:
            shell.run(command)

    kinds = "poddisruptionbudgets,networkpolicies,services,roles,rolebindings"
    ours = "-l app.kubernetes.io/name=clusterimport -o name"
    assert shell.run(f"kubectl get {kinds} -n {NAMESPACE} {ours}") == ""
    assert shell.run(f"kubectl get clusterroles,clusterrolebindings {ours}") == ""
    assert "deployment.apps" in shell.run(f"kubectl get deployments -n {NAMESPACE} -o name")


def test_the_types_of_clusterpedia_can_be_upgraded_to_ours(
    empty: World, shell: readme.Shell
) -> None:
    """On Clusterpedia's CRDs the first command adds our fields and loses no object."""
    for crd in clusterpedia.crds():
        empty.admin.install_crd(crd)
    (policy,) = manifests.example("karmada", "policy")
    empty.apply(policy)
    for command in kubectl(INSTALL)[:2]:
        shell.run(command)
    found = empty.policy(policy["metadata"]["name"])
    assert found["spec"] == policy["spec"]


def uids(world: World) -> dict[str, str]:
    """Return namespace, CRDs and PediaClusters, by name."""
    crds = world.admin.list("apiextensions.k8s.io/v1", manifests.CRD)
    clusters = world.admin.list("cluster.clusterpedia.io/v1alpha2", PEDIACLUSTER)
    namespace = world.admin.read("v1", "Namespace", NAMESPACE)
    return {
        obj["metadata"]["name"]: obj["metadata"]["uid"]
        for obj in (namespace, *crds, *clusters)
        if not obj["metadata"].get("deletionTimestamp")
    }
