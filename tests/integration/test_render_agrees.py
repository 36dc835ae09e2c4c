"""What `render` makes of files is what the controller makes of the same objects (F2)."""

from typing import Any

import yaml

from clusterimport.authoring.documents import Document, parse_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs, stored_form
from clusterimport.authoring.outcomes import Evaluated, Outcome
from development.controller import condition
from development.world import LIFECYCLE, PEDIACLUSTER, World
from tests.harness import drawnpolicies, platforms

SEED = 14
POLICIES = 24
WITHOUT_LIFECYCLE = {Outcome.SELECTOR_ERROR, Outcome.NAME_ERROR, Outcome.NOT_SELECTED}


def written(objects: list[dict[str, Any]]) -> list[Document]:
    """Return objects as they are read from a file of an author."""
    return parse_documents(yaml.safe_dump_all(objects), "all.yaml")


def content(pediacluster: dict[str, Any]) -> dict[str, Any]:
    """Return what of a PediaCluster its maker decides."""
    metadata = pediacluster["metadata"]
    owners = [
        {name: value for name, value in owner.items() if name != "uid"}
        for owner in metadata.get("ownerReferences") or []
    ]
    return {
        "name": metadata["name"],
        "labels": metadata.get("labels") or {},
        "annotations": metadata["annotations"],
        "owners": owners,
        "spec": pediacluster["spec"],
    }


def assert_same(world: World, found: Evaluated) -> None:
    """State that what stands is what was rendered, or waits for the same reason."""
    if found.outcome is Outcome.IMPORT:
        assert found.pedia_cluster is not None
        standing = world.pediacluster(found.name)
        assert content(standing) == content(dict(found.pedia_cluster)), found
        return
    assert found.name not in world.names(PEDIACLUSTER), (found, found.message)
    if found.outcome in WITHOUT_LIFECYCLE:
        assert not found.name or found.name not in world.names(LIFECYCLE)
        return
    created = condition(world.lifecycle(found.name), "Created")
    assert created["reason"] == found.reason, (found, created)


def test_f2_render_and_the_controller_make_the_same(world: World, namespace: str) -> None:
    """Of policies and sources drawn by chance, whatever becomes of each."""
    objects = drawnpolicies.objects(namespace)
    drawn = list(drawnpolicies.policies(SEED, POLICIES, namespace))
    evaluated = evaluate(Inputs(written([*drawn, *objects])))
    valid = {each.policy for each in evaluated if each.outcome is Outcome.IMPORT}
    imported = {each.name for each in evaluated if each.outcome is Outcome.IMPORT}

    world.grant("drawn", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(*objects, *drawn)
    world.controller()
    for each in drawn:
        world.until_settled(each["metadata"]["name"], timeout_seconds=60.0)
    world.until(lambda: imported <= set(world.names(PEDIACLUSTER)), "all PediaClusters stand")

    # Chance has to have drawn enough of everything for this to say much.
    assert len({each.outcome for each in evaluated}) >= 8
    assert len(valid) > POLICIES / 3
    for each in evaluated:
        assert_same(world, each)


def test_f2_a_secret_is_read_from_a_file_as_the_server_stores_it(
    world: World, namespace: str
) -> None:
    """Null is empty, base64 has no line breaks, and a type that is not said is Opaque."""
    common = {"apiVersion": "v1", "metadata": {"name": "odd", "namespace": namespace}}
    odd = {
        **common,
        "kind": "Secret",
        "data": {"empty": None, "broken": "bm\nV3\n"},
        "stringData": {"text": "a"},
    }
    plain = {**common, "kind": "ConfigMap", "data": {"empty": None, "text": "a"}}
    for obj in (odd, plain):
        world.create(obj)
        standing = world.admin.read("v1", obj["kind"], "odd", namespace)
        stored = stored_form(obj)
        assert standing["data"] == stored["data"]
        assert standing.get("type") == stored.get("type")
