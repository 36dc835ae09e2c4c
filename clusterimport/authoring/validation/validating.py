"""All problems of all policies, each with its place in a file.

Fields that a policy cannot have are found here; what it has to have is told when it is parsed.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.telling import excerpt_of
from clusterimport.authoring.validation.advice import advice, templates_of
from clusterimport.authoring.validation.problems import (
    API_VERSION,
    REFERENCE_ORDER,
    UNKNOWN_FIELD,
    UNKNOWN_REFERENCE,
    PolicyProblem,
)
from clusterimport.engine.errors import InvalidPolicy
from clusterimport.engine.evaluation import FUNCTIONS, ProgramCache
from clusterimport.engine.policy import compile_policy
from clusterimport.engine.references import scope_problems
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.meta import name_of
from clusterimport.model.names import POLICY_API_VERSION
from clusterimport.model.policy import FieldErrors, PolicyRecord, parse_policy

_REFERENCE: Final = re.compile(r"uses \.references\.(\S+), and no reference before it")
_PLACE: Final = re.compile(r"\Aline \d+(?:, column \d+)?: ")
"""In front of a message in a condition; here the place is that in the file."""
_FUNCTION: Final = re.compile(r'function "([^"]*)" not defined')
_LEAF: Final[Mapping[str, Any]] = {}
_SOURCE_FIELDS: Final = {
    **dict.fromkeys(("group", "resource", "versions", "selectorTemplate"), _LEAF),
    **dict.fromkeys(("labelSelector", "fieldSelector"), _LEAF),
}
_REFERENCE_FIELDS: Final = {
    **dict.fromkeys(("key", "group", "resource", "versions"), _LEAF),
    **dict.fromkeys(("namespaceTemplate", "nameTemplate", "allowedNamespaces"), _LEAF),
    "labelSelector": {
        "matchLabels": _LEAF,
        "matchExpressions": [dict.fromkeys(("key", "operator", "values"), _LEAF)],
    },
}
SPEC: Final[Mapping[str, Any]] = {
    "source": _SOURCE_FIELDS,
    "references": [_REFERENCE_FIELDS],
    **dict.fromkeys(("nameTemplate", "template", "creationCondition", "mode"), _LEAF),
    **dict.fromkeys(("deletionPolicy", "updatePolicy", "maxDeletions"), _LEAF),
    "allowedCredentialFeatures": _LEAF,
}
"""The fields of a policy's spec, as its CRD has them."""
_TOP: Final = {
    **dict.fromkeys(("apiVersion", "kind", "metadata", "status"), _LEAF),
    "spec": SPEC,
}

Found = tuple[str, str, str]
"""Rule, path of the field, message."""


def validate(inputs: Inputs) -> list[PolicyProblem]:
    """Return the problems of every policy, in the order of the files and of their lines."""
    return [problem for document in inputs.policies for problem in problems_of(document, inputs)]


def problems_of(document: Document, inputs: Inputs) -> list[PolicyProblem]:
    """Return the problems of one policy, in the order of its lines."""
    found = dict.fromkeys(_found(document, inputs))
    return sorted(found, key=lambda each: (each.place.line, each.place.column))


def _found(document: Document, inputs: Inputs) -> Iterator[PolicyProblem]:
    for rule, path, message in shape_problems(document):
        yield _problem(document, rule, FieldProblem(path, message))
    try:
        record = parse_policy(document.obj)
    except FieldErrors as errors:
        for problem in errors.problems:
            yield _problem(document, problem.rule, problem)
        return
    try:
        compile_policy(record, ProgramCache())
    except InvalidPolicy as invalid:
        for problem in invalid.problems:
            rule, problem = _refined(problem, record)  # noqa: PLW2901 - said better
            yield _problem(document, rule, problem)
    types = (record.source.group_resource, *(each.group_resource for each in record.references))
    source, *references = [inputs.kinds.is_namespaced(*each) for each in types]
    for problem in scope_problems(record, source=source, references=references):
        yield _problem(document, problem.rule, problem)
    for rule, problem in advice(record, document.obj, inputs):
        yield _problem(document, rule, problem)


def _problem(document: Document, rule: str, problem: FieldProblem) -> PolicyProblem:
    path, line, column = problem.path, problem.line, problem.column
    positions = document.positions
    place = positions.inside(path, line, column) if line else positions.place(path)
    excerpt = ""
    if line:
        text = _text(document, path)
        excerpt = excerpt_of(text.split("\n")[line - 1], line, column) if text else ""
    message = _PLACE.sub("", problem.message, count=1) if line else problem.message
    return PolicyProblem(str(rule), message, place, name_of(document.obj), excerpt)


def _text(document: Document, path: str) -> str:
    """Return the template of a field; empty where the policy has not its shape."""
    try:
        record = parse_policy(document.obj)
    except FieldErrors:
        return ""
    found = [text for field, text in templates_of(record) if field == path]
    # Of two references with one key it is not known which is meant.
    return found[0] if len(found) == 1 else ""


def _refined(problem: FieldProblem, record: PolicyRecord) -> tuple[str, FieldProblem]:
    """Say more of a problem than fits a condition."""
    reference = _REFERENCE.match(problem.message)
    if problem.rule is Rule.UNKNOWN_DATA and reference:
        keys = [each.key for each in record.references]
        if reference[1] in keys:
            told = f"{problem.message}; it stands further down, move it before this one"
            return REFERENCE_ORDER, problem._replace(message=told)
        told = f"{problem.message}; there are {', '.join(keys) or 'none'}"
        return UNKNOWN_REFERENCE, problem._replace(message=told)
    if problem.rule is Rule.TEMPLATE_SYNTAX and problem.message.endswith("unexpected EOF"):
        told = f"{problem.message}: an if, range, with or block has no {{{{ end }}}}"
        return problem.rule, problem._replace(message=told)
    function = _FUNCTION.search(problem.message)
    if problem.rule is Rule.UNKNOWN_FUNCTION and function:
        return problem.rule, _located(problem, function[1], record)
    return problem.rule, problem


def _located(problem: FieldProblem, function: str, record: PolicyRecord) -> FieldProblem:
    """Say where in its line an unknown function stands, which Go does not, and what is near."""
    near = difflib.get_close_matches(function, FUNCTIONS, n=1)
    told = f"{problem.message}; did you mean {near[0]}?" if near else problem.message
    lines = dict(templates_of(record))[problem.path].split("\n")
    word = re.search(rf"(?<![\w.]){re.escape(function)}(?!\w)", lines[problem.line - 1])
    column = len(lines[problem.line - 1][: word.start()].encode()) + 1 if word else 0
    return problem._replace(message=told, column=column)


def shape_problems(document: Document) -> Iterator[Found]:
    """Find what strict validation of the API server would refuse."""
    version = document.obj["apiVersion"]
    if version != POLICY_API_VERSION:
        yield API_VERSION, "apiVersion", f"{version} is not {POLICY_API_VERSION}"
    yield from _unknown(document.obj, _TOP, "")


def _unknown(value: Any, known: Any, path: str) -> Iterator[Found]:
    if isinstance(known, list) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, known[0], f"{path}[{index}]")
        return
    if known is _LEAF or not isinstance(known, Mapping) or not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        below = f"{path}.{name}" if path else name
        if name in known:
            yield from _unknown(inner, known[name], below)
        else:
            yield UNKNOWN_FIELD, below, f"there is no such field{_near(name, known)}"


def _near(name: str, known: Mapping[str, Any]) -> str:
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    if found:
        return f"; did you mean {by_lower[found[0]]}?"
    return f"; there are {', '.join(known)}"
