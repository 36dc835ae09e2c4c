"""``clusterimport catalogue``: the policies that come along."""

import click

from clusterimport.authoring.catalogue import PARTS, Catalogue, CatalogueEntry
from clusterimport.cli.printing.objects import print_json
from clusterimport.cli.printing.tables import print_table


@click.group("catalogue", invoke_without_command=True)
@click.pass_context
def catalogue(context: click.Context) -> None:
    """List and show the policies that come along.

    Alone it lists them. `clusterimport create policy NAME --from PLATFORM` begins with one.

    \b
    Examples:
      clusterimport catalogue
      clusterimport catalogue show rancher | kubectl apply -f -
    """  # noqa: D301 - click wants the character itself
    if context.invoked_subcommand is None:
        _list("table")


@catalogue.command("list")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "wide", "json", "name"]),
    default="table",
    show_default=True,
    help="The form of the output; wide tells names and needs, too.",
)
def list_(output: str) -> None:
    """List the policies of the catalogue."""
    _list(output)


@catalogue.command("show")
@click.argument("name", metavar="PLATFORM")
@click.option(
    "--part",
    "parts",
    type=click.Choice(list(PARTS)),
    multiple=True,
    default=("role", "policy"),
    show_default=True,
    help="What of it; may be given several times.",
)
def show(name: str, parts: tuple[str, ...]) -> None:
    """Print the files of one, ready to be applied.

    \b
    Examples:
      clusterimport catalogue show karmada
      clusterimport catalogue show karmada | kubectl apply -f -
    """  # noqa: D301 - click wants the character itself
    entry = Catalogue().entry(name)
    click.echo("---\n".join(entry.text(part) for part in parts), nl=False)


def _list(output: str) -> None:
    entries = Catalogue().entries.values()
    match output:
        case "json":
            print_json([_element(entry) for entry in entries])
        case "name":
            click.echo("\n".join(entry.name for entry in entries))
        case "wide":
            headers = ("NAME", "PLATFORM", "SOURCE", "PEDIACLUSTERS", "NEEDS")
            print_table(headers, [entry[:5] for entry in entries])
        case _:
            print_table(("NAME", "PLATFORM", "SOURCE"), [entry[:3] for entry in entries])


def _element(entry: CatalogueEntry) -> dict[str, str]:
    fields = entry._asdict()
    del fields["folder"]
    return fields
