"""``clusterimport manifests``: what ``kubectl apply -k`` installs, without the repository."""

import json
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from clusterimport.cli.main import main
from development.manifests import MANIFESTS


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["manifests", *arguments]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_they_are_what_kustomize_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """The same objects, field by field, as those of README's two commands."""
    expected = [
        each
        for folder in (MANIFESTS / "setup", MANIFESTS)
        for each in yaml.safe_load_all(
            subprocess.run(
                [str(shutil.which("kubectl")), "kustomize", str(folder)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    ]
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
