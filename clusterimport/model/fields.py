"""Reading typed fields out of raw specs, gathering every problem instead of the first one."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from clusterimport.errors import ClusterImportError
from clusterimport.model.meta import Object


class Rule(StrEnum):
    """What a problem of a policy breaks; the names are stable, since people filter by them."""

    SCHEMA = "schema"
    DUPLICATE_KEY = "duplicate-key"
    REFUSED_TYPE = "refused-type"
    SCOPE = "scope"
    NAMESPACE_NAME = "namespace-name"
    ALLOWED_NAMESPACES = "allowed-namespaces"
    TEMPLATE_SYNTAX = "template-syntax"
    UNKNOWN_FUNCTION = "unknown-function"
    REFUSED_FUNCTION = "refused-function"
    TEMPLATE_LIMIT = "template-limit"
    UNKNOWN_DATA = "unknown-data"
    NEVER_TRUE = "never-true"
    INVALID_DOCUMENT = "invalid-document"


class FieldProblem(NamedTuple):
    """What is wrong with one field, for the person who wrote it; quotes no values of others.

    ``line`` and ``column`` (bytes) count from 1 inside the text of the field; 0 where unknown.
    """

    path: str
    message: str
    rule: Rule = Rule.SCHEMA
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class FieldErrors(ClusterImportError):  # noqa: N818 - it holds several
    """An object does not have the shape of its kind; holds all problems at once."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class FieldReader:
    """Reads the fields of one object; problems land in the list that readers share.

    A field of the wrong type reads as absent, so that one mistake is told once.
    """

    _raw: Object

    def __init__(self, raw: object, path: str, problems: list[FieldProblem]) -> None:
        self.path = path
        self._problems = problems
        self._raw = {}
        if isinstance(raw, Mapping):
            self._raw = raw
        elif raw is not None:
            self.problem("", "must be an object")

    def problem(self, name: str, message: str) -> None:
        """Note a problem of a field, or of the object itself where the name is empty."""
        self._problems.append(FieldProblem(self._join(name), message))

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._raw.get(name) is not None

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a string, empty where it is absent."""
        value = self._raw.get(name)
        if value is not None and not isinstance(value, str):
            self.problem(name, "must be a string")
            return ""
        if required and not value:
            self.problem(name, "is required and must not be empty")
        return value or ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings, empty where it is absent."""
        value = self._raw.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(name, "must be a list of strings")
            return ()
        return tuple(value)

    def child(self, name: str, *, required: bool = False) -> "FieldReader":
        """Return a reader of an object below this one."""
        if required and not self.has(name):
            self.problem(name, "is required")
        return FieldReader(self._raw.get(name), self._join(name), self._problems)

    def children(self, name: str) -> list["FieldReader"]:
        """Return readers of the objects of a list."""
        value = self._raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(name, "must be a list")
            return []
        path = self._join(name)
        return [
            FieldReader(item, f"{path}[{index}]", self._problems)
            for index, item in enumerate(value)
        ]

    def raw(self, name: str) -> Any:
        """Return a field as it is."""
        return self._raw.get(name)

    def _join(self, name: str) -> str:
        return f"{self.path}.{name}" if name and self.path else name or self.path
