"""``clusterimport create``: a policy to start from, with its role, samples and tests."""

from collections.abc import Sequence
from pathlib import Path

import click

from clusterimport.authoring.beginnings import write_folder
from clusterimport.authoring.catalogue import PARTS, Catalogue
from clusterimport.authoring.proposing import propose
from clusterimport.cli import authoring
from clusterimport.engine.naming import is_subdomain


class _Name(click.ParamType[str]):
    """What a policy can be called."""

    name = "name"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the name."""
        if not is_subdomain(str(value)):
            self.fail(
                f"{value!r} is no name of an object: lower case letters, digits, `-`, `.`",
                param,
                ctx,
            )
        return str(value)


@click.group("create")
def create() -> None:
    """Create the files of a policy to start from."""


@create.command("policy")
@click.argument("name", type=_Name())
@click.option("--from", "platform", metavar="PLATFORM", help="A policy of the catalogue.")
@click.option(
    "--from-object",
    "objects",
    metavar="FILE",
    multiple=True,
    help="A sample of the source and, in the same or another file, of its Secret.",
)
@click.option("--dir", "folder", metavar="DIR", help="Where to; a folder of the name if not given.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def policy(
    name: str, *, platform: str | None, objects: tuple[str, ...], folder: str | None, force: bool
) -> None:
    """Write a policy with its role, and a test to start from.

    With --from it is one of the catalogue under another name. With --from-object it is a proposal
    for an unknown platform, made from a sample: what had to be guessed is said in its comments.

    \b
    Examples:
      clusterimport create policy rancher --from rancher
      clusterimport create policy mine --from-object sample.yaml
    """  # noqa: D301 - click wants the character itself
    if (platform is None) is not bool(objects):
        raise click.UsageError("give one of --from PLATFORM and --from-object FILE")
    target = Path(folder or name)
    notes: Sequence[str] = ()
    if platform is not None:
        entry = Catalogue().entry(platform)
        files = {file: entry.renamed(part, name) for part, file in PARTS.items()}
    else:
        proposal = propose(name, authoring.documents_of(objects), objects, target)
        files, notes = proposal.files(), proposal.notes
    for path in write_folder(target, files, force=force):
        click.echo(path)
    for note in notes:
        click.echo(f"to be mended or confirmed: {note}", err=True)
    click.echo(f"try it: clusterimport test {target}", err=True)
