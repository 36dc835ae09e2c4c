"""Which files hold tests of policies."""

from pathlib import Path
from typing import Final

from clusterimport.authoring.errors import NothingFound

FILE: Final = "clusterimport-test.yaml"


def find_tests(paths: tuple[str, ...]) -> list[str]:
    """Return the test files that paths name: files themselves, and those in folders and below.

    Raises NothingFound where there is none, since a run of no test proves nothing.
    """
    found = [file for path in paths for file in _below(path)]
    if not found:
        raise NothingFound(f"there is no {FILE} in {', '.join(paths)}, nor in the folders below")
    return list(dict.fromkeys(found))


def _below(path: str) -> list[str]:
    root = Path(path)
    try:
        if root.is_dir():
            return [str(each) for each in sorted(root.rglob(FILE))]
        with root.open("rb"):
            return [path]
    except FileNotFoundError:
        raise NothingFound(f"there is no file or folder {path}") from None
    except OSError as error:
        raise NothingFound(f"{path} cannot be read: {error.strerror or error}") from None
