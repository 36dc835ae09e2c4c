"""``clusterimport render``: what policies make of sources, without a cluster."""

import importlib
from collections.abc import Sequence
from typing import Any

import click

from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.cli import authoring
from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.diffs import print_diffs
from clusterimport.cli.printing.evaluations import (
    element_of,
    name_of,
    print_evaluations,
    told,
)
from clusterimport.cli.printing.objects import print_json, print_yaml
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.model.meta import name_of as model_name
from clusterimport.model.policy import parse_policy


@click.command("render")
@authoring.paths
@authoring.policies
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "yaml", "json", "name", "diff"]),
    default="table",
    show_default=True,
    help="The form of the output.",
)
@click.option(
    "--observed",
    multiple=True,
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="What stands today: PediaClusters and PediaClusterLifecycles, as kubectl get -o yaml "
    "prints them. Names that others have are conflicts, and -o diff shows what would change.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Take sources, what they refer to, and what stands today from a live API server, with "
    "your own rights; PATH is then a policy that need not be applied. Nothing is written.",
)
@click.option("--show-secrets", is_flag=True, help="Show credentials as they are.")
@authoring.rules
@connection_options
def render(
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
    """Show which PediaClusters policies make of sources, and why not.

    PATH is a file, a folder or - for standard input. In them stand policies, sources, what these
    refer to and CRDs in any mix, YAML or JSON, as kubectl get -o yaml prints them.

    \b
    Ends with 0 if nothing is wrong, 1 if something is, 2 if there is nothing to render.

    \b
    Examples:
      clusterimport render policy.yaml samples.yaml
      kubectl get clusters,secrets -A -o yaml | clusterimport render policy.yaml -
      clusterimport render examples/policies/karmada -o json
      clusterimport render policy.yaml dump.yaml --observed pediaclusters.yaml -o diff
      clusterimport render --live policy.yaml -o diff
    """  # noqa: D301 - click wants the character itself
    if live and observed:
        raise click.UsageError("--live reads what stands today; --observed is for files")
    if reach.is_given and not live:
        raise click.UsageError("--kubeconfig and --context go with --live")
    documents = authoring.documents_of(paths, recursive=recursive)
    rules = authoring.rules_of(**flags)
    if live:
        # The Kubernetes client, which nothing offline pays for.
        reaching = importlib.import_module("clusterimport.cli.reaching")
        gathered = reaching.evaluate_live(reach, documents, rules=rules, only=policies)
        evaluated, inputs = gathered.evaluated, gathered.inputs
    else:
        standing = authoring.documents_of(observed)
        inputs = Inputs(documents, observed=standing)
        evaluated = evaluate(inputs, rules=rules, only=policies)
        documents += standing
    if not evaluated:
        raise NothingFound(_without_sources(inputs))
    _print(evaluated, Redactor(show=show_secrets).know(documents, evaluated), output)
    return ExitCode.FAILED if any(each.outcome.is_error for each in evaluated) else 0


def _print(evaluated: Sequence[Evaluated], redactor: Redactor, output: str) -> None:
    created = [each for each in evaluated if each.pedia_cluster is not None]
    match output:
        case "json":
            print_json([element_of(each, redactor) for each in evaluated])
            return
        case "table":
            print_evaluations(evaluated, redactor)
            return
        case "diff":
            print_diffs(evaluated, redactor)
        case "name":
            for each in created:
                click.echo(name_of(each))
        case _:
            print_yaml(redactor.pediacluster(each.pedia_cluster or {}) for each in created)
    for each in evaluated:
        if each.outcome.is_error:
            click.echo(told(each, redactor), err=True)


def _without_sources(inputs: Inputs) -> str:
    """Say what was looked for, and what there is in its place."""
    wanted = []
    for document in inputs.policies:
        type_ = parse_policy(document.obj).source.group_resource
        near = [str(each) for each in inputs.types() if each.group == type_.group]
        hint = f" (there are {', '.join(near)})" if near else ""
        wanted.append(f"no {type_} for policy {model_name(document.obj)}{hint}")
    return f"there is nothing to render: {'; '.join(wanted)}"
