"""The Helm chart on a real API server, by the very commands of its README and of its notes."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from development import clusterpedia, manifests
from development.chart import CHART
from development.controlplane.ports import free_ports
from development.controlplane.rest import ApiFailure
from development.world import NAMESPACE, PEDIACLUSTER, World
from tests.harness import helm, readme

pytestmark = pytest.mark.skipif(readme.kubectl_is_missing(), reason="kubectl is not installed")

README = "charts/clusterimport/README.md"
NAME = "clusterpedia-controller-manager"
APPS, RBAC, CRDS = "apps/v1", "rbac.authorization.k8s.io/v1", "apiextensions.k8s.io/v1"
HARDENED = CHART / "values-hardened.yaml"
CLUSTERPEDIAS_CHART = manifests.ROOT / "tests" / "harness" / "charts" / "clusterpedia"
CLUSTER = {
    "apiVersion": "cluster.clusterpedia.io/v1alpha2",
    "kind": PEDIACLUSTER,
    "metadata": {"name": "stays"},
    "spec": {"apiserver": "https://192.0.2.1:6443", "syncResources": []},
}
MONITORING = "serviceMonitor.enabled=true,prometheusRule.enabled=true,dashboard.enabled=true"


@pytest.fixture(scope="module")
def helm_program() -> Path:
    return helm.program()


@pytest.fixture
def shell(empty: World, tmp_path: Path, helm_program: Path) -> readme.Shell:
    kubeconfig = empty.control_plane.admin_kubeconfig(tmp_path / "admin")
    return readme.Shell(kubeconfig, tmp_path, helm_program)


def the_chart_installs() -> tuple[str, str]:
    """Return README's commands that install, and that add a policy."""
    install, upgrade, test, *_ = readme.commands(README, "Helm chart of clusterimport")
    assert (install[:12], upgrade[:12], test[:9]) == ("helm install", "helm upgrade", "helm test")
    return install, upgrade


def test_every_object_passes_the_servers_eyes(empty: World, shell: readme.Shell) -> None:
    """`helm template | kubectl apply --dry-run=server` takes all of it, without a warning."""
    for name, plural in (
        ("ServiceMonitor", "servicemonitors"),
        ("PrometheusRule", "prometheusrules"),
    ):
        empty.apply(operators_type(name, plural))
    shell.run(f"kubectl create namespace {NAMESPACE}")
    policies = sorted(path.parent.name for path in manifests.EXAMPLES.glob("*/policy.yaml"))
    for name in policies:
        for role in manifests.example(name, "clusterrole"):
            if role["metadata"].get("namespace") not in (None, NAMESPACE):
                shell.run(
                    f"kubectl create namespace {role['metadata']['namespace']} --dry-run=client "
                    "-o yaml | kubectl apply -f -"
                )
    render = f"helm template clusterimport {CHART} -n {NAMESPACE} --no-hooks 2> /dev/null"
    apply = (
        "kubectl apply --server-side --force-conflicts --dry-run=server --warnings-as-errors -f -"
    )
    shell.run(f"{render} --set authenticationFrom=true,{MONITORING} | {apply}")
    shell.run(f"{render} --values {HARDENED} | {apply}")

    shell.run("kubectl apply -k manifests/crds")
    shell.run(f"{render} --set 'policies={{{','.join(policies)}}}' | {apply}")


