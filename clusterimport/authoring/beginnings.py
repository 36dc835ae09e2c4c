"""The folder of a new policy, written whole or not at all."""

from collections.abc import Mapping
from pathlib import Path

from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.engine.goyaml import is_text
from clusterimport.engine.yamltree import Scalar


def written_name(name: str) -> str:
    """Return a name as YAML, between quotes where it would be a number, a boolean or null."""
    return name if is_text(Scalar(name, 0, 0, "")) else f'"{name}"'


def write_folder(folder: Path, files: Mapping[str, str], *, force: bool = False) -> list[Path]:
    """Write files by their names; return their paths.

    Raises InvalidInput where one is there already and may not be replaced, NothingFound where
    nothing can be written.
    """
    paths = [folder / name for name in files]
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise InvalidInput(f"{', '.join(there)} is there already; take another --dir, or --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, files.values(), strict=True):
            path.write_text(text)
    except OSError as error:
        raise NothingFound(f"{folder} cannot be written: {error.strerror or error}") from None
    return paths
