"""``discover`` on a server with platforms imported, ready, out of sight and unknown (F8)."""

import json
from pathlib import Path
from typing import Any

import pytest

from clusterimport.authoring.documents import Document
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Outcome
from development import manifests
from development.world import PEDIACLUSTER, POLICY, World
from tests.harness.commandline import assert_one_line, shell
from tests.harness.dumps import writes_by
from tests.harness.platforms import SECRETS_RULE
from tests.harness.samplecrds import crds_of

RBAC = "rbac.authorization.k8s.io"
READ = ["get", "list"]
PLATFORMS = sorted(folder.name for folder in manifests.EXAMPLES.iterdir() if folder.is_dir())


def catalogue(folder: Path, *platforms: str) -> Path:
    """Lay examples down as a catalogue."""
    for platform in platforms:
        target = folder / platform
        target.mkdir(parents=True)
        for name in ("policy.yaml", "clusterrole.yaml"):
            (target / name).write_text((manifests.EXAMPLES / platform / name).read_text())
    return folder


def person(world: World, name: str, *groups: str) -> str:
    """Write the kubeconfig of a person who may read everything of these groups, and Secrets."""
    rules = [
        {"apiGroups": [group], "resources": ["*"], "verbs": READ}
        for group in ("policy.clusterpedia.io", "cluster.clusterpedia.io", *groups)
    ]
    common = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": name}}
    world.apply(
        {**common, "kind": "ClusterRole", "rules": [*rules, SECRETS_RULE]},
        {
            **common,
            "kind": "ClusterRoleBinding",
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": name}],
        },
    )
    path = world.folder / f"{name}.kubeconfig"
    path.write_text(world.control_plane.user_access(name).kubeconfig())
    return str(path)


def unknown_platform() -> list[dict[str, object]]:
    """Return a type that no catalogue knows, and an object of it."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    names = {"plural": "gadgetclusters", "singular": "gadgetcluster", "kind": "GadgetCluster"}
    return [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": manifests.CRD,
            "metadata": {"name": "gadgetclusters.gadgets.example.com"},
            "spec": {
                "group": "gadgets.example.com",
                "names": {**names, "listKind": "GadgetClusterList"},
                "scope": "Cluster",
                "versions": [version],
            },
        },
        {
            "apiVersion": "gadgets.example.com/v1",
            "kind": "GadgetCluster",
            "metadata": {"name": "gadget"},
        },
    ]


def test_f8_each_platform_is_told_and_the_rest_is_imported_with_what_is_laid_down(
    our_world: World, tmp_path: Path
) -> None:
    """Two are imported, one is ready, one may not be seen, one is unknown, one is not here."""
    world = our_world
    for platform in ("cluster-api", "mcp", "karmada"):
        world.apply_example(platform, "platform-crd", "samples")
    world.apply_example("vcluster", "samples")
    world.apply(*unknown_platform())
    for platform in ("cluster-api", "vcluster"):
        world.apply_example(platform, "clusterrole", "policy")
    world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) >= 4, "two platforms are imported")
    for policy in ("cluster-api", "vcluster"):
        world.until_settled(policy)
    before = world.names(PEDIACLUSTER)

    folder = catalogue(tmp_path / "catalogue", "cluster-api", "karmada", "mcp", "vcluster")
    jane = person(world, "jane", "cluster.x-k8s.io", "cluster.mcp.io", "gadgets.example.com")
    ask = ("discover", "--kubeconfig", jane, "--catalogue", folder)
    told = shell(*ask, "-o", "json")
    assert told.code == 0, told.err
    found = {each["platform"]: each for each in json.loads(told.out)}
    assert {name: each["state"] for name, each in found.items()} == {
        # One of its samples waits for its control plane.
        "cluster-api": "Waiting",
        "karmada": "NoRights",
        "mcp": "Ready",
        "vcluster": "Imported",
        "GadgetCluster": "Unknown",
    }
    assert found["cluster-api"]["importedBy"] == {"cluster-api": 1}
    assert found["vcluster"]["importedBy"] == {"vcluster": 3}
    assert found["karmada"]["missingRights"] == ["list clusters.cluster.karmada.io"]
    assert found["mcp"]["would"]["Import"] > 0

    text = shell(*ask)
    assert "you may not list clusters.cluster.karmada.io" in text.out
    assert "gadgetclusters.gadgets.example.com is not in the catalogue" in text.out

    target = tmp_path / "policies"
    mark = world.control_plane.audit_mark()
    laid = shell(*ask, "--write", target)
    assert laid.code == 0, laid.err
    assert writes_by(world, mark, "jane") == []
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*.yaml"))
    assert files == ["mcp/clusterrole.yaml", "mcp/policy.yaml"]
    assert shell(*ask, "--write", target).code == 0, "again changes nothing"

    for path in sorted(target.rglob("*.yaml")):
        world.apply(*manifests.read(path))
    wanted = found["mcp"]["would"]["Import"]
    world.until(
        lambda: len(world.names(PEDIACLUSTER)) == len(before) + wanted, "the rest is imported"
    )
    assert sorted(world.names(POLICY)) == ["cluster-api", "mcp", "vcluster"]
    world.until_settled("mcp")
    again = {each["platform"]: each for each in json.loads(shell(*ask, "-o", "json").out)}
    assert again["mcp"]["importedBy"] == {"mcp": wanted}


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return an object of two samples that have one name: maps are joined, the later one counts."""
    result = dict(one)
    for name, value in other.items():
        before = result.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[name] = merged(result[name], value) if both else value
    return result


