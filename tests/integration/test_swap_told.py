"""What ``migrate`` says of a swap of Clusterpedia's controller-manager, and what the swap does."""

import json
from typing import Any

import pytest

from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.commandline import assert_one_line, shell
from tests.harness.dumps import by_name, dump, operator, writes_by
from tests.harness.swap import leave_as_clusterpedia
from tests.harness.writes import object_writes

ODD = "https://192.0.2.1:6443/k8s+a"


def leave(world: World) -> None:
    """Leave one cluster of each sort."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(
        platforms.secret_policy("p"),
        platforms.secret_policy(
            "sleeps",
            source={
                "group": "",
                "resource": "configmaps",
                "selectorTemplate": '{{ eq .source.metadata.name "equal" }}',
            },
        ),
    )
    for name in ("equal", "escaped", "ownerless", "new", "taken"):
        server = {"server": ODD} if name == "escaped" else {}
        world.apply(platforms.credentials(name), platforms.cluster(name, **server))
    world.apply(platforms.credentials("insecure", ca=""), platforms.cluster("insecure"))
    world.apply(platforms.credentials("deselected"), platforms.cluster("deselected", labels={}))
    leave_as_clusterpedia(world, "equal")
    leave_as_clusterpedia(world, "escaped", apiserver=ODD.replace("+", "&#43;"))
    leave_as_clusterpedia(world, "ownerless", is_owned=False)
    leave_as_clusterpedia(world, "insecure", caData=None)
    leave_as_clusterpedia(world, "deselected")
    world.apply(
        {
            "apiVersion": CLUSTER_API,
            "kind": PEDIACLUSTER,
            "metadata": {"name": "p-taken"},
            "spec": {"apiserver": "https://192.0.2.9", "syncResources": []},
        }
    )


def but_for_status(obj: dict[str, Any]) -> dict[str, Any]:
    """Return a PediaCluster without what the health side tells of it, sooner or later."""
    metadata = obj["metadata"].items()
    of_a_write = {"managedFields", "resourceVersion"}
    return {
        "metadata": {name: value for name, value in metadata if name not in of_a_write},
        "spec": obj["spec"],
    }


def test_f5_migrate_says_what_the_swap_then_does(clusterpedia_world: World) -> None:
    """Per cluster: nothing, a rewrite, a creation, a refusal, a deletion; live and from files."""
    world = clusterpedia_world
    leave(world)
    own = operator(world)
    before = {name: world.pediacluster(name) for name in world.names(PEDIACLUSTER)}

    mark = world.control_plane.audit_mark()
    told = shell("migrate", "--kubeconfig", own, "-o", "json")
    assert told.code == 1, told.err
    assert writes_by(world, mark) == []
    found = by_name(json.loads(told.out), "pediaCluster")
    assert {name: each["swap"] for name, each in found.items()} == {
        "p-equal": "Nothing",
        "p-escaped": "Rewrite",
        "p-ownerless": "Rewrite",
        "p-new": "Create",
        "p-taken": "Refusal",
        "p-insecure": "Refusal",
        "p-deselected": "Deletion",
        "sleeps-equal": "Create",
    }
    assert "spec.apiserver" in found["p-escaped"]["fields"]
    assert "escaped apiserver" in found["p-escaped"]["message"]
    assert "metadata.ownerReferences" in found["p-ownerless"]["fields"]
    assert "InsecureTLS" in found["p-insecure"]["message"]
    assert "adopt" in found["p-taken"]["message"]
    assert [name for name, each in found.items() if each["wakesUp"]] == ["sleeps-equal"]
    assert encode("token-of-equal") not in told.out

    policies = dump(world, world.folder / "policies.yaml", (POLICY_API, POLICY))
    inputs = dump(world, world.folder / "inputs.yaml", ("v1", "ConfigMap"), ("v1", "Secret"))
    standing = dump(
        world, world.folder / "standing.yaml", (CLUSTER_API, PEDIACLUSTER), (POLICY_API, LIFECYCLE)
    )
    offline = shell("migrate", policies, inputs, "--observed", standing, "-o", "json")
    assert by_name(json.loads(offline.out), "pediaCluster") == found

    table = shell("migrate", "--kubeconfig", own, "--policy", "p")
    assert table.code == 1
    assert "Nothing 1, Rewrite 2, Create 1, Refusal 2, Deletion 1" in table.out

    mark = world.control_plane.audit_mark()
    world.controller()
    world.until_pediacluster("p-new")
    world.until_pediacluster("sleeps-equal")
    world.until_gone(PEDIACLUSTER, "p-deselected")
    world.until(
        lambda: world.pediacluster("p-escaped")["spec"]["apiserver"] == ODD, "it is written anew"
    )
    world.until(
        lambda: world.pediacluster("p-ownerless")["metadata"].get("ownerReferences"), "it is owned"
    )
    world.until_reason(LIFECYCLE, "p-insecure", "Updating", "CredentialRejected")
    world.until_reason(LIFECYCLE, "p-taken", "Created", "NameConflict")
    written = {
        event.name: event.verb
        for event in object_writes(world, mark)
        if event.resource == "pediaclusters" and not event.subresource
    }
    assert written == {
        "p-escaped": "patch",
        "p-ownerless": "patch",
        "p-new": "create",
        "sleeps-equal": "create",
        "p-deselected": "delete",
    }
    for name in ("p-equal", "p-insecure", "p-taken"):
        assert but_for_status(world.pediacluster(name)) == but_for_status(before[name])

    after = json.loads(shell("migrate", "--kubeconfig", own, "-o", "json").out)
    assert {each["swap"] for each in after} == {"Nothing", "Refusal"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["migrate", "--live", "--observed", "x"], "--observed is for files"),
        (["migrate", "x.yaml", "--context", "c"], "--live"),
        (["migrate", "/nonexistent.yaml"], "no file or folder /nonexistent.yaml"),
        (["migrate", "-o", "yaml"], "'yaml' is not one of"),
    ],
)
def test_wrong_use_of_migrate(arguments: list[str], told: str) -> None:
    """One line that names the mistake."""
    assert_one_line(shell(*arguments), 2, told)
