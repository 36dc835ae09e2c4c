"""What a person sees and types: short names, a category, selectors, and tables that fit."""

from pathlib import Path

import pytest

from development.controller import condition
from development.controlplane.client import Rows
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms, readme

needs_kubectl = pytest.mark.skipif(readme.kubectl_is_missing(), reason="kubectl is not installed")

LABEL = "policy.clusterpedia.io/policy"
WIDTH = 100
NAMES = {
    LIFECYCLE: "default-capi-quickstart",
    POLICY: "cluster-api",
    PEDIACLUSTER: "default-capi-quickstart",
}


@pytest.fixture
def world(our_world: World) -> World:
    """Give a test a policy with one cluster that is imported and one that is refused."""
    our_world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    our_world.apply(
        platforms.policy("p"),
        platforms.cluster("one"),
        platforms.cluster("refused", server="http://192.0.2.9"),
        platforms.policy("other"),
    )
    our_world.controller()
    our_world.until_pediacluster("p-one")
    our_world.until_pediacluster("other-one")
    our_world.until_reason(LIFECYCLE, "p-refused", "Created", "CredentialRejected")
    our_world.until_settled("p")
    return our_world


@pytest.fixture
def shell(world: World, tmp_path: Path) -> readme.Shell:
    return readme.Shell(world.control_plane.admin_kubeconfig(tmp_path / "admin"), tmp_path)


def width(rows: Rows) -> int:
    """Return how wide kubectl prints a table: three spaces between columns."""
    columns = [[name, *(str(row[name]) for row in rows)] for name in rows[0]]
    return sum(max(map(len, column)) for column in columns) + 3 * (len(columns) - 1)


def test_tables_say_why_something_is_not_ready(world: World) -> None:
    """The reason stands beside the status, and the numbers of a policy beside each other."""
    (policy,) = [row for row in rows_of(world, POLICY) if row["Name"] == "p"]
    assert (policy["Validated"], policy["Ready"]) == ("Success", "False")
    assert policy["Reason"] == condition(world.policy("p"), "Ready")["reason"]
    numbers = [policy[name] for name in ("Selected", "Imported", "Waiting", "Failed")]
    assert numbers == [2, 1, 0, 1]
    (refused,) = [row for row in rows_of(world, LIFECYCLE) if row["Name"] == "p-refused"]
    assert (refused["Ready"], refused["Reason"]) == ("False", "CredentialRejected")
    assert (refused["Policy"], refused["Source"]) == ("p", "refused")


@pytest.mark.parametrize("kind", [POLICY, LIFECYCLE, PEDIACLUSTER])
def test_tables_fit_a_terminal(world: World, kind: str) -> None:
    """With names of usual length no line has more than a hundred characters."""
    longest = {
        "Name": NAMES[kind],
        "Policy": "cluster-api",
        "Source": "capi-quickstart",
        "Reason": "ReferenceResourceNotFound" if kind == LIFECYCLE else "ClustersNotReady",
        "Version": "v1.34.2",
        "APIServer": "https://capi-quickstart.example.com:6443",
        "Age": "100d",
    }
    rows = rows_of(world, kind)
    assert rows
    usual = [{name: longest.get(name, cell) for name, cell in row.items()} for row in rows]
    assert width(usual) <= WIDTH


def rows_of(world: World, kind: str) -> Rows:
    api_version = CLUSTER_API if kind == PEDIACLUSTER else POLICY_API
    return world.admin.table(world.admin.path(api_version, kind))


@needs_kubectl
def test_short_names_and_the_category(world: World, shell: readme.Shell) -> None:
    """`cip`, `pcl`, and everything of Clusterpedia at once."""
    del world
    assert shell.run("kubectl get cip -o name").split() == [
        "clusterimportpolicy.policy.clusterpedia.io/other",
        "clusterimportpolicy.policy.clusterpedia.io/p",
    ]
    assert "pediaclusterlifecycle.policy.clusterpedia.io/p-one" in shell.run(
        "kubectl get pcl -o name"
    )
    everything = shell.run("kubectl get clusterpedia -o name").split()
    assert {each.partition(".")[0] for each in everything} == {
        "clusterimportpolicy",
        "pediaclusterlifecycle",
        "pediacluster",
    }
    for resource in ("cip", "pcl", "pediacluster"):
        for line in shell.run(f"kubectl get {resource}").splitlines():
            assert len(line) <= WIDTH


@needs_kubectl
def test_what_is_of_a_policy_is_selected_by_its_label(world: World, shell: readme.Shell) -> None:
    """On what was created; where nothing of it stands no label is added later."""
    own = shell.run(f"kubectl get pcl,pediaclusters -l {LABEL}=p -o name").split()
    assert sorted(each.partition("/")[2] for each in own) == ["p-one", "p-one", "p-refused"]

    patch = {"metadata": {"labels": {LABEL: None}}}
    world.admin.patch(POLICY_API, LIFECYCLE, "p-one", patch)
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, "p-one", patch)
    world.remains(
        lambda: not world.pediacluster("p-one")["metadata"].get("labels"), "no label", seconds=3
    )
    assert not world.lifecycle("p-one")["metadata"].get("labels")


@needs_kubectl
def test_fields_select_where_the_server_has_them(world: World, shell: readme.Shell) -> None:
    """With the setup that has them, which changes no object; the other one takes them off again."""
    if int(world.admin.get("/version")["minor"]) < 31:
        pytest.skip("servers before Kubernetes 1.31 have none")
    before = world.lifecycle("p-one")
    shell.run("kubectl apply --server-side --force-conflicts -k manifests/overlays/setup")
    select = "kubectl get pcl --field-selector spec.source.name=refused -o name"
    world.until(lambda: len(shell.run(select).split()) == 2, "it selects")
    assert world.lifecycle("p-one") == before
    shell.run("kubectl apply --server-side --force-conflicts -k manifests/setup")
