"""What came of policies and sources, in every form that commands print it."""

from collections.abc import Sequence
from typing import Any, Final

import click

from clusterimport.authoring.outcomes import Evaluated, Outcome
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.cli.printing.tables import print_table
from clusterimport.model.gvr import PEDIACLUSTERS

HEADERS: Final = ("POLICY", "SOURCE", "OUTCOME", "NAME")


def element_of(evaluated: Evaluated, redactor: Redactor) -> dict[str, Any]:
    """Return an element of the array that ``-o json`` prints."""
    source = evaluated.source
    body = evaluated.pedia_cluster
    return {
        "policy": evaluated.policy,
        "source": {
            "group": source.group,
            "version": source.version,
            "resource": source.resource,
            "namespace": source.namespace,
            "name": source.name,
        },
        "outcome": evaluated.outcome.value,
        "name": evaluated.name,
        "message": redactor.text(evaluated.text),
        "pediaCluster": None if body is None else redactor.pediacluster(body),
    }


def print_evaluations(evaluated: Sequence[Evaluated], redactor: Redactor) -> None:
    """Print a table, and below it why some are not imported."""
    rows = [
        (each.policy, str(each.source), (each.outcome.value, style_of(each.outcome)), each.name)
        for each in evaluated
    ]
    print_table(HEADERS, rows)
    for each in evaluated:
        if each.message and each.outcome is not Outcome.NOT_SELECTED:
            click.echo(f"\n{told(each, redactor)}")


def told(evaluated: Evaluated, redactor: Redactor) -> str:
    """Return the outcome of one source with all that is to be said of it."""
    place = f"{evaluated.place}: " if evaluated.place and evaluated.place.file else ""
    text = redactor.text(evaluated.text).replace("\n", "\n  ")
    return f"{evaluated.policy}, {evaluated.source}: {evaluated.outcome}\n  {place}{text}"


def name_of(evaluated: Evaluated) -> str:
    """Return what ``-o name`` prints."""
    return f"{PEDIACLUSTERS.resource[:-1]}.{PEDIACLUSTERS.group}/{evaluated.name}"


def style_of(outcome: Outcome) -> str:
    """Return the colour of an outcome."""
    if outcome is Outcome.IMPORT:
        return "green"
    if outcome is Outcome.NOT_SELECTED:
        return "dim"
    return "red" if outcome.is_error else "yellow"
