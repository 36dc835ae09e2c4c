"""``clusterimport manifests``: what ``kubectl apply -k`` installs, without the repository."""

import json
from typing import Any

import pytest

from clusterimport.cli.main import main
from development.manifests import MANIFESTS, parsed
from tests.harness.kustomize import built, needs_kubectl


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["manifests", *arguments]) == 0
    return parsed(capsys.readouterr().out)


@needs_kubectl
def test_they_are_what_kustomize_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """The same objects, field by field, as those of README's two commands."""
    expected = [*built(MANIFESTS / "setup"), *built(MANIFESTS)]
    found = printed(capsys)

    def key(obj: dict[str, Any]) -> tuple[str, str]:
        return obj["kind"], obj["metadata"]["name"]

    assert sorted(found, key=key) == sorted(expected, key=key)
    assert found[0]["kind"] == "Namespace"


def test_crds_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """For whoever installs the controller in another way: all four, and nothing else."""
    found = printed(capsys, "--crds-only")
    assert [each["kind"] for each in found] == ["CustomResourceDefinition"] * 4


def test_the_image_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The Deployment has it as it was given."""
    image = f"registry.example/clusterimport@sha256:{'0' * 64}"
    assert main(["manifests", "--image", image, "-o", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    (deployment,) = [each for each in listed["items"] if each["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image
