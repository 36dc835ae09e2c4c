"""Explanations as a text for a person, and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from clusterimport.authoring.explaining import ExplainedImport, StepExplained, ValueRead
from clusterimport.authoring.outcomes import StepKind
from clusterimport.cli.printing.evaluations import element_of, style_of
from clusterimport.cli.printing.redaction import REDACTED, Redactor
from clusterimport.model.conditions import conditions_of
from clusterimport.model.meta import Object

_WIDTH: Final = 100
"""Characters of a value in the text; JSON has all of it."""
_TOLD: Final = ("Created", "Updating", "Ready", "ClusterHealthy", "Validated")


def print_explanation(explanation: ExplainedImport, redactor: Redactor) -> None:
    """Print what a person reads from top to bottom."""
    evaluated = explanation.evaluated
    outcome = click.style(evaluated.outcome.value, fg=_colour(style_of(evaluated.outcome)))
    name = f" as {evaluated.name}" if evaluated.name else ""
    click.echo(f"{evaluated.source}, policy {evaluated.policy}: {outcome}{name}")
    for step in explanation.steps:
        _print_step(step, redactor)
    if evaluated.message:
        place = f"{evaluated.place}: " if evaluated.place and evaluated.place.file else ""
        click.echo(f"\n{place}{redactor.text(evaluated.text)}")
    lines = [*_standing("lifecycle", explanation.lifecycle, redactor)]
    lines += _standing("PediaCluster", explanation.pediacluster, redactor)
    if lines:
        click.echo("\nToday:")
        click.echo("\n".join(lines))


def explanation_element(explanation: ExplainedImport, redactor: Redactor) -> dict[str, Any]:
    """Return an element of the array that ``-o json`` prints."""
    return {
        **element_of(explanation.evaluated, redactor),
        "reason": explanation.evaluated.reason,
        "steps": [
            {
                "step": step.step.kind.value,
                "passed": step.step.passed,
                "field": step.step.field,
                "place": str(step.place) if step.place else "",
                "expression": step.step.expression,
                "result": redactor.text(step.step.result),
                "read": [
                    {
                        "path": reading.path,
                        "isThere": reading.is_there,
                        "value": _value(reading, redactor),
                    }
                    for reading in step.readings
                ],
            }
            for step in explanation.steps
        ],
        "conditions": {
            kind: list(conditions_of(obj)) if obj else []
            for kind, obj in (
                ("lifecycle", explanation.lifecycle),
                ("pediaCluster", explanation.pediacluster),
            )
        },
    }


def _print_step(explained: StepExplained, redactor: Redactor) -> None:
    step = explained.step
    mark = click.style("✓", fg="green") if step.passed else click.style("✗", fg="red")
    result = redactor.text(step.result).strip()
    first, _, more = result.partition("\n")
    asked = "the name" if step.kind is StepKind.CLAIM else step.field
    told = "is not taken by another" if step.kind is StepKind.CLAIM and step.passed else _cut(first)
    click.echo(f"  {mark} {asked}: {told or '(nothing)'}")
    for line in more.splitlines() if not step.passed else ():
        click.echo(f"      {line}")
    for line in _expression(explained):
        click.echo(click.style(f"      {line}", dim=step.passed))
    for reading in explained.readings:
        shown = _shown(_value(reading, redactor)) if reading.is_there else "(is not there)"
        click.echo(click.style(f"        {reading.path} = {shown}", dim=step.passed))


def _expression(explained: StepExplained) -> Sequence[str]:
    lines = [line for line in explained.step.expression.strip().splitlines() if line.strip()]
    # A long template that is in order would hide the steps.
    return lines if len(lines) == 1 or not explained.step.passed else ()


def _standing(kind: str, obj: Object | None, redactor: Redactor) -> Iterator[str]:
    for raw in conditions_of(obj) if obj else ():
        if raw.get("type") in _TOLD:
            message = redactor.text(str(raw.get("message") or ""))
            told = f": {message}" if message and raw.get("status") != "True" else ""
            yield f"  {kind} {raw.get('type')}={raw.get('status')} ({raw.get('reason')}){told}"


def _value(reading: ValueRead, redactor: Redactor) -> Any:
    if not reading.is_there:
        return None
    if not reading.is_secret:
        return redactor.value(reading.value)
    # As it would stand in its Secret, of which only the keys are shown.
    shown = redactor.value({"kind": "Secret", "data": {"value": reading.value}})["data"]["value"]
    return f"{REDACTED} ({len(str(reading.value))} characters)" if shown == REDACTED else shown


def _shown(value: Any) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"


def _colour(style: str) -> str | None:
    return None if style == "dim" else style
