"""What would change of PediaClusters that stand, as a unified diff without credentials."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import click

from clusterimport.authoring.outcomes import Evaluated
from clusterimport.cli.printing.objects import yaml_of
from clusterimport.cli.printing.redaction import REDACTED, Redactor
from clusterimport.model.meta import Object
from clusterimport.model.pediacluster import BYTE_FIELDS

_SERVERS: Final = frozenset(
    ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
)
"""Fields of metadata that the API server writes."""
_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


def print_diffs(evaluated: Iterable[Evaluated], redactor: Redactor) -> None:
    """Print one diff for each PediaCluster that would be created or changed."""
    for each in evaluated:
        if each.after is not None:
            before = each.observed.obj if each.observed else {}
            for line in diff_of(each.name, before, each.after, redactor):
                click.secho(line, fg=_COLOURS.get(line[0]), bold=line[:3] in {"---", "+++"})


def diff_of(name: str, before: Object, after: Object, redactor: Redactor) -> Iterator[str]:
    """Yield the lines of a diff, none where nothing differs."""
    old, new = _shown(before, redactor), _shown(after, redactor)
    for field in BYTE_FIELDS:
        values = [(each.get("spec") or {}).get(field) for each in (before, after)]
        if all(values) and values[0] != values[1] and new["spec"][field] == REDACTED:
            # Both look alike, and that they differ is the news.
            old["spec"][field], new["spec"][field] = f"{REDACTED} before", f"{REDACTED} after"
    return difflib.unified_diff(
        yaml_of(old).splitlines() if before else [],
        yaml_of(new).splitlines(),
        f"observed/{name}" if before else "/dev/null",
        f"rendered/{name}",
        lineterm="",
    )


def _shown(obj: Object, redactor: Redactor) -> dict[str, Any]:
    shown = {name: value for name, value in obj.items() if name != "status"}
    metadata = shown.get("metadata")
    if isinstance(metadata, Mapping):
        shown["metadata"] = {
            name: value for name, value in metadata.items() if name not in _SERVERS
        }
    return redactor.pediacluster(shown)
