"""The project's own YAML files, as objects to apply or to look at."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ROOT / "manifests"
EXAMPLES = ROOT / "examples" / "policies"
PLATFORMS = ("cluster-api", "karmada", "mcp", "vcluster")

CRD = "CustomResourceDefinition"

Document = dict[str, Any]


def read(path: Path) -> list[Document]:
    """Return every document of a file."""
    return parsed(path.read_text())


def parsed(text: str) -> list[Document]:
    """Return every document of a text."""
    documents = yaml.load_all(text, Loader=yaml.CSafeLoader)
    return [document for document in documents if document]


def base() -> list[Document]:
    """Return every object that is installed, in the order of README: what stays, the controller."""
    return [*resources(MANIFESTS / "setup"), *resources(MANIFESTS)]


def resources(folder: Path) -> list[Document]:
    """Return every object that a kustomization lists, itself or by others."""
    (kustomization,) = read(folder / "kustomization.yaml")
    found: list[Document] = []
    for name in kustomization["resources"]:
        path = folder / name
        found += resources(path) if path.is_dir() else read(path)
    return found


def example(platform: str, name: str) -> list[Document]:
    """Return the documents of one file of an example."""
    return read(EXAMPLES / platform / f"{name}.yaml")


def of_kind(kind: str, documents: list[Document]) -> list[Document]:
    """Return the objects of a kind."""
    return [document for document in documents if document["kind"] == kind]


def the(kind: str, name: str, documents: list[Document]) -> Document:
    """Return the one object of a kind and name."""
    (found,) = [
        document for document in of_kind(kind, documents) if document["metadata"]["name"] == name
    ]
    return found


def schema_of(crd: Mapping[str, Any]) -> Document:
    """Return the schema of a CRD's only version."""
    (version,) = crd["spec"]["versions"]
    schema: Document = version["schema"]["openAPIV3Schema"]
    return schema


def schema_nodes(schema: Document, path: str = "") -> Iterator[tuple[str, Document]]:
    """Yield path and schema of every field and list item below a schema, and of itself."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from schema_nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from schema_nodes(schema["items"], f"{path}[]")
