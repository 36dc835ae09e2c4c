"""A test of policies as a record, and how its file is read.

The shape is that of a Kubernetes object of kind PolicyTest; docs/policy-tests.md describes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from clusterimport.authoring.documents import Document, read_documents
from clusterimport.authoring.errors import AuthoringError, InvalidInput, NothingFound
from clusterimport.authoring.inputs import TEST_GROUP
from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.positions import Place
from clusterimport.engine.rules import ImportRules
from clusterimport.model.fields import FieldProblem, FieldReader
from clusterimport.model.meta import Object, name_of
from clusterimport.model.names import POLICY_KIND
from clusterimport.model.policy import CredentialFeature

__all__ = ["Expectation", "Happening", "PolicyTest", "read_tests"]

API_VERSION: Final = f"{TEST_GROUP}/v1"
KIND: Final = "PolicyTest"
WRITES: Final = ("none", "create", "update", "delete")
CONNECTION_FIELDS: Final = (
    *("server", "tlsServerName", "insecure", "token", "ca", "certificate", "features"),
)
_TEST_FIELDS: Final = frozenset(
    ("apiVersion", "kind", "metadata", "policies", "inputs", "flags", "strict", "steps")
)
_STEP_FIELDS: Final = frozenset(("apply", "change", "delete", "expect"))
_FLAGS: Final = frozenset(
    ("allowedCredentialFeatures", "allowCrossNamespaceReferences", "authenticationFrom")
)
_SUFFIXES: Final = frozenset((".yaml", ".yml", ".json"))


class Expectation(NamedTuple):
    """What has to have become of one source."""

    place: Place
    source: str
    """``resource.group/namespace/name``."""
    policy: str
    """Empty where only one policy looks at the source."""
    outcome: Outcome | None
    name: str
    message: str
    """A part of the message."""
    writes: tuple[str, ...] | None
    """What is done to its PediaClusters in this step, in order; none for `none`."""
    deleted: bool | None
    """Whether a PediaCluster of it goes in this step."""
    pedia_cluster: Mapping[str, Any] | None
    connection: Mapping[str, Any] | None
    golden: Path | None


class Happening(NamedTuple):
    """What happens to the world, and what is to be seen then."""

    name: str
    """Empty for the state that a test begins with."""
    place: Place
    apply: tuple[Document, ...]
    change: tuple[Document, ...]
    """Merge patches."""
    delete: tuple[Document, ...]
    """Whose type and name count."""
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class PolicyTest:
    """One document of a test file."""

    name: str
    file: str
    place: Place
    policies: tuple[Document, ...]
    rules: ImportRules
    strict: bool
    """Whether sources that are not listed may neither be imported nor fail."""
    steps: tuple[Happening, ...]


def read_tests(file: str, reader: "FileReader") -> list[PolicyTest | AuthoringError]:
    """Return the tests of a file; in place of one that cannot be read, why.

    Raises InvalidInput or NothingFound where that is the whole file.
    """
    documents = read_documents([file])
    return [_read_or_tell(document, reader) for document in documents]


def _read_or_tell(document: Document, reader: "FileReader") -> PolicyTest | AuthoringError:
    try:
        return _TestReader(document, reader).test()
    except AuthoringError as error:
        return error


class FileReader:
    """Reads each file once, however many tests name it."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Document, ...]] = {}
        self._policies: dict[Path, tuple[Document, ...]] = {}

    def documents(self, path: Path) -> tuple[Document, ...]:
        """Return the objects of a file; raises AuthoringError."""
        if path not in self._read:
            self._read[path] = tuple(read_documents([path]))
        return self._read[path]

    def policies(self, folder: Path) -> tuple[Document, ...]:
        """Return the policies of a folder, in the order of its files."""
        if folder not in self._policies:
            files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
            self._policies[folder] = tuple(
                document
                for file in files
                if _names_a_policy(file)
                for document in self.documents(file)
                if document.obj["kind"] == POLICY_KIND
            )
        return self._policies[folder]


