"""One engine: for the same inputs, files, a dry run and the live controller give the same (F2)."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.harness import manifests, platforms
from tests.harness.commandline import Ended, shell
from tests.harness.dumps import by_name, dump, write
from tests.harness.world import PEDIACLUSTER, POLICY, POLICY_API, World

SOURCES = {
    "cluster-api": ("cluster.x-k8s.io/v1beta2", "Cluster"),
    "karmada": ("cluster.karmada.io/v1alpha1", "Cluster"),
    "mcp": ("cluster.mcp.io/v1alpha1", "Cluster"),
    "vcluster": ("v1", "Secret"),
}


def rendered(ended: Ended) -> dict[str, Any]:
    """Return what would be imported, by name."""
    assert ended.out, ended.err
    elements = json.loads(ended.out)
    return by_name(each for each in elements if each["outcome"] == "Import")


def comparable(pediacluster: dict[str, Any]) -> dict[str, Any]:
    """Return what a policy decides of a PediaCluster."""
    metadata = pediacluster["metadata"]
    owners = [(owner["kind"], owner["name"]) for owner in metadata.get("ownerReferences", [])]
    return {
        "name": metadata["name"],
        "labels": metadata.get("labels", {}),
        "annotations": metadata.get("annotations", {}),
        "owners": owners,
        "spec": pediacluster["spec"],
    }


def assert_same(world: World, policies: Path, inputs: Path) -> int:
    """State that all three give the same; return how many clusters there are."""
    admin = world.control_plane.admin_kubeconfig(world.folder / "admin.kubeconfig")
    forms = ("-o", "json", "--show-secrets")
    offline = rendered(shell("render", policies, inputs, *forms))
    live = rendered(shell("render", "--live", policies, "--kubeconfig", admin, *forms))
    assert {name: each["pediaCluster"] for name, each in live.items()} == {
        name: each["pediaCluster"] for name, each in offline.items()
    }

    world.apply(*manifests.load(policies))
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == sorted(offline), f"{sorted(offline)} stand")
    for name, element in offline.items():
        imported = comparable(world.pediacluster(name))
        assert comparable(element["pediaCluster"]) == imported, name
    world.stop_controllers()

    changes = shell("render", "--live", policies, "--kubeconfig", admin, "-o", "diff")
    assert changes.out == "", "nothing is left to do"
    return len(offline)


@pytest.mark.parametrize("platform", SOURCES)
def test_f2_examples(our_world: World, platform: str) -> None:
    """Each example of the repository, with all its samples."""
    world = our_world
    files = [path.stem for path in (manifests.EXAMPLES / platform).glob("*.yaml")]
    if "platform-crd" in files:
        world.apply_example(platform, "platform-crd")
    world.apply_example(platform, "clusterrole", "samples")
    types = dict.fromkeys([SOURCES[platform], ("v1", "Secret")])
    inputs = dump(world, world.folder / "inputs.yaml", *types)
    policies = manifests.EXAMPLES / platform / "policy.yaml"
    assert assert_same(world, policies, inputs) > 0


def generated(random: Random, name: str) -> dict[str, Any]:
    """Return a policy of whatever a person may write for ``platforms``."""
    chosen = random.choice
    address = chosen(['"{{ .source.data.server }}"', "{{ .source.data.server | quote }}"])
    lines = [f"  apiserver: {address}"]
    if random.random() < 0.5:
        lines.append('  caData: "{{ .source.data.ca | b64enc }}"')
    else:
        lines.append('  caData: "{{ .references.secret.data.ca }}"')
    lines.append(f'  tokenData: "{{{{ .references.secret.data.token{chosen(["", " | trim"])} }}}}"')
    if random.random() < 0.5:
        lines.append("  syncResources: [{group: apps, resources: [deployments]}]")
    if random.random() < 0.3:
        lines.append('  shardingName: {{ .source.data.shard | default "one" | quote }}')
    metadata = ""
    if random.random() < 0.6:
        metadata = (
            "metadata:\n  labels:\n    of: {{ .source.metadata.name | quote }}\n"
            "  annotations:\n    note: {{ .source.data.note | toJson }}\n"
        )
    spec: dict[str, Any] = {
        "template": metadata + "spec:\n" + "\n".join(lines) + "\n",
        "nameTemplate": f"{name}-{{{{ .source.metadata.{chosen(['name', 'uid'])} }}}}",
        "creationCondition": chosen(
            ["true", '{{ ne .source.data.ready "no" }}', '{{ hasKey .source.data "ready" | not }}']
        ),
    }
    if random.random() < 0.5:
        spec["updatePolicy"] = chosen(["All", "Credentials"])
    if random.random() < 0.3:
        spec["deletionPolicy"] = "Orphan"
    policy = platforms.secret_policy(name, **spec)
    if random.random() < 0.5:
        policy["spec"]["source"] = {
            "group": "",
            "resource": "configmaps",
            "labelSelector": chosen(["import=yes", "import in (yes, no)", "!other,import"]),
        }
    return policy


def test_f2_generated_policies(our_world: World, namespace: str) -> None:
    """Twenty policies on six sources with values that need care."""
    world, random = our_world, Random(14)
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    notes = ["plain", 'a "quote"', "a: colon # and more", "line\nbreak", "+&<>'", ""]
    for index, note in enumerate(notes):
        extra = {"ready": random.choice(["yes", "no"])} if index % 2 else {}
        labels = {"import": random.choice(["yes", "no"]), **({"other": "x"} if index == 3 else {})}
        name = f"c{index}"
        world.apply(
            platforms.credentials(name, namespace, token=f"t{note.strip()[:1]}-{index}+/="),
            platforms.cluster(name, namespace, labels=labels, note=note, **extra),
        )
    policies = [generated(random, f"g{number}") for number in range(20)]
    inputs = dump(world, world.folder / "inputs.yaml", ("v1", "ConfigMap"), ("v1", "Secret"))
    assert assert_same(world, write(world.folder / "policies.yaml", *policies), inputs) > 20
    assert len(world.names(POLICY)) == len(policies)
    assert policies[0]["apiVersion"] == POLICY_API
