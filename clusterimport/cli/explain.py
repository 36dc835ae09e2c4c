"""``clusterimport explain``: why a source is, or is not, imported."""

import importlib
from collections.abc import Sequence
from typing import Any

import click

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.explaining import explained
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.cli import authoring
from clusterimport.cli.connection import Reach, connection_options
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.explanations import explanation_element, print_explanation
from clusterimport.cli.printing.objects import print_json
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS


@click.command("explain")
@click.argument("target", metavar="KIND/NAME | NAME")
@click.option("-n", "--namespace", default="", help="Namespace of the source.")
@click.option(
    "-f",
    "--filename",
    "files",
    multiple=True,
    metavar="PATH",
    help="Policies, sources and what they refer to, as for render; then no server is asked.",
)
@authoring.recursive
@authoring.policies
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the output.",
)
@click.option("--show-secrets", is_flag=True, help="Show credentials as they are.")
@authoring.rules
@connection_options
def explain(
    reach: Reach,
    target: str,
    *,
    namespace: str,
    files: tuple[str, ...],
    recursive: bool,
    policies: tuple[str, ...],
    output: str,
    show_secrets: bool,
    **flags: Any,
) -> int:
    """Tell why a source is, or is not, imported: each step, what decided, and what it read.

    The source is named as for kubectl, or by its lifecycle or PediaCluster.

    \b
    Ends with 0 if nothing is wrong, 1 if something is, 2 if there is no such source.

    \b
    Examples:
      clusterimport explain cluster.cluster.x-k8s.io/blue -n team-a
      clusterimport explain team-a-blue
      clusterimport explain team-a-blue -f policy.yaml -f samples.yaml
    """  # noqa: D301 - click wants the character itself
    rules = authoring.rules_of(**flags)
    documents: list[Document] = []
    evaluated: Sequence[Evaluated]
    if files:
        if reach.is_given:
            raise click.UsageError("--kubeconfig and --context ask a server; --filename does not")
        documents = authoring.documents_of(files, recursive=recursive)
        ours = {LIFECYCLES.group_resource, PEDIACLUSTERS.group_resource}
        plain = Inputs(documents)
        observed = [each for each in documents if plain.id_of(each.obj).group_resource in ours]
        inputs = Inputs(documents, observed=observed)
        everything = evaluate(inputs, rules=rules, only=policies)
        evaluated = _of_target(everything, inputs, target, namespace)
    elif target.endswith(_FILES):
        raise click.UsageError(f"{target} is a file: name a source, and give files by --filename")
    else:
        # The Kubernetes client, which nothing offline pays for.
        explaining = importlib.import_module("clusterimport.cli.explainlive")
        evaluated, inputs = explaining.evaluate_target(
            reach, target, namespace, rules=rules, only=policies
        )
    redactor = Redactor(show=show_secrets).know(documents, evaluated)
    explanations = [explained(each, inputs) for each in evaluated]
    if output == "json":
        print_json([explanation_element(each, redactor) for each in explanations])
    else:
        for index, each in enumerate(explanations):
            if index:
                click.echo()
            print_explanation(each, redactor)
    return ExitCode.FAILED if any(each.outcome.is_error for each in evaluated) else 0


def _of_target(
    everything: Sequence[Evaluated], inputs: Inputs, target: str, namespace: str
) -> Sequence[Evaluated]:
    *kinds, name = target.split("/")
    if len(kinds) > 1:
        namespace = kinds[1]
    wanted = kinds[0].lower() if kinds else ""
    found = [
        each
        for each in everything
        if (each.source.name == name and (wanted in _names(each, inputs)))
        or (each.name == name and wanted in _OURS)
    ]
    found = [each for each in found if namespace in {"", each.source.namespace}]
    if not found:
        there = sorted({str(each.source) for each in everything})
        raise NothingFound(
            f"{target} is not among what policies could select"
            + (f"; there are {', '.join(there[:_SHOWN])}" if there else "")
        )
    return found


def _names(evaluated: Evaluated, inputs: Inputs) -> set[str]:
    """Return what people call the type of a source, an empty name included."""
    source = evaluated.source
    group = f".{source.group}" if source.group else ""
    kinds = {
        str(document.obj["kind"]).lower()
        for key, document in inputs.of_type(source.gvr.group_resource).items()
        if key == source.key
    }
    return {
        "",
        *(f"{name}{suffix}" for name in (source.resource, *kinds) for suffix in ("", group)),
    }


_OURS = frozenset(("", "pediacluster", "pediaclusters", "lifecycle", "pediaclusterlifecycle"))
_FILES = (".yaml", ".yml", ".json")
_SHOWN = 5
"""How many sources are named where another was meant."""
