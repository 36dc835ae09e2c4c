"""One engine: for the same inputs, files, a dry run and the live controller give the same (F2)."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from clusterimport.authoring.kinds import Kinds
from development import manifests
from development.world import PEDIACLUSTER, POLICY, POLICY_API, Object, World
from tests.harness import platforms
from tests.harness.anytypes import crds_for
from tests.harness.commandline import Ended, shell
from tests.harness.dumps import by_name, dump, write


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

    world.apply(*manifests.read(policies))
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == sorted(offline), f"{sorted(offline)} stand")
    for name, element in offline.items():
        imported = comparable(world.pediacluster(name))
        assert comparable(element["pediaCluster"]) == imported, name
    world.stop_controllers()

    changes = shell("render", "--live", policies, "--kubeconfig", admin, "-o", "diff")
    assert changes.out == "", "nothing is left to do"
    return len(offline)


def batches() -> list[list[str]]:
    """Return the platforms of the catalogue, in groups whose samples can stand together."""
    groups: list[tuple[list[str], dict[tuple[str, ...], Object]]] = []
    for file in sorted(manifests.EXAMPLES.glob("*/samples.yaml")):
        objects = {identity(obj): obj for obj in manifests.read(file)}
        for names, taken in groups:
            if all(taken.get(key, obj) == obj for key, obj in objects.items()):
                names.append(file.parent.name)
                taken.update(objects)
                break
        else:
            groups.append(([file.parent.name], objects))
    return [names for names, _ in groups]


def identity(obj: Object) -> tuple[str, ...]:
    """Return which object it is."""
    group = obj["apiVersion"].rpartition("/")[0]
    return (group, obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])


@pytest.mark.parametrize("platforms_", batches(), ids=lambda names: names[0])
def test_f2_catalogue(our_world: World, platforms_: list[str]) -> None:
    """Every policy of the catalogue on the samples of all, as far as these can stand together."""
    world = our_world
    folders = [manifests.EXAMPLES / name for name in platforms_]
    files = [path for folder in folders for path in folder.glob("*.yaml")]
    given = [obj for path in files for obj in manifests.read(path) if "metadata" in obj]
    samples = [obj for folder in folders for obj in manifests.read(folder / "samples.yaml")]
    world.apply(*crds_for(samples, Kinds(given)))
    for namespace in {obj["metadata"].get("namespace") for obj in samples} - {None, ""}:
        # Not removed at the end: a namespace that is being removed is of no use to the next.
        world.admin.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        )
    world.apply(*(obj for obj in samples if obj["kind"] not in {"Namespace", manifests.CRD}))
    for name in platforms_:
        world.apply_example(name, "clusterrole")
    types = dict.fromkeys((obj["apiVersion"], obj["kind"]) for obj in samples)
    inputs = dump(world, world.folder / "inputs.yaml", *types)
    policies = [obj for name in platforms_ for obj in manifests.example(name, "policy")]
    found = assert_same(world, write(world.folder / "policies.yaml", *policies), inputs)
    assert found >= len(platforms_)


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
