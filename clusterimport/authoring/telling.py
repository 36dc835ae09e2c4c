"""Errors of the engine told to the author: with Go's own text, the line at fault and a caret.

Unlike in a condition, data may be quoted here; whoever shows it takes out credentials.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeVar

from clusterimport.authoring.documents import Document
from clusterimport.authoring.positions import Place
from clusterimport.engine.errors import DocumentError, EvaluationError, InvalidPolicy, ProgramError
from clusterimport.gotemplate.errors import GoTemplateError, RefusedFunctionError

_GO_PLACE: Final = re.compile(r"template: .*?:\d+(?::\d+)?: ")
_SHOWN: Final = 96
"""Characters of a line in an excerpt, so that it fits a terminal."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a step ended the evaluation."""

    field: str
    message: str
    reason: str = ""
    excerpt: str = ""
    place: Place | None = None

    @property
    def text(self) -> str:
        """Message and excerpt."""
        return f"{self.message}\n{self.excerpt}" if self.excerpt else self.message


_Failure = TypeVar("_Failure", bound=Failure)


def failure_of(error: EvaluationError, field: str, document: Document) -> Failure:
    """Return what an evaluation failed with; ``field`` is the one it concerns unless it says so."""
    match error:
        case ProgramError(cause=GoTemplateError() as cause):
            return _of_cause(cause, error, document)
        case ProgramError():
            place = document.place(error.field)
            return Failure(error.field, error.message, error.reason, place=place)
        case DocumentError() if error.line:
            place = document.positions.inside(field, error.line, error.column)
            excerpt = excerpt_of(_line(document, field, error.line), error.line, error.column)
            return Failure(field, error.message, error.reason, excerpt, place)
        case _:
            return Failure(field, error.message, error.reason, place=document.place(field))


def failure_of_problems(error: InvalidPolicy, document: Document, kind: type[_Failure]) -> _Failure:
    """Return all that is wrong with a policy, at the place of the first problem."""
    told = []
    for problem in error.problems:
        cause = error.causes.get(problem.path)
        text = str(problem)
        if cause is not None and cause.line:
            text = f"{problem.path}, {problem.message}"
            text += f"\n{excerpt_of(cause.source_line, cause.line, _column(cause))}"
        told.append(text)
    first = error.problems[0].path
    cause = error.causes.get(first)
    place = document.place(first)
    if cause is not None and cause.line:
        place = document.positions.inside(first, cause.line, _column(cause))
    return kind(first, "\n".join(told), error.reason, place=place)


def excerpt_of(text: str, line: int, column: int) -> str:
    """Return a line of a template as compilers show it; ``column`` counts bytes from 1, or is 0."""
    if not text.strip():
        return ""
    start = len(text.encode()[: max(column - 1, 0)].decode(errors="ignore"))
    first = max(start - _SHOWN * 2 // 3, 0) if len(text) > _SHOWN else 0
    shown = text[first : first + _SHOWN].replace("\t", " ")
    number = str(line)
    excerpt = f"  {number} | {shown}"
    if column:
        excerpt += f"\n  {' ' * len(number)} | {' ' * (start - first)}^"
    return excerpt


def _of_cause(cause: GoTemplateError, error: ProgramError, document: Document) -> Failure:
    column = _column(cause)
    where = f", line {cause.line}" if cause.line else ""
    where += f", column {column}" if column else ""
    told = cause.safe_message if isinstance(cause, RefusedFunctionError) else cause.message
    message = f"{error.field}{where}: {_GO_PLACE.sub('', told, count=1)}"
    excerpt = excerpt_of(cause.source_line, cause.line, column) if cause.line else ""
    place = document.positions.inside(error.field, cause.line, column)
    return Failure(error.field, message, error.reason, excerpt, place)


def _column(cause: GoTemplateError) -> int:
    return 0 if cause.column is None else cause.column + 1


def _line(document: Document, field: str, line: int) -> str:
    value = document.obj
    for name in field.split("."):
        value = value.get(name) or {}
    lines = str(value).split("\n")
    return lines[line - 1] if line <= len(lines) else ""
