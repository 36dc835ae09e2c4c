"""Which files hold tests of policies."""

import os
from pathlib import Path
from typing import Final, NoReturn

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
            # Path.rglob passes over a folder that may not be read, as if it had no tests.
            walked = os.walk(root, onerror=_raise)
            return sorted(str(Path(at, FILE)) for at, _, names in walked if FILE in names)
        with root.open("rb"):
            return [path]
    except FileNotFoundError:
        raise NothingFound(f"there is no file or folder {path}") from None
    except OSError as error:
        where = error.filename or path
        raise NothingFound(f"{where} cannot be read: {error.strerror or error}") from None


def _raise(error: OSError) -> NoReturn:
    raise error
