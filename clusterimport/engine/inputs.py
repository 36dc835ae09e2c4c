"""What rests on a source: all that templates may read of it, compared and as a digest."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from clusterimport.engine.evaluation import Program
from clusterimport.engine.usage import Path, paths_read
from clusterimport.model.meta import Object
from clusterimport.model.objects import content_of

_DIGEST_BYTES: Final = 16
_VERSION: Final[Sequence[Path]] = (("metadata", "uid"), ("metadata", "resourceVersion"))


class SourceInputs:
    """The part of a source that some templates read; one that takes it whole reads everything.

    Of a Secret it is the version alone: nothing that is made of its content leaves this process.
    """

    def __init__(self, programs: Iterable[Program], *, is_secret: bool) -> None:
        self._paths = _VERSION if is_secret else _source_paths(programs)

    def digest(self, source: Object) -> str:
        """Return what is equal as long as templates find the same in a source."""
        return _digest(self._encoded(source)).hex()

    def is_same(self, one: Object, other: Object) -> bool:
        """Whether templates find the same in two versions of a source."""
        if () in self._paths:
            # Its resourceVersion is read, too.
            return False
        return self._encoded(one) == self._encoded(other)

    def _encoded(self, source: Object) -> bytes:
        content = content_of(source)
        return _encoded(found_at(content, path) for path in self._paths)


def digest_of(values: Iterable[Any]) -> bytes:
    """Return a digest of values as JSON has them; equal for equal ones in every process."""
    return _digest(_encoded(values))


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _encoded(values: Iterable[Any]) -> bytes:
    return msgspec.json.encode(list(values), order="deterministic")


def found_at(data: Any, path: Path) -> list[Any]:
    """Return how far a path leads, and to what: the whole of something that has no fields.

    To nothing where the next field is not there: templates tell that from a null, and a field that
    is not there from one of something that is not.
    """
    for followed, name in enumerate(path):
        if not isinstance(data, Mapping):
            # A method of it may be called.
            return [followed, data]
        if name not in data:
            return [followed]
        data = data[name]
    return [len(path), data]


def _source_paths(programs: Iterable[Program]) -> Sequence[Path]:
    found: set[Path] = set()
    for program in programs:
        for path in paths_read(program.template):
            if path[:1] in {(), ("source",)}:
                found.add(path[1:])
    return ((),) if () in found else tuple(sorted(found))
