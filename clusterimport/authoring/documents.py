"""Files, folders and standard input become objects that know where they stand.

A folder stands for the YAML and JSON files in it, as with kubectl. Several documents in a file, and
lists as ``kubectl get -o yaml`` prints them, are taken apart; the order is kept.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from clusterimport.authoring.errors import AuthoringError, InvalidInput, NothingFound
from clusterimport.authoring.positions import NOWHERE, Place, Positions
from clusterimport.authoring.yamlnodes import (
    WHOLE_FLOATS,
    Node,
    YamlProblem,
    read_nodes,
    value_of,
)
from clusterimport.limits.documents import AUTHORED_BYTES
from clusterimport.model.meta import Object, name_of

STDIN: Final = "-"
_SUFFIXES: Final = frozenset((".yaml", ".yml", ".json"))


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One object of an author, and where its fields stand."""

    obj: Object
    positions: Positions = NOWHERE

    @property
    def file(self) -> str:
        """The file as it was given, ``-`` for standard input, empty for none."""
        return self.positions.file

    def place(self, path: str = "") -> Place:
        """Return where a field stands."""
        return self.positions.place(path)

    def __str__(self) -> str:
        """Return what a message calls it, as ``Cluster blue (samples.yaml:12)``."""
        place = f" ({self.file}:{self.place().line})" if self.file else ""
        return f"{self.obj.get('kind')} {name_of(self.obj)}{place}"


def read_documents(paths: Iterable[str | Path], *, recursive: bool = False) -> list[Document]:
    """Read everything that paths name, in their order.

    Raises NothingFound for what is not there, may not be read or has nothing in it, and
    InvalidInput for a file that holds something else than objects.
    """
    return [
        document for path in paths for file in _files(path, recursive) for document in _read(file)
    ]


def parse_documents(text: str, file: str) -> list[Document]:
    """Return the objects of a text; raises InvalidInput."""
    text = text.removeprefix("\ufeff")
    parse = _parse_json if text.lstrip()[:1] == "{" else _parse_yaml
    return [
        document
        for value, positions in parse(text, file)
        for document in _taken_apart(value, positions)
    ]


def _files(path: str | Path, recursive: bool) -> list[str]:
    if str(path) == STDIN:
        return [STDIN]
    root = Path(path)
    try:
        if not root.is_dir():
            return [str(path)]
        found = [
            each
            for each in sorted(root.rglob("*") if recursive else root.iterdir())
            if each.suffix in _SUFFIXES and not each.name.startswith(".") and not each.is_dir()
        ]
        if not found:
            raise NothingFound(f"the folder {path} has no YAML or JSON file{_below(root)}")
    except OSError as error:
        raise _unreadable(str(path), error) from None
    return list(map(str, found))


def _below(root: Path) -> str:
    """Name a folder below one that has no files of its own, where that has some."""
    found = next((each for each in sorted(root.rglob("*")) if each.suffix in _SUFFIXES), None)
    return f"; give a folder that has some, such as {found.parent}, or --recursive" if found else ""


def _read(file: str) -> list[Document]:
    try:
        data = _content(file)
    except OSError as error:
        raise _unreadable(file, error) from None
    if len(data) > AUTHORED_BYTES:
        megabytes = AUTHORED_BYTES // (1024 * 1024)
        raise InvalidInput(f"is larger than {megabytes} MiB; divide it", place=Place(file))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidInput("is no text (UTF-8), so neither YAML nor JSON", place=Place(file))
    documents = parse_documents(text, file)
    if not documents:
        raise NothingFound("has no object in it", place=Place(file))
    return documents


def _content(file: str) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read(AUTHORED_BYTES + 1)
    with Path(file).open("rb") as stream:
        return stream.read(AUTHORED_BYTES + 1)


def _unreadable(file: str, error: OSError) -> AuthoringError:
    match error:
        case FileNotFoundError():
            return NothingFound(f"there is no file or folder {file}")
        case PermissionError():
            return NothingFound(f"{file} may not be read by you: {error.strerror}")
        case _:
            return NothingFound(f"{file} cannot be read: {error.strerror or error}")