def test_installed_upgraded_and_removed_by_helm(
    empty: World, shell: readme.Shell, tmp_path: Path
) -> None:
    """README's commands: the first cluster comes, N+1 changes only what is new, imports stay."""
    install, with_policy = the_chart_installs()
    with pytest.raises(AssertionError, match="Install without policies"):
        shell.run(f"{install} --set 'policies={{mcp}}'")
    notes = shell.run(install)
    assert "There is no policy of this release yet" in notes
    run_what_notes_say(shell, notes)
    shell.run("kubectl apply -f examples/policies/mcp/platform-crd.yaml")
    notes = shell.run(with_policy.replace("cluster-api", "mcp"))
    assert "Policies of the catalogue: mcp" in notes
    run_what_notes_say(shell, notes)
    shell.run("kubectl apply -f examples/policies/mcp/samples.yaml")
    empty.controller()
    empty.until(lambda: empty.names(PEDIACLUSTER), "the first PediaCluster")
    before = uids(empty)
    role = empty.admin.read(RBAC, "ClusterRole", f"{NAME}-sources")
    assert role["rules"]

    shell.run(f"helm upgrade clusterimport {next_chart(tmp_path)} -n {NAMESPACE} --reuse-values")
    assert uids(empty) == before
    crd = empty.admin.read(CRDS, manifests.CRD, "clusterimportpolicies.policy.clusterpedia.io")
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert "newField" in spec["properties"]
    deployment = empty.admin.read(APPS, "Deployment", NAME, NAMESPACE)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example/clusterimport:0.2.0"
    # Kubernetes fills these in; a release of ours does not take them away for a moment.
    assert empty.admin.read(RBAC, "ClusterRole", f"{NAME}-sources")["rules"] == role["rules"]

    shell.run(
        f"helm upgrade clusterimport {CHART} -n {NAMESPACE} --reuse-values --set crds.enabled=false"
    )
    assert uids(empty) == before
    (uninstall,) = readme.commands(README, "Upgrade, roll back, uninstall")
    shell.run(uninstall)
    assert uids(empty) == before
    left = shell.run(
        "kubectl get deployments,poddisruptionbudgets,networkpolicies,services,serviceaccounts,"
        f"roles,rolebindings -n {NAMESPACE} -l app.kubernetes.io/instance=clusterimport -o name"
    )
    assert left == ""
    kinds = shell.run("kubectl get clusterroles,clusterrolebindings -o name").splitlines()
    ours = [each for each in kinds if "clusterpedia" in each]
    if ours:
        # Kubernetes may put the role back that it fills, as long as it has not seen it go.
        assert ours == [f"clusterrole.rbac.authorization.k8s.io/{NAME}-sources"]
        again = empty.admin.read(RBAC, "ClusterRole", f"{NAME}-sources")
        assert again["metadata"]["uid"] != role["metadata"]["uid"]

    shell.run(f"{install} --take-ownership --set 'policies={{mcp}}'")
    assert uids(empty) == before


def test_it_takes_the_place_of_clusterpedias_chart(empty: World, shell: readme.Shell) -> None:
    """Helm refuses while theirs is there; README's commands swap it, and we get no right of its."""
    for crd in clusterpedia.crds():  # as the hook of their chart applies them
        empty.admin.install_crd(crd)
    theirs = f"helm install clusterpedia {CLUSTERPEDIAS_CHART} -n {NAMESPACE} --create-namespace"
    shell.run(theirs)
    empty.apply(CLUSTER)
    before = empty.pediacluster("stays")
    install, _ = the_chart_installs()
    with pytest.raises(AssertionError, match="cannot be imported into the current release"):
        shell.run(install)
    old = empty.admin.read(APPS, "Deployment", NAME, NAMESPACE)
    assert old["metadata"]["labels"]["app.kubernetes.io/name"] == "clusterpedia"

    for command in readme.commands(README, "In place of Clusterpedia's own chart"):
        shell.run(command.replace("clusterpedia/clusterpedia", str(CLUSTERPEDIAS_CHART)))
    deployment = empty.admin.read(APPS, "Deployment", NAME, NAMESPACE)
    assert deployment["spec"]["selector"] == {"matchLabels": {"app": NAME}}
    assert deployment["metadata"]["uid"] != old["metadata"]["uid"]
    after = empty.pediacluster("stays")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["spec"] == before["spec"]
    theirs_again = f"helm upgrade clusterpedia {CLUSTERPEDIAS_CHART} -n {NAMESPACE} --reuse-values"
    shell.run(theirs_again)
    who = f"--as=system:serviceaccount:{NAMESPACE}"
    can = "kubectl auth can-i delete secrets -A"
    assert shell.run(f"{can} {who}:{NAME}").strip() == "yes"
    assert shell.run(f"{can} {who}:clusterimport || true").strip() == "no"
    assert shell.run(f"kubectl auth can-i patch pediaclusters {who}:clusterimport").strip() == "yes"


def test_the_test_of_the_release_asks_whether_a_replica_is_ready(
    empty: World, shell: readme.Shell
) -> None:
    """What its Pod runs ends with 0 where the Service leads to a ready replica, else with 1."""
    install, _ = the_chart_installs()
    shell.run(install)
    hooks = list(yaml.safe_load_all(shell.run(f"helm get hooks clusterimport -n {NAMESPACE}")))
    (pod,) = manifests.of_kind("Pod", hooks)
    python, *arguments, url = pod["spec"]["containers"][0]["command"]
    assert python == "/opt/clusterimport/bin/python"
    service = empty.admin.read("v1", "Service", f"{NAME}-metrics", NAMESPACE)
    (port,) = service["spec"]["ports"]
    assert url.startswith(f"http://{service['metadata']['name']}:{port['port']}/")
    controller = empty.controller()
    path = url.rsplit("/", 1)[1]

    def ask(address: str) -> int:
        command = [sys.executable, *arguments, f"{address}/{path}"]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert ask(f"http://127.0.0.1:{controller.port}") == 0
    assert ask("http://127.0.0.1:1") == 1
    (policy,) = manifests.of_kind("NetworkPolicy", hooks)
    assert policy["spec"]["ingress"][0]["from"] == [
        {"podSelector": {"matchLabels": {"app": pod["metadata"]["labels"]["app"]}}}
    ]


