"""``clusterimport migrate``: what a swap of Clusterpedia's controller-manager will do."""

import importlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.migrating import Migration, Swap, migrate
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.cli import authoring
from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.objects import print_json
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.cli.printing.tables import print_table

_COLOURS = {
    Swap.NOTHING: "green",
    Swap.WAIT: "yellow",
    Swap.CREATE: "cyan",
    Swap.REWRITE: "cyan",
    Swap.RENAME: "red",
    Swap.REFUSAL: "red",
    Swap.DELETION: "red",
}
_GRAVE = frozenset((Swap.REFUSAL, Swap.DELETION, Swap.RENAME))


@click.command("migrate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@authoring.recursive
@authoring.policies
@click.option(
    "--observed",
    multiple=True,
    metavar="PATH",
    help="What stands today: PediaClusters and PediaClusterLifecycles, as kubectl get -o yaml "
    "prints them. Without it, and without --live, Clusterpedia's rendering is computed.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Read sources, references and what stands today from a live API server; without PATH the "
    "policies, too (which needs no --live). Nothing is written.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="The form of the output.",
)
@click.option("--show-secrets", is_flag=True, help="Show credentials as they are.")
@authoring.rules
@connection_options
def command(
    reach: Reach,
    paths: tuple[str, ...],
    *,
    recursive: bool,
    policies: tuple[str, ...],
    observed: tuple[str, ...],
    live: bool,
    output: str,
    show_secrets: bool,
    **flags: Any,
) -> int:
    """Tell what a swap of Clusterpedia's controller-manager for this one does, per cluster.

    Nothing; a rewrite, such as of values that Clusterpedia has escaped; a creation, maybe by a
    policy that has slept so far; or a refusal, with what would allow it. --feature-gates and the
    like are the flags that the controller will have.

    \b
    Ends with 0 if all goes on, 1 if something is refused, renamed or deleted, 2 if nothing is
    there.

    \b
    Examples:
      clusterimport migrate
      clusterimport migrate policies.yaml --live
      clusterimport migrate policies.yaml dump.yaml --observed pediaclusters.yaml
    """  # noqa: D301 - click wants the character itself
    if live and observed:
        raise click.UsageError("--live reads what stands today; --observed is for files")
    live = live or not paths
    if reach.is_given and not live:
        raise click.UsageError("--kubeconfig and --context go with --live")
    rules = authoring.rules_of(**flags)
    documents = authoring.documents_of(paths, recursive=recursive)
    evaluated: Sequence[Evaluated]
    if live:
        # The Kubernetes client, which nothing offline pays for.
        reaching = importlib.import_module("clusterimport.cli.reaching")
        gathered = reaching.evaluate_live(reach, documents, rules=rules, only=policies)
        evaluated, inputs = gathered.evaluated, gathered.inputs
        is_observed = gathered.knows_standing
    else:
        standing = authoring.documents_of(observed)
        inputs = Inputs(documents, observed=standing)
        evaluated = evaluate(inputs, rules=rules, only=policies)
        documents += standing
        is_observed = bool(observed)
    found = migrate(evaluated, inputs, is_observed=is_observed)
    if not found:
        raise NothingFound("the policies select no cluster, and none stands")
    _print(found, _redactor(documents, evaluated, show=show_secrets), output)
    return ExitCode.FAILED if any(each.swap in _GRAVE for each in found) else 0


def _redactor(
    documents: Sequence[Document], evaluated: Sequence[Evaluated], *, show: bool
) -> Redactor:
    return Redactor(show=show).know(documents, evaluated)


def _print(found: Sequence[Migration], redactor: Redactor, output: str) -> None:
    if output == "json":
        print_json(
            [
                {
                    "policy": each.policy,
                    "source": each.source,
                    "pediaCluster": each.cluster,
                    "swap": each.swap.value,
                    "fields": list(each.fields),
                    "message": redactor.text(each.message),
                    "wakesUp": each.is_waking,
                }
                for each in found
            ]
        )
        return
    rows = [
        (each.policy, each.source, each.cluster, (each.swap.value, _COLOURS[each.swap]))
        for each in found
    ]
    print_table(("POLICY", "SOURCE", "PEDIACLUSTER", "SWAP"), rows)
    for each in found:
        told = [", ".join(each.fields), redactor.text(each.message)]
        text = "; ".join(filter(None, told)).replace("\n", "\n  ")
        if text:
            click.echo(f"\n{each.policy}, {each.source}: {each.swap}\n  {text}")
    counted = Counter(each.swap for each in found)
    click.echo("\n" + ", ".join(f"{swap} {counted[swap]}" for swap in Swap if counted[swap]))
