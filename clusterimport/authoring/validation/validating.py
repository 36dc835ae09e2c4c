"""All problems of all policies, each with its place in a file."""

import difflib
import re
from collections.abc import Iterator
from typing import Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.telling import excerpt_of
from clusterimport.authoring.validation.advice import advice, templates_of
from clusterimport.authoring.validation.problems import (
    REFERENCE_ORDER,
    UNKNOWN_REFERENCE,
    PolicyProblem,
)
from clusterimport.authoring.validation.schema import shape_problems
from clusterimport.engine.errors import InvalidPolicy
from clusterimport.engine.evaluation import FUNCTIONS, ProgramCache
from clusterimport.engine.policy import compile_policy
from clusterimport.engine.references import scope_problems
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.meta import name_of
from clusterimport.model.policy import FieldErrors, PolicyRecord, parse_policy

_REFERENCE: Final = re.compile(r"uses \.references\.(\S+), and no reference before it")
_PLACE: Final = re.compile(r"\Aline \d+(?:, column \d+)?: ")
"""In front of a message in a condition; here the place is that in the file."""
_FUNCTION: Final = re.compile(r'function "([^"]*)" not defined')


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