def _parse_yaml(text: str, file: str) -> Iterator[tuple[Any, Positions]]:
    try:
        for root in read_nodes(text):
            yield value_of(root), Positions(file, _returning(root), text)
    except YamlProblem as problem:
        place = Place(file, problem.line, problem.column)
        raise InvalidInput(problem.problem, place=place) from None


def _parse_json(text: str, file: str) -> Iterator[tuple[Any, Positions]]:
    """Yield one value after another; where it stands is found out only if somebody asks."""
    end = 0
    while (start := _beginning(text, end)) < len(text):
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            if end == 0:
                # YAML may begin with a brace, too; its error is the better one if it is none.
                yield from _parse_yaml(text, file)
                return
            place = Place(file, error.lineno, error.colno)
            raise InvalidInput(f"is not JSON: {error.msg}", place=place) from None
        except (RecursionError, _JsonError) as error:
            problem = f"is not JSON that can be read: {error}"
            raise InvalidInput(problem, place=Place(file)) from None
        yield value, Positions(file, _loading(text, start, end), text)


def _beginning(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return _beginning(text, start + 3) if text.startswith("---", start) else start


def _returning(root: Node) -> Callable[[], Node]:
    return lambda: root


def _loading(text: str, start: int, end: int) -> Callable[[], Node | None]:
    """Return what reads a JSON text as YAML, which it is but for its tabs between values."""

    def load() -> Node | None:
        line_start = text.rfind("\n", 0, start) + 1
        before = "\n" * text.count("\n", 0, start) + " " * (start - line_start)
        try:
            return next(read_nodes(before + text[start:end].replace("\t", " ")), None)
        except YamlProblem:
            return None

    return load


class _JsonError(ValueError):
    """A text that Python would take for JSON, and Kubernetes does not."""


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise _JsonError(f"it has the key {twin!r} twice")
    return found


def _float(text: str) -> int | float:
    """Return a number as a server gives it back, which writes 1.0 as 1."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < WHOLE_FLOATS else number


def _no_number(text: str) -> NoReturn:
    raise _JsonError(f"it has {text}, which JSON has not")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_twins, parse_float=_float, parse_constant=_no_number
)


def _taken_apart(value: Any, positions: Positions) -> Iterator[Document]:
    if isinstance(value, Mapping) and isinstance(value.get("items"), list):
        kind = str(value.get("kind") or "")
        if kind.endswith("List"):
            for index, item in enumerate(value["items"]):
                yield _document(_complete(item, value, kind), positions.below("items", index))
            return
    yield _document(value, positions)


def _complete(item: Any, around: Object, kind: str) -> Any:
    """Give an item of a typed list the type, which the server leaves out."""
    single = kind.removesuffix("List")
    if not single or not isinstance(item, Mapping):
        return item
    return {"apiVersion": around.get("apiVersion"), "kind": single, **item}


def _document(value: Any, positions: Positions) -> Document:
    """Check what every object has; whether it is one of its kind is not known here."""
    document = Document(value, positions)
    if not isinstance(value, Mapping):
        raise InvalidInput("is no Kubernetes object but a text or a list", place=document.place())
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name), str) or not value[name]:
            problem = f"is no Kubernetes object: it has no {name}"
            raise InvalidInput(problem, place=document.place(name))
    metadata = value.get("metadata")
    if not isinstance(metadata, Mapping):
        problem = f"{value['kind']} has no metadata"
        raise InvalidInput(problem, place=document.place("metadata"))
    for path, problem in _metadata_problems(metadata):
        where = f"metadata.{path}"
        raise InvalidInput(f"{value['kind']}: {where} {problem}", place=document.place(where))
    return document


def _metadata_problems(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield path and problem of what the API server would not take."""
    if not isinstance(metadata.get("name"), str) or not metadata["name"]:
        yield "name", "is required and must be a text"
    if not isinstance(metadata.get("namespace") or "", str):
        yield "namespace", "must be a text"
    for kind in ("labels", "annotations"):
        texts = metadata.get(kind) or {}
        if not isinstance(texts, Mapping):
            yield kind, "must be a mapping"
            continue
        for name, text in texts.items():
            if not isinstance(text, str):
                yield f"{kind}[{name}]", f"is {json.dumps(text)}, and no text; put it in quotes"
