"""``clusterimport test``: whether policies do what their tests say."""

from collections.abc import Iterator

import click

from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.policytests.comparing import Goldens
from clusterimport.authoring.policytests.coverage import CoverageReport
from clusterimport.authoring.policytests.finding import find_tests
from clusterimport.authoring.policytests.records import FileReader, read_tests
from clusterimport.authoring.policytests.running import Verdict, run_test, unreadable
from clusterimport.cli.exitcodes import ExitCode
from clusterimport.cli.printing.progress import ProgressLine
from clusterimport.cli.printing.testreports import FORMS, print_report
from clusterimport.engine.evaluation import ProgramCache


@click.command("test")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--update", is_flag=True, help="Write golden files anew, where they differ.")
@click.option("--coverage", is_flag=True, help="Tell branches of templates that no test took.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(FORMS),
    default="table",
    show_default=True,
    help="The form of the output.",
)
@click.option("--show-secrets", is_flag=True, help="Show credentials as they are.")
def test(
    paths: tuple[str, ...], *, update: bool, coverage: bool, output: str, show_secrets: bool
) -> int:
    """Run the tests of policies, without a cluster.

    PATH is a file, or a folder that has files clusterimport-test.yaml in it or below. What stands
    in them is described in docs/policy-tests.md.

    \b
    Ends with 0 if all tests pass, 1 if one fails, 2 if there is none.

    \b
    Examples:
      clusterimport test examples/
      clusterimport test . --coverage
      clusterimport test policies/ -o junit > report.xml
    """  # noqa: D301 - click wants the character itself
    report = CoverageReport() if coverage else None
    goldens = Goldens(update=update)
    with ProgressLine() as progress:
        verdicts = list(_verdicts(find_tests(paths), report, goldens, progress))
    print_report(verdicts, output, coverage=report, show_secrets=show_secrets)
    for path in goldens.written:
        click.echo(f"written: {path}", err=True)
    return 0 if all(verdict.passed for verdict in verdicts) else ExitCode.FAILED


def _verdicts(
    files: list[str], coverage: CoverageReport | None, goldens: Goldens, progress: ProgressLine
) -> Iterator[Verdict]:
    reader, programs = FileReader(), ProgramCache()
    for file in files:
        progress.tell(f"testing {file}")
        try:
            tests = read_tests(file, reader)
        except AuthoringError as error:
            yield unreadable(error, file)
            continue
        for each in tests:
            if isinstance(each, AuthoringError):
                yield unreadable(each, file)
            else:
                compiled = coverage.programs(each.policies) if coverage else programs
                yield run_test(each, compiled, goldens)
