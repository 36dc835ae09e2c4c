"""The project's own YAML files, as objects to apply."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ROOT / "manifests"
EXAMPLES = ROOT / "examples" / "policies"

CRD = "CustomResourceDefinition"


def load(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of a YAML file."""
    for document in yaml.safe_load_all(path.read_text()):
        if document:
            yield document


def base() -> list[dict[str, Any]]:
    """Return everything that is installed, in the order of README."""
    return [*_resources(MANIFESTS / "setup"), *_resources(MANIFESTS)]


def example(platform: str, name: str) -> list[dict[str, Any]]:
    """Return the documents of one file of an example."""
    return list(load(EXAMPLES / platform / f"{name}.yaml"))


def _resources(folder: Path) -> Iterator[dict[str, Any]]:
    kustomization = next(load(folder / "kustomization.yaml"))
    for name in kustomization["resources"]:
        path = folder / name
        yield from _resources(path) if path.is_dir() else load(path)
