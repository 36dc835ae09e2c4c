"""``clusterimport discover``: which platforms of the catalogue a server has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from clusterimport.authoring.documents import read_documents
from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.inputs import Inputs
from clusterimport.catalogue import POLICIES
from clusterimport.cli import authoring
from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.printing.objects import print_json
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.cli.printing.tables import print_table
from clusterimport.cli.reaching import run_live
from clusterimport.kube import RestClient
from clusterimport.live.discovering import (
    DiscoveredPlatforms,
    KnownPolicy,
    Platform,
    PlatformState,
    chosen,
)
from clusterimport.live.discovering import discover as discover_live
from clusterimport.live.errors import LocalFileError

_POLICY: Final = "policy.yaml"
_LAID_DOWN: Final = (_POLICY, "clusterrole.yaml")
_COLOURS: Final = {
    PlatformState.IMPORTED: "green",
    PlatformState.READY: "cyan",
    PlatformState.WAITING: "yellow",
    PlatformState.EMPTY: "dim",
    PlatformState.FAILING: "red",
    PlatformState.NO_RIGHTS: "red",
    PlatformState.UNKNOWN: "magenta",
}


@click.command("discover")
@click.option(
    "--write",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Lay the policies and roles that import the rest down in DIR, ready to apply.",
)
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path, file_okay=False),
    default=POLICIES,
    metavar="DIR",
    help="A catalogue of your own: folders with a policy.yaml and a clusterrole.yaml each.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="The form of the output.",
)
@authoring.rules
@connection_options
def discover(
    reach: Reach, *, write: Path | None, catalogue: Path, output: str, **flags: Any
) -> int:
    """Look for platforms of the catalogue on a live API server, with your own rights.

    For each that is here: how many clusters it has, which are imported and by which policy, how
    many would be imported, wait or fail and why, and which rights you lack. Nothing is written to
    the server.

    \b
    Examples:
      clusterimport discover
      clusterimport discover --write policies && kubectl apply -R -f policies
    """  # noqa: D301 - click wants the character itself
    entries = _entries(catalogue)
    rules = authoring.rules_of(**flags)

    async def work(rest: RestClient, progress: ProgressLine) -> DiscoveredPlatforms:
        return await discover_live(rest, entries, rules=rules, tell=progress.tell)

    finding = run_live(reach, work)
    for note in finding.notes:
        click.echo(f"clusterimport: {note}", err=True)
    evaluated = [each for platform in finding.platforms for each in platform.evaluated]
    redactor = Redactor().know((), evaluated)
    if output == "json":
        print_json([_element(each, redactor) for each in finding.platforms])
    else:
        _print(finding, redactor)
    if not finding.platforms:
        raise NothingFound("no platform of the catalogue is here")
    if write is not None:
        _write(write, catalogue, [each.name for each in chosen(finding.platforms)])
    return 0


def _entries(catalogue: Path) -> list[KnownPolicy]:
    entries = [
        KnownPolicy(file.parent.name, document)
        for file in sorted(catalogue.glob(f"*/{_POLICY}"))
        for document in Inputs(read_documents([file])).policies
    ]
    if not entries:
        raise NothingFound(f"{catalogue} has no folder with a {_POLICY}")
    return entries


def _print(finding: DiscoveredPlatforms, redactor: Redactor) -> None:
    rows = [
        (
            each.name,
            str(each.source),
            (each.state.value, _COLOURS[each.state]),
            str(each.sources) if each.state is not PlatformState.NO_RIGHTS or each.sources else "?",
            _told(each.imported_by),
            _told({outcome.value: count for outcome, count in each.would.items()}),
        )
        for each in finding.platforms
    ]
    if rows:
        print_table(("PLATFORM", "TYPE", "STATE", "SOURCES", "IMPORTED BY", "WOULD"), rows)
    for each in finding.platforms:
        for line in _details(each, redactor):
            click.echo(f"\n{each.name}: {line}")
    click.echo(f"\n{finding.absent} other platforms of the catalogue are not here.", err=True)


def _details(platform: Platform, redactor: Redactor) -> Sequence[str]:
    lines = [redactor.text(reason).replace("\n", "\n  ") for reason in platform.reasons]
    if platform.missing_rights:
        lines.append(f"you may not {', '.join(platform.missing_rights)}")
    if platform.state is PlatformState.UNKNOWN:
        lines.append(
            f"{platform.source} is not in the catalogue; if it stands for clusters, write a policy "
            "for it: clusterimport create policy NAME --from-object FILE"
        )
    return lines


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _element(platform: Platform, redactor: Redactor) -> dict[str, Any]:
    return {
        "platform": platform.name,
        "source": {"group": platform.source.group, "resource": platform.source.resource},
        "state": platform.state.value,
        "sources": platform.sources,
        "importedBy": dict(platform.imported_by),
        "would": {outcome.value: count for outcome, count in platform.would.items()},
        "reasons": [redactor.text(reason) for reason in platform.reasons],
        "missingRights": list(platform.missing_rights),
    }


def _write(folder: Path, catalogue: Path, names: Sequence[str]) -> None:
    """Copy what is chosen; never over a file that says something else."""
    pairs = [
        (catalogue / name / file, folder / name / file)
        for name in names
        for file in _LAID_DOWN
        if (catalogue / name / file).exists()
    ]
    try:
        texts = [(target, source.read_text(encoding="utf-8")) for source, target in pairs]
        for target, text in texts:
            if target.exists() and target.read_text(encoding="utf-8") != text:
                raise LocalFileError(f"{target} exists and says something else; nothing is written")
        for target, text in texts:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except OSError as error:
        told = f"{error.filename}: {(error.strerror or '').lower()}"
        raise LocalFileError(told) from None
    if names:
        click.echo(f"wrote {', '.join(names)}; kubectl apply -R -f {folder}", err=True)
    else:
        click.echo("there is nothing to lay down: nothing more could be imported", err=True)
