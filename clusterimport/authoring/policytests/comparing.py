"""What is expected of a PediaCluster, in a test or a file of its own, and what it is.

They are told apart field by field.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from clusterimport.authoring.documents import read_documents
from clusterimport.authoring.errors import AuthoringError, InvalidInput
from clusterimport.authoring.positions import Place
from clusterimport.engine.connection import InvalidConnection, assess
from clusterimport.libyaml import CSafeDumper
from clusterimport.model.meta import Object
from clusterimport.model.policy import CredentialFeature

_SHOWN: Final = 120


def differences(expected: Any, actual: Any, path: str) -> Iterator[str]:
    """Yield what of an expected part is not so; what is not expected may be anything.

    Of lists all items count.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            yield from differences(value, actual.get(name), f"{path}.{name}" if path else name)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path} has {len(actual)} items, expected {len(expected)}"
            return
        for index, (want, got) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(want, got, f"{path}[{index}]")
    elif not _is_same(expected, actual):
        yield f"{path} is {_shown(actual)}, expected {_shown(expected)}"


def exact_differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Yield where two values differ at all."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name in {**expected, **actual}:
            where = f"{path}.{name}" if path else name
            yield from exact_differences(expected.get(name), actual.get(name), where)
    else:
        yield from differences(expected, actual, path)


def connection_differences(expected: Mapping[str, Any], spec: Object) -> Iterator[str]:
    """Yield what is not so of the connection that a PediaCluster describes.

    ``ca`` and ``certificate`` are PEM text, or say whether there is one.
    """
    try:
        # Whether it is allowed was decided before; here it only has to be read.
        assessment = assess(spec, frozenset(CredentialFeature), secrets={})
    except InvalidConnection as error:
        yield f"connection: {error}"
        return
    connection = assessment.connection
    actual: dict[str, Any] = {
        "server": connection.server,
        "tlsServerName": connection.tls_server_name,
        "insecure": connection.insecure,
        "token": connection.token,
        "ca": connection.ca_data,
        "certificate": connection.cert_data,
        "features": sorted(assessment.features),
    }
    for name, want in expected.items():
        got = actual[name]
        if isinstance(got, bytes):
            got = bool(got) if isinstance(want, bool) else got.decode(errors="replace").strip()
        yield from differences(_normal(want), got, f"connection.{name}")


def _normal(want: Any) -> Any:
    """Take off what makes no difference: the end of PEM, the order of a list."""
    if isinstance(want, list):
        return sorted(map(str, want))
    return want.strip() if isinstance(want, str) else want


def _is_same(expected: Any, actual: Any) -> bool:
    # True is 1 to Python, and a typing error to an API server.
    return expected == actual and isinstance(expected, bool) is isinstance(actual, bool)


def _shown(value: Any) -> str:
    if value is None:
        return "absent"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class Goldens:
    """Compares with the files, or writes them anew."""

    def __init__(self, *, update: bool = False) -> None:
        self._update = update
        self.written: list[Path] = []
        """What was made or changed, in order."""

    def differences(self, path: Path, actual: Object) -> Iterator[str]:
        """Yield where a PediaCluster is not what the file says; raises AuthoringError."""
        expected = self._read(path)
        if expected == actual:
            return
        if self._update:
            self._write(path, actual)
            return
        if expected is None:
            yield f"{path} is not there; write it by --update, and look at it"
            return
        for difference in exact_differences(expected, actual):
            yield f"{difference} in {path}; if it should be so, write it by --update"

    def _read(self, path: Path) -> Object | None:
        if not path.exists():
            return None
        try:
            documents = read_documents([path])
        except AuthoringError:
            if self._update:
                return None
            raise
        return documents[0].obj

    def _write(self, path: Path, actual: Object) -> None:
        text = yaml.dump(actual, Dumper=CSafeDumper, sort_keys=False, width=10_000)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as error:
            problem = f"cannot be written: {error.strerror or error}"
            raise InvalidInput(problem, place=Place(str(path))) from None
        self.written.append(path)
