"""The project's own YAML files, as objects to apply."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "manifests"
EXAMPLES = ROOT / "examples"

CRD = "CustomResourceDefinition"


def load(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of a YAML file."""
    for document in yaml.safe_load_all(path.read_text()):
        if document:
            yield document


def base() -> list[dict[str, Any]]:
    """Return everything that the kustomization lists, in its order."""
    kustomization = next(load(MANIFESTS / "kustomization.yaml"))
    return [obj for name in kustomization["resources"] for obj in load(MANIFESTS / name)]


def example(platform: str, name: str) -> list[dict[str, Any]]:
    """Return the documents of one file of an example."""
    return list(load(EXAMPLES / platform / f"{name}.yaml"))