def _names_a_policy(file: Path) -> bool:
    """Whether there can be a policy in a file, which only then is parsed."""
    try:
        return POLICY_KIND in file.read_text(errors="replace")
    except OSError as error:
        raise NothingFound(f"{file} cannot be read: {error.strerror or error}") from None


class _TestReader:
    """Reads one document, and gathers what is wrong with it."""

    def __init__(self, document: Document, reader: FileReader) -> None:
        self._document = document
        self._reader = reader
        self._folder = Path(document.file).parent
        self._problems: list[FieldProblem] = []
        self._root = FieldReader(document.obj, "", self._problems)

    def test(self) -> PolicyTest:
        obj = self._document.obj
        if (obj["apiVersion"], obj["kind"]) != (API_VERSION, KIND):
            problem = f"is a {obj['kind']} of {obj['apiVersion']}, and no {KIND} of {API_VERSION}"
            raise InvalidInput(problem, place=self._document.place("kind"))
        self._check_names(self._root, obj, _TEST_FIELDS | _STEP_FIELDS - {"apply"})
        rules = self._rules(self._root.child("flags"), obj.get("flags"))
        strict = self._boolean(self._root, "strict")
        first = self._step(self._root, obj, "", applied="inputs")
        steps = [
            self._step(reader, raw, reader.text("name", required=True))
            for reader, raw in self._items(self._root, obj, "steps", _STEP_FIELDS | {"name"})
        ]
        policies = self._policies() if not self._problems else ()
        if self._problems:
            first_problem = self._problems[0]
            told = f"{first_problem.path} {first_problem.message}"
            raise InvalidInput(told, place=self._document.place(first_problem.path))
        if not any(step.expectations for step in (first, *steps)):
            raise InvalidInput("expects nothing, so it tests nothing", place=self._document.place())
        return PolicyTest(
            name=name_of(obj),
            file=self._document.file,
            place=self._document.place(),
            policies=policies,
            rules=rules,
            strict=bool(strict),
            steps=(first, *steps),
        )

    def _policies(self) -> tuple[Document, ...]:
        if self._root.has("policies"):
            found = [
                document
                for name in self._root.texts("policies")
                for document in self._reader.documents(self._folder / name)
                if document.obj["kind"] == POLICY_KIND
            ]
        else:
            found = list(self._reader.policies(self._folder))
        if not found:
            told = f"there is no {POLICY_KIND} to test; name its file in `policies`"
            raise InvalidInput(told, place=self._document.place("policies"))
        return tuple(found)

    def _step(
        self, reader: FieldReader, raw: Object, name: str, *, applied: str = "apply"
    ) -> Happening:
        return Happening(
            name,
            self._document.place(reader.path),
            self._objects(reader, raw, applied),
            self._objects(reader, raw, "change"),
            self._objects(reader, raw, "delete"),
            tuple(
                self._expectation(item, given)
                for item, given in self._items(reader, raw, "expect", frozenset(_EXPECTED))
            ),
        )

    def _objects(self, reader: FieldReader, raw: Object, name: str) -> tuple[Document, ...]:
        """Return the objects of a list of files and of objects that are written out."""
        value, path = raw.get(name), _joined(reader.path, name)
        if value is None:
            return ()
        if not isinstance(value, list):
            reader.problem(name, "must be a list of files and objects")
            return ()
        found: list[Document] = []
        for index, item in enumerate(value):
            where = f"{path}[{index}]"
            if isinstance(item, str):
                found += self._reader.documents(self._folder / item)
            elif problem := _problem_of_object(item):
                self._problems.append(FieldProblem(where, problem))
            else:
                # What is wrong with an object is told where the test names it.
                found.append(Document(item, self._document.positions.below(*_parts(where))))
        return tuple(found)

    def _expectation(self, reader: FieldReader, raw: Object) -> Expectation:
        outcome = reader.text("outcome")
        if outcome and outcome not in set(Outcome):
            reader.problem("outcome", f"must be one of {', '.join(Outcome)}")
            outcome = ""
        deleted = self._boolean(reader, "deleted")
        connection = self._mapping(reader, "connection")
        for name in sorted((connection or {}).keys() - set(CONNECTION_FIELDS)):
            reader.problem("connection", f"has no {name}, but {', '.join(CONNECTION_FIELDS)}")
        golden = reader.text("golden")
        return Expectation(
            place=self._document.place(reader.path),
            source=reader.text("source", required=True),
            policy=reader.text("policy"),
            outcome=Outcome(outcome) if outcome else None,
            name=reader.text("name"),
            message=reader.text("message"),
            writes=self._writes(reader, raw.get("writes")),
            deleted=deleted,
            pedia_cluster=self._mapping(reader, "pediaCluster"),
            connection=connection,
            golden=self._golden(reader, golden) if golden else None,
        )

    def _golden(self, reader: FieldReader, name: str) -> Path | None:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            reader.problem("golden", "must be a file in the folder of the test or below")
            return None
        return path

    def _writes(self, reader: FieldReader, given: Any) -> tuple[str, ...] | None:
        if given is None:
            return None
        verbs = given if isinstance(given, list) else [given]
        if not all(isinstance(verb, str) and verb in WRITES for verb in verbs):
            reader.problem("writes", f"must be of {', '.join(WRITES)}, one or a list")
            return None
        return tuple(verb for verb in verbs if verb != "none")

    def _rules(self, reader: FieldReader, raw: Any) -> ImportRules:
        if isinstance(raw, Mapping):
            self._check_names(reader, raw, _FLAGS)
        features = reader.texts("allowedCredentialFeatures")
        if not set(features) <= set(CredentialFeature):
            known = ", ".join(CredentialFeature)
            reader.problem("allowedCredentialFeatures", f"may hold only {known}")
        return ImportRules(
            allowed_features=frozenset(features),
            allow_cross_namespace=bool(self._boolean(reader, "allowCrossNamespaceReferences")),
            authentication_from=bool(self._boolean(reader, "authenticationFrom")),
        )

    def _items(
        self, reader: FieldReader, raw: Object, name: str, known: frozenset[str]
    ) -> Iterator[tuple[FieldReader, Object]]:
        given = raw.get(name)
        for index, item in enumerate(reader.children(name)):
            value = given[index] if isinstance(given, list) else None
            if isinstance(value, Mapping):
                self._check_names(item, value, known)
                yield item, value

    def _mapping(self, reader: FieldReader, name: str) -> Mapping[str, Any] | None:
        value = reader.raw(name)
        if value is not None and not isinstance(value, Mapping):
            reader.problem(name, "must be an object")
            return None
        return value

    def _boolean(self, reader: FieldReader, name: str) -> bool | None:
        value = reader.raw(name)
        if value is not None and not isinstance(value, bool):
            reader.problem(name, "must be true or false")
            return None
        return value

    def _check_names(self, reader: FieldReader, raw: Object, known: frozenset[str]) -> None:
        for name in raw:
            if name not in known:
                reader.problem(str(name), f"is not known; known are {', '.join(sorted(known))}")


_EXPECTED: Final = (
    *("source", "policy", "outcome", "name", "message", "writes", "deleted"),
    *("pediaCluster", "connection", "golden"),
)


def _problem_of_object(item: Any) -> str:
    if not isinstance(item, Mapping):
        return "must be a file or an object"
    metadata = item.get("metadata")
    has_name = isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str)
    texts = (item.get("apiVersion"), item.get("kind"))
    if not has_name or not all(isinstance(text, str) and text for text in texts):
        return "must be a file, or an object with apiVersion, kind and metadata.name"
    return ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _parts(path: str) -> Sequence[str | int]:
    """Split ``steps[0].apply[1]`` into its names and numbers."""
    parts: list[str | int] = []
    for part in path.split("."):
        name, _, number = part.rstrip("]").partition("[")
        parts.append(name)
        if number:
            parts.append(int(number))
    return parts
