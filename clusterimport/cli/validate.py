"""``clusterimport validate``: what is wrong with policies, with the place of each problem."""

import click

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.policies import chosen
from clusterimport.authoring.positions import Place
from clusterimport.authoring.validation.problems import FILE, PolicyProblem, Severity
from clusterimport.authoring.validation.validating import validate as problems_in
from clusterimport.cli import authoring
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.problems import FORMS


@click.command("validate")
@authoring.paths
@click.option(
    "-o",
    "--output",
    type=click.Choice(list(FORMS)),
    default="text",
    show_default=True,
    help="The form of the output; github annotates a pull request.",
)
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
def validate(paths: tuple[str, ...], *, recursive: bool, output: str, strict: bool) -> int:
    """Find what is wrong with policies, before anything is applied.

    PATH is a file, a folder or - for standard input. Sources and CRDs beside the policies tell
    which types there are. Each problem has a rule with a stable name; those called note tell what
    Clusterpedia's own controller would not know.

    \b
    Ends with 0 if no policy has an error, 1 if one has, 2 if there is no policy.

    \b
    Examples:
      clusterimport validate policy.yaml
      clusterimport validate examples --recursive -o github
      clusterimport validate policies -o sarif > clusterimport.sarif
    """  # noqa: D301 - click wants the character itself
    try:
        documents = authoring.documents_of(paths, recursive=recursive)
        inputs = Inputs(documents, only_policies=True)
        chosen(inputs)
        problems = problems_in(inputs)
    except InvalidInput as error:
        problems = [PolicyProblem(FILE, error.message, error.place or Place(paths[0]))]
    FORMS[output](problems)
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return ExitCode.FAILED if any(each.severity in bad for each in problems) else 0