def test_hardened_the_test_of_the_release_asks_whether_metrics_are_kept(
    empty: World, shell: readme.Shell
) -> None:
    """By README's command; and nobody else makes a lease of the controller's name."""
    install, _ = the_chart_installs()
    notes = shell.run(install)
    assert "values-hardened.yaml" in notes
    harden, test = readme.commands(README, "Hardened")
    assert test.startswith("helm test")
    notes = shell.run(harden)
    assert f"{NAME}-metrics-reader" in notes
    assert "values-hardened.yaml" not in notes
    hooks = list(yaml.safe_load_all(shell.run(f"helm get hooks clusterimport -n {NAMESPACE}")))
    (pod,) = manifests.of_kind("Pod", hooks)
    _, *arguments, url = pod["spec"]["containers"][0]["command"]
    service = empty.admin.read("v1", "Service", f"{NAME}-metrics", NAMESPACE)
    (exposed,) = service["spec"]["ports"]
    assert url == f"https://{service['metadata']['name']}:{exposed['port']}/metrics"
    (port,) = free_ports(1)
    secure = f"--metrics-secure-bind-address=127.0.0.1:{port}"
    empty.controller("--metrics-secure", secure)

    def ask(address: str) -> int:
        command = [sys.executable, *arguments, f"{address}/metrics"]
        return subprocess.run(command, capture_output=True, check=False).returncode

    assert ask(f"https://127.0.0.1:{port}") == 0
    assert ask("https://127.0.0.1:1") == 1
    shows_all = empty.controller(ready=False)
    empty.until(lambda: shows_all.probe("/metrics") == 200, "it shows metrics to anybody")
    assert ask(f"http://127.0.0.1:{shows_all.port}") == 1
    lease = {"metadata": {"name": NAME, "namespace": "default"}, "spec": {}}
    empty.until(lambda: is_refused(empty, lease), "the guard of the lease is in force")


def is_refused(world: World, lease: dict[str, Any]) -> bool:
    """Whether a lease is not created; it is removed where it is."""
    try:
        world.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **lease})
    except ApiFailure as failure:
        return "belong into the namespace of the controller" in str(failure)
    world.admin.delete("coordination.k8s.io/v1", "Lease", NAME, "default")
    return False


def run_what_notes_say(shell: readme.Shell, notes: str) -> None:
    """Run the commands of the notes, but for what needs Pods that run, or a leader."""
    commands = re.findall(r"^  ((?:kubectl|helm) .*)$", notes, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        if " lease " not in command and not command.startswith("helm test"):
            shell.run(command)


def next_chart(folder: Path) -> Path:
    """Return the chart of a version to come, whose CRD has one more field."""
    chart = folder / "next"
    shutil.copytree(CHART, chart)
    about = (chart / "Chart.yaml").read_text()
    (chart / "Chart.yaml").write_text(about.replace("0.1.0", "0.2.0"))
    (path,) = chart.glob("files/manifests/crds/*clusterimportpolicies.yaml")
    crd = yaml.safe_load(path.read_text())
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["newField"] = {"type": "string"}
    path.write_text(json.dumps(crd))
    return chart


def operators_type(kind: str, plural: str) -> dict[str, Any]:
    """Return a type of the Prometheus operator, which takes any fields here."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": anything},
    }
    return {
        "apiVersion": CRDS,
        "kind": manifests.CRD,
        "metadata": {"name": f"{plural}.monitoring.coreos.com"},
        "spec": {
            "group": "monitoring.coreos.com",
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [version],
        },
    }


def uids(world: World) -> dict[str, str]:
    """Return the CRDs, policies and PediaClusters that are not on their way out, by name."""
    found = [
        *world.admin.list(CRDS, manifests.CRD),
        *world.admin.list("policy.clusterpedia.io/v1alpha1", "ClusterImportPolicy"),
        *world.admin.list("cluster.clusterpedia.io/v1alpha2", PEDIACLUSTER),
    ]
    return {
        obj["metadata"]["name"]: obj["metadata"]["uid"]
        for obj in found
        if not obj["metadata"].get("deletionTimestamp")
    }