def all_samples() -> list[dict[str, Any]]:
    """Return the samples of all platforms, as they can stand on one server."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for platform in PLATFORMS:
        for sample in manifests.example(platform, "samples"):
            metadata = sample["metadata"]
            kind = f"{sample['apiVersion'].partition('/')[0]}/{sample['kind']}"
            key = (kind, metadata.get("namespace", ""), metadata["name"])
            found[key] = merged(found.setdefault(key, {}), sample)
    return list(found.values())


@pytest.mark.timeout(300)
def test_f8_the_whole_catalogue_is_found_and_imports_what_is_there(
    our_world: World, tmp_path: Path
) -> None:
    """Types and samples of every platform on one server, each cluster by one of the policies."""
    world = our_world
    samples = all_samples()
    world.apply(*crds_of(samples), *samples)
    admin = world.control_plane.admin_kubeconfig(tmp_path / "admin.kubeconfig")
    target = tmp_path / "policies"
    told = shell("discover", "--kubeconfig", admin, "--write", target, "-o", "json")
    assert told.code == 0, told.err
    found = {each["platform"]: each for each in json.loads(told.out)}
    assert {name: each["state"] for name, each in found.items()} == dict.fromkeys(
        PLATFORMS, "Ready"
    )

    laid = sorted(folder.name for folder in target.iterdir())
    # The two ways to one and the same ManagedCluster are a choice.
    assert set(PLATFORMS) - set(laid) == {"ocm-direct"}
    policies = [obj for name in laid for obj in manifests.read(target / name / "policy.yaml")]
    evaluated = evaluate(Inputs([Document(obj) for obj in (*policies, *samples)]))
    imported = {each.name for each in evaluated if each.outcome is Outcome.IMPORT}

    for path in sorted(target.rglob("*.yaml")):
        world.apply(*manifests.read(path))
    world.controller()
    world.until(
        lambda: set(world.names(PEDIACLUSTER)) == imported,
        "every cluster is imported",
        timeout_seconds=120.0,
    )
    again = {
        each["platform"]: each
        for each in json.loads(shell("discover", "--kubeconfig", admin, "-o", "json").out)
    }
    assert {name for name in laid if "Import" in again[name]["would"]} == set()


def test_f6_wrong_use_of_discover(our_world: World, tmp_path: Path) -> None:
    """One line each; what is laid down never takes the place of something else."""
    admin = our_world.control_plane.admin_kubeconfig(tmp_path / "admin.kubeconfig")
    ask = ("discover", "--kubeconfig", admin)
    assert_one_line(
        shell(*ask, "--catalogue", tmp_path / "nope"), 2, "no folder with a policy.yaml"
    )
    assert_one_line(shell(*ask, "-o", "xml"), 2, "'xml' is not one of")
    folder = catalogue(tmp_path / "catalogue", "mcp")
    assert shell(*ask, "--catalogue", folder).code == 2, "nothing is here"

    our_world.apply_example("mcp", "platform-crd", "samples")
    target = tmp_path / "target" / "mcp"
    target.mkdir(parents=True)
    (target / "policy.yaml").write_text("mine")
    ended = shell(*ask, "--catalogue", folder, "--write", target.parent)
    assert ended.code == 1
    assert "says something else; nothing is written" in ended.err
    assert [path.name for path in target.iterdir()] == ["policy.yaml"]


@pytest.mark.parametrize("flag", ["--kubeconfig", "--context"])
def test_discover_tells_a_wrong_way_to_the_server(flag: str, tmp_path: Path) -> None:
    """As every live command."""
    folder = catalogue(tmp_path, "mcp")
    assert_one_line(
        shell("discover", flag, "/nonexistent", "--catalogue", folder), 2, "nonexistent"
    )
