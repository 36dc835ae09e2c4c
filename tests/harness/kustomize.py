"""What kubectl makes of the project's manifests."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from development import manifests
from development.manifests import Document

needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl is not installed"
)


def built(folder: Path) -> list[Document]:
    """Return the objects of a kustomization."""
    output = subprocess.run(
        [str(shutil.which("kubectl")), "kustomize", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return manifests.parsed(output)


def composed(
    folder: Path,
    *components: str,
    bases: Iterable[str] = (".",),
    patches: Iterable[Document] = (),
) -> list[Document]:
    """Return the objects of a user's own kustomization in ``folder``, which refers to ours."""
    ours = Path(os.path.relpath(manifests.MANIFESTS.resolve(), folder.resolve()))
    (folder / "kustomization.yaml").write_text(
        json.dumps(
            {
                "resources": [str(ours / base) for base in bases],
                "components": [str(ours / "components" / name) for name in components],
                "patches": list(patches),
            }
        )
    )
    return built(folder)
