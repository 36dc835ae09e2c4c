"""Writes `docs/commands/`, `docs/rules.md` and `docs/reasons.md` from the code.

What of the chart is written from elsewhere is, too.

`python -m development.reference` brings them up to date; a unit test tells when they are not.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from clusterimport.authoring.outcomes import Outcome
from clusterimport.authoring.validation.problems import RULES
from clusterimport.cli.main import COMMANDS
from clusterimport.model.healthreasons import HEALTH_REASONS, PEDIACLUSTER_REASONS
from clusterimport.model.reasons import (
    DELETION_REASONS,
    IMPORT_REASONS,
    POLICY_REASONS,
    Explanation,
)
from development import chart

DOCS: Final = Path(__file__).parents[1] / "docs"
WIDTH: Final = 96


def pages() -> Iterator[tuple[Path, str]]:
    """Yield path and text of every page."""
    top = click.Context(COMMANDS, info_name="clusterimport", help_option_names=["-h", "--help"])
    listed = []
    for name, context in _commands(COMMANDS, top):
        file = f"{name.replace(' ', '-')}.md"
        short = context.command.get_short_help_str(WIDTH)
        listed.append(f"| [`clusterimport {name}`]({file}) | {short} |")
        yield DOCS / "commands" / file, _page(name, context)
    index = "# Commands\n\n| Command | Does |\n|---|---|\n" + "\n".join(listed) + "\n"
    yield DOCS / "commands" / "README.md", index
    yield DOCS / "rules.md", _rules()
    yield from chart.pages()
    yield DOCS / "reasons.md", _reasons()


def write() -> None:
    """Write every page, and remove those of commands that are gone."""
    written = dict(pages())
    for path in (DOCS / "commands").glob("*.md"):
        if path not in written:
            path.unlink()
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _commands(group: click.Group, parent: click.Context) -> Iterator[tuple[str, click.Context]]:
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(
            command, info_name=name, parent=parent, max_content_width=WIDTH, terminal_width=WIDTH
        )
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", each) for below, each in _commands(command, context))
        else:
            yield name, context


def _page(name: str, context: click.Context) -> str:
    return f"# clusterimport {name}\n\n```text\n{context.get_help().rstrip()}\n```\n"


def _rules() -> str:
    rows = "\n".join(
        f"| `{name}` | {rule.severity} | {rule.summary} |" for name, rule in RULES.items()
    )
    return (
        "# Rules of `clusterimport validate`\n\n"
        "Names are stable. Only errors keep a policy from working, and let the command end with "
        "1.\n\n"
        f"| Rule | Severity | Broken where |\n|---|---|---|\n{rows}\n"
    )


def _reasons() -> str:
    head = (
        "# Reasons of conditions\n\n"
        "Every condition has a `reason`, and a `message` that says what is wrong and what to do. "
        "Here is what each\nreason means. What conditions there are is told in "
        "[conditions.md](conditions.md); the steps of an\nimport and what decided "
        "them are told by `clusterimport explain`.\n"
    )
    sections = [head]
    for title, reasons in _REASONS.items():
        rows = "\n".join(
            f"| `{name}` | {each.cause} | {each.remedy} |" for name, each in reasons.items()
        )
        table = f"| Reason | Meaning | What to do |\n|---|---|---|\n{rows}"
        sections.append(f"## {title}\n\n{table}\n")
    return "\n".join([*sections, _outcomes()])


def _outcomes() -> str:
    rows = "\n".join(f"| `{each}` | {each.meaning} |" for each in Outcome)
    return (
        "## Outcomes of `clusterimport render`\n\n"
        "What comes of one policy and one source: in the table of `render`, as `outcome` of "
        "`-o json`, and in tests of\npolicies. A policy that cannot work at all is told with "
        "each of its sources, under the step at fault (such as\n`TemplateError`), with "
        "everything that is wrong with it; without a source, and by `clusterimport validate`, as "
        "an\nerror of its own.\n\n"
        f"| Outcome | Meaning |\n|---|---|\n{rows}\n"
    )


_REASONS: Final[Mapping[str, Mapping[str, Explanation]]] = {
    "Policies": POLICY_REASONS,
    "Deletions": DELETION_REASONS,
    "Imports": IMPORT_REASONS,
    "Health of imported clusters": HEALTH_REASONS,
    "PediaClusters": PEDIACLUSTER_REASONS,
}


if __name__ == "__main__":
    write()
