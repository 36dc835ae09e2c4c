"""Every policy of the catalogue on a real server, with the rights that are printed for it (F3)."""

from typing import Any

import pytest

from clusterimport.authoring.documents import Document
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated, Outcome
from clusterimport.authoring.policies import read_policy
from clusterimport.authoring.roles import roles_of
from development import manifests
from development.world import LIFECYCLE, NAMESPACE, PEDIACLUSTER, World
from tests.harness.rights import aggregated
from tests.harness.samplecrds import crds_of

CATALOGUE = sorted(folder.name for folder in manifests.EXAMPLES.iterdir() if folder.is_dir())
CHUNK = 7

pytestmark = pytest.mark.timeout(300)


def offline(platform: str) -> tuple[list[Evaluated], list[dict[str, Any]]]:
    """Return what comes of the samples on files, and the roles that are printed."""
    documents = [
        Document(obj) for name in ("policy", "samples") for obj in manifests.example(platform, name)
    ]
    inputs = Inputs(documents)
    return evaluate(inputs), roles_of(read_policy(inputs.policies[0], inputs))


def rules_of(roles: list[dict[str, Any]]) -> list[Any]:
    """Return the rules of the ClusterRole."""
    (role,) = (role for role in roles if role["kind"] == "ClusterRole")
    rules: list[Any] = role["rules"]
    return rules


def bring(world: World, platform: str) -> None:
    """Import the samples of a platform, and take everything away again."""
    evaluated, roles = offline(platform)
    samples = manifests.example(platform, "samples")
    named = {each.name for each in evaluated if each.name}
    imported = {each.name: each for each in evaluated if each.outcome is Outcome.IMPORT}
    namespaces = {
        role["metadata"]["namespace"] for role in roles if "namespace" in role["metadata"]
    } - {NAMESPACE}
    for name in namespaces:
        world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    world.apply(*crds_of(samples), *roles)
    world.until(lambda: aggregated(world) == rules_of(roles), f"the rights of {platform}")
    world.apply(*manifests.example(platform, "policy"), *samples)

    world.until(
        lambda: set(world.names(LIFECYCLE)) == named, f"the lifecycles of {platform}: {named}"
    )
    for name, each in imported.items():
        made = world.until_pediacluster(name)
        assert each.pedia_cluster is not None
        assert made["spec"] == each.pedia_cluster["spec"], platform
    world.until_settled(platform)
    assert set(world.names(PEDIACLUSTER)) == set(imported), platform

    for obj in (*manifests.example(platform, "policy"), *roles, *samples):
        if obj["kind"] not in {"Namespace", manifests.CRD}:
            world.delete(obj)
    world.until(lambda: world.names(LIFECYCLE) == [], f"nothing of {platform} is left")
    world.until(lambda: aggregated(world) == [], f"no right of {platform} is left")


@pytest.mark.parametrize(
    "platforms",
    [CATALOGUE[start : start + CHUNK] for start in range(0, len(CATALOGUE), CHUNK)],
    ids=lambda platforms: f"{platforms[0]} to {platforms[-1]}",
)
def test_f3_every_policy_imports_its_samples(world: World, platforms: list[str]) -> None:
    """With exactly the printed rights each imports what it does on files, byte for byte."""
    world.controller()
    for platform in platforms:
        bring(world, platform)
