"""Problems of policies as text, JSON, SARIF 2.1.0 and annotations of GitHub."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final

import click

import clusterimport
from clusterimport.authoring.validation.problems import RULES, PolicyProblem, Severity
from clusterimport.cli.printing.objects import print_json

_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_COLOURS: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def _print_text(problems: Sequence[PolicyProblem]) -> None:
    for each in problems:
        path = f"{each.place.path}: " if each.place.path else ""
        severity = click.style(each.severity, fg=_COLOURS[each.severity], bold=True)
        click.echo(f"{each.place}: {severity}: {path}{each.message} [{each.rule}]")
        if each.excerpt:
            click.echo(each.excerpt)
    counts = [
        f"{number} {severity}{'s' if number > 1 else ''}"
        for severity in Severity
        if (number := sum(each.severity is severity for each in problems))
    ]
    click.echo(", ".join(counts) if counts else "no problems", err=True)


def _print_json(problems: Sequence[PolicyProblem]) -> None:
    print_json(
        [
            {
                "rule": each.rule,
                "severity": each.severity.value,
                "message": each.message,
                "policy": each.policy,
                "file": each.place.file,
                "line": each.place.line,
                "column": each.place.column,
                "path": each.place.path,
            }
            for each in problems
        ]
    )


def _print_sarif(problems: Sequence[PolicyProblem]) -> None:
    names = list(RULES)
    rules = [
        {
            "id": name,
            "shortDescription": {"text": info.summary},
            "defaultConfiguration": {"level": info.severity.value},
        }
        for name, info in RULES.items()
    ]
    driver = {
        "name": "clusterimport",
        "semanticVersion": clusterimport.__version__,
        "rules": rules,
    }
    results = [
        {
            "ruleId": each.rule,
            "ruleIndex": names.index(each.rule),
            "level": each.severity.value,
            "message": {"text": each.message},
            "locations": [_location(each)],
        }
        for each in problems
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    print_json({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _location(problem: PolicyProblem) -> dict[str, Any]:
    place = problem.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": PurePath(place.file).as_posix()}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": max(place.column, 1)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return location


def _print_github(problems: Sequence[PolicyProblem]) -> None:
    kinds = {Severity.NOTE: "notice"}
    for each in problems:
        place = each.place
        fields = {"file": place.file, "line": place.line, "col": place.column, "title": each.rule}
        given = ",".join(f"{key}={_escaped(str(value))}" for key, value in fields.items() if value)
        path = f"{place.path}: " if place.path else ""
        kind = kinds.get(each.severity, each.severity.value)
        click.echo(f"::{kind} {given}::{_escaped(path + each.message, ':,')}")


def _escaped(text: str, kept: str = "") -> str:
    """Escape a text as GitHub's workflow commands want it."""
    for character, code in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        if character not in kept:
            text = text.replace(character, code)
    return text


FORMS: Final[Mapping[str, Callable[[Sequence[PolicyProblem]], None]]] = {
    "text": _print_text,
    "json": _print_json,
    "sarif": _print_sarif,
    "github": _print_github,
}
"""By the names that ``-o`` takes."""
