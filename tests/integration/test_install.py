"""Installing, upgrading and removing, by the very commands of the documents."""

import re
from pathlib import Path

import pytest

from development import clusterpedia, manifests
from development.controlplane.ports import free_ports
from development.manifests import ROOT
from development.world import LIFECYCLE, NAMESPACE, PEDIACLUSTER, World
from tests.harness import readme

pytestmark = pytest.mark.skipif(readme.kubectl_is_missing(), reason="kubectl is not installed")

FIRST = ("README.md", "Your first cluster in five commands")
INSTALL = ("docs/install.md", "Install")
REMOVE = ("docs/install.md", "Upgrade, roll back, uninstall")
SWAP = ("docs/swap.md", "Swap it for Clusterpedia's controller-manager")


@pytest.fixture
def shell(empty: World, tmp_path: Path) -> readme.Shell:
    return readme.Shell(empty.control_plane.admin_kubeconfig(tmp_path / "admin"), tmp_path)


def kubectl(section: tuple[str, str]) -> list[str]:
    found = [each for each in readme.commands(*section) if each.startswith("kubectl")]
    assert found
    return found


def test_p5_five_commands_import_the_first_cluster(
    empty: World, shell: readme.Shell, tmp_path: Path
) -> None:
    """With README alone, on an empty API server; then Ctrl-C ends the controller."""
    setup, platform, controller, policy, look = readme.commands(*FIRST)
    assert controller == "make run"
    for command in (setup, platform):
        shell.run(command)
    log = tmp_path / "controller.log"
    (port,) = free_ports(1)
    address = f"ARGS=--metrics-bind-address=127.0.0.1:{port}"
    with shell.running(f"{controller} {address}", log) as running:
        # make installs what is missing, and Python compiles all of it the first time.
        empty.until(
            lambda: running.poll() is not None or "lease acquired" in log.read_text(),
            "it leads",
            timeout_seconds=100,
        )
        assert running.poll() is None, log.read_text()
        shell.run(policy)
        empty.until_pediacluster("mcp-cluster-1")
        empty.until_reason(LIFECYCLE, "mcp-cluster-2", "Created", "WaitCreationCondition")
        table = shell.run(look)
    assert "mcp-cluster-1" in table
    assert "WaitCreationCondition" in table
    # What README shows has the columns that there are.
    shown = (ROOT / "README.md").read_text()
    heads = [line for line in table.splitlines() if line.startswith("NAME")]
    assert len(heads) == 3
    for head in heads:
        assert re.search(r"\s+".join(head.split()), shown), head


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
    """Also where Clusterpedia's manifests were applied over ours, documented commands remove it."""
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
