"""The manifests that come along, as ``kubectl kustomize`` would print them.

Only what those kustomizations use is known here: resources, the tag of the image, and annotations
for all objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from clusterimport.catalogue import MANIFESTS
from clusterimport.libyaml import CSafeLoader

__all__ = ["crds", "everything"]

_FILE: Final = "kustomization.yaml"
_KNOWN: Final = frozenset({"apiVersion", "kind", "resources", "images", "commonAnnotations"})

Manifest = dict[str, Any]


def everything(image: str = "") -> list[Manifest]:
    """Return all that is installed, what stays first; ``image`` in place of the release's."""
    objects = [*_objects(MANIFESTS / "setup"), *_objects(MANIFESTS)]
    if image:
        for container in _containers(objects):
            container["image"] = image
    return objects


def crds() -> list[Manifest]:
    """Return the CustomResourceDefinitions."""
    return [obj for obj in everything() if obj["kind"] == "CustomResourceDefinition"]


def _objects(folder: Path) -> Iterator[Manifest]:
    kustomization = yaml.safe_load((folder / _FILE).read_text(encoding="utf-8"))
    assert set(kustomization) <= _KNOWN, folder
    annotations = kustomization.get("commonAnnotations", {})
    for name in kustomization["resources"]:
        path = (folder / name).resolve()
        found = _objects(path) if path.is_dir() else _documents(path)
        for obj in found:
            _retag([obj], kustomization.get("images", ()))
            if annotations:
                meta = obj["metadata"]
                meta["annotations"] = {**meta.get("annotations", {}), **annotations}
            yield obj


def _documents(path: Path) -> Iterator[Manifest]:
    documents = yaml.load_all(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    yield from (document for document in documents if document)


def _retag(objects: Sequence[Manifest], images: Sequence[Mapping[str, str]]) -> None:
    tags = {image["name"]: image["newTag"] for image in images}
    for container in _containers(objects):
        if tag := tags.get(container["image"]):
            container["image"] += f":{tag}"


def _containers(objects: Sequence[Manifest]) -> Iterator[Manifest]:
    for obj in objects:
        if obj["kind"] == "Deployment":
            yield from obj["spec"]["template"]["spec"]["containers"]
