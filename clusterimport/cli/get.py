"""``clusterimport get``: policies, lifecycles and PediaClusters in one view, or as they change."""

import sys
from datetime import UTC, datetime

import click

from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.reaching import refusal_text, run_live
from clusterimport.cli.viewing import view_of
from clusterimport.kube import RestClient
from clusterimport.live.errors import NameNotFound
from clusterimport.live.selection import Selection
from clusterimport.live.standing import follow, read_standing


@click.command("get")
@click.argument("names", nargs=-1, metavar="[NAME | KIND/NAME]...")
@click.option("-n", "--namespace", default="", help="Only clusters whose source is in there.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Sources of every namespace (default).")
@click.option("-w", "--watch", is_flag=True, help="Follow what changes, until Ctrl-C.")
@click.option("-o", "--output", type=click.Choice(["wide", "json", "yaml"]), help="Form.")
@click.option("--show-secrets", is_flag=True, help="With json and yaml: credentials as they are.")
@connection_options
def get(
    reach: Reach,
    names: tuple[str, ...],
    namespace: str,
    all_namespaces: bool,
    watch: bool,
    output: str | None,
    show_secrets: bool,
) -> int:
    """Show policies, and the lifecycles and PediaClusters they lead to.

    A NAME brings what hangs together with it: of a policy all its clusters, of a cluster its
    policy. KIND/NAME is that one object: policy/NAME, lifecycle/NAME, pediacluster/NAME.

    \b
    Examples:
      clusterimport get
      clusterimport get -n team-a -o wide
      clusterimport get policy/cluster-api -w
    """  # noqa: D301 - click wants the character itself
    if namespace and all_namespaces:
        raise click.UsageError("--namespace and --all-namespaces exclude each other")
    if show_secrets and output not in {"json", "yaml"}:
        raise click.UsageError("--show-secrets goes with -o json and -o yaml")
    view = view_of(output, sys.stdout, show_secrets=show_secrets)
    selection = Selection(names, namespace)

    async def work(rest: RestClient, progress: ProgressLine) -> int:
        standing = await read_standing(rest, tell=progress.tell)
        progress.end()
        chosen = selection.of(standing.content)
        for refusal in standing.refused:
            click.echo(f"clusterimport: {refusal_text(refusal)}", err=True)
        if not watch:
            if not any(chosen.values()):
                where = f" for sources in namespace {namespace}" if namespace else ""
                raise NameNotFound(f"no policies, lifecycles or PediaClusters{where}")
            view.show(chosen, datetime.now(UTC))
            return ExitCode.FAILED if standing.refused else 0
        with view.following(chosen, datetime.now(UTC)):
            async with follow(rest, standing) as turns:
                async for turn in turns:
                    chosen = selection.of(turn.content, strict=False)
                    view.turn(turn, chosen, datetime.now(UTC))
        return 0

    return run_live(reach, work)
