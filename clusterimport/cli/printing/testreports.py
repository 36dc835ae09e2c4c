"""What came of tests of policies, in the forms that people and machines read."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import click

from clusterimport.authoring.policytests.coverage import CoverageReport
from clusterimport.authoring.policytests.running import UnmetExpectation, Verdict
from clusterimport.cli.printing.objects import print_json
from clusterimport.cli.printing.redaction import Redactor
from clusterimport.cli.printing.tables import print_table

FORMS: Final = ("table", "json", "junit", "tap", "github")
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def print_report(
    verdicts: Sequence[Verdict],
    form: str,
    *,
    coverage: CoverageReport | None = None,
    show_secrets: bool = False,
) -> None:
    """Print what came of tests, and which branches none of them took, if that was asked for."""
    shown = [_redacted(verdict, show_secrets=show_secrets) for verdict in verdicts]
    match form:
        case "json":
            print_json(_element(shown, coverage))
        case "junit":
            click.echo(_junit(shown))
        case "tap":
            click.echo("\n".join(_tap(shown)))
        case "github":
            click.echo("\n".join(_github(shown, coverage)))
        case _:
            _print_table(shown)
    if coverage is not None and form not in {"json", "github"}:
        _print_coverage(coverage, err=form != "table")


def _redacted(verdict: Verdict, *, show_secrets: bool) -> Verdict:
    redactor = Redactor(show=show_secrets).know(verdict.documents)
    failures = (each._replace(message=redactor.text(each.message)) for each in verdict.failures)
    return Verdict(verdict.file, verdict.name, verdict.place, tuple(failures))


def _print_table(verdicts: Sequence[Verdict]) -> None:
    files = dict.fromkeys(verdict.file for verdict in verdicts)
    rows = []
    for file in files:
        there = [verdict for verdict in verdicts if verdict.file == file]
        failed = sum(not verdict.passed for verdict in there)
        result = ("fail", "red") if failed else ("pass", "green")
        rows.append((file, result, str(len(there) - failed), str(failed)))
    print_table(("FILE", "RESULT", "PASSED", "FAILED"), rows)
    for verdict in verdicts:
        for failure in verdict.failures:
            click.echo(f"\n{failure.place}: {_title(verdict, failure)}\n  {_indented(failure)}")
    click.echo(f"\n{_summary(verdicts)}")


def _print_coverage(coverage: CoverageReport, *, err: bool) -> None:
    missed = coverage.missed()
    for each in missed:
        click.echo(f"{each.place}: {each.policy}, {each.field}: {each.problem}", err=err)
    taken = coverage.total - len(missed)
    click.echo(f"{taken} of {coverage.total} branches of templates were taken", err=err)


def _element(verdicts: Sequence[Verdict], coverage: CoverageReport | None) -> dict[str, Any]:
    element: dict[str, Any] = {
        "tests": [
            {
                "file": verdict.file,
                "name": verdict.name,
                "line": verdict.place.line,
                "passed": verdict.passed,
                "failures": [
                    {
                        "file": failure.place.file,
                        "line": failure.place.line,
                        "column": failure.place.column,
                        "step": failure.step,
                        "message": failure.message,
                    }
                    for failure in verdict.failures
                ],
            }
            for verdict in verdicts
        ],
        "passed": sum(verdict.passed for verdict in verdicts),
        "failed": sum(not verdict.passed for verdict in verdicts),
    }
    if coverage is not None:
        element["coverage"] = {
            "branches": coverage.total,
            "missed": [
                {
                    "file": each.place.file,
                    "line": each.place.line,
                    "column": each.place.column,
                    "policy": each.policy,
                    "field": each.field,
                    "problem": each.problem,
                }
                for each in coverage.missed()
            ],
        }
    return element


def _junit(verdicts: Sequence[Verdict]) -> str:
    failed = sum(not verdict.passed for verdict in verdicts)
    root = ET.Element(
        "testsuites", name="clusterimport", tests=str(len(verdicts)), failures=str(failed)
    )
    for file in dict.fromkeys(verdict.file for verdict in verdicts):
        there = [verdict for verdict in verdicts if verdict.file == file]
        count = sum(not verdict.passed for verdict in there)
        suite = ET.SubElement(
            root, "testsuite", name=file, tests=str(len(there)), failures=str(count)
        )
        for verdict in there:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=file,
                name=_xml(verdict.name or "unreadable"),
                file=file,
                line=str(verdict.place.line),
            )
            if verdict.failures:
                first = verdict.failures[0]
                node = ET.SubElement(case, "failure", message=_xml(first.message.split("\n")[0]))
                node.text = _xml("\n".join(map(_line, verdict.failures)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode")


def _tap(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "TAP version 14"
    yield f"1..{len(verdicts)}"
    for number, verdict in enumerate(verdicts, 1):
        # A hash would begin a directive.
        title = f"{verdict.file}: {verdict.name or 'unreadable'}".replace("#", "\\#")
        yield f"{'ok' if verdict.passed else 'not ok'} {number} - {title}"
        if verdict.failures:
            yield "  ---"
            yield "  message: |"
            for failure in verdict.failures:
                yield from (f"    {line}" for line in _line(failure).split("\n"))
            yield "  ..."


def _github(verdicts: Sequence[Verdict], coverage: CoverageReport | None) -> Iterator[str]:
    for verdict in verdicts:
        for failure in verdict.failures:
            yield _command("error", failure.place, _title(verdict, failure), failure.message)
    for each in coverage.missed() if coverage else ():
        yield _command("warning", each.place, f"{each.policy}, {each.field}", each.problem)
    yield _summary(verdicts)


def _command(kind: str, place: Any, title: str, message: str) -> str:
    fields = {"file": place.file, "line": place.line, "col": place.column, "title": title}
    given = ",".join(
        f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in fields.items()
        if value
    )
    return f"::{kind} {given}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _line(failure: UnmetExpectation) -> str:
    step = f"{failure.step}: " if failure.step else ""
    return f"{failure.place}: {step}{failure.message}"


def _title(verdict: Verdict, failure: UnmetExpectation) -> str:
    return ": ".join(part for part in (verdict.name, failure.step) if part) or "unreadable"


def _indented(failure: UnmetExpectation) -> str:
    return failure.message.replace("\n", "\n  ")


def _summary(verdicts: Sequence[Verdict]) -> str:
    failed = sum(not verdict.passed for verdict in verdicts)
    files = len({verdict.file for verdict in verdicts})
    return f"{len(verdicts) - failed} passed, {failed} failed in {files} {_files(files)}"


def _files(count: int) -> str:
    return "file" if count == 1 else "files"
