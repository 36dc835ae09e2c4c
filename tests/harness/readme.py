"""The commands of documents, to be run as they stand there."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from development.manifests import ROOT

GENERATED = ROOT / "docs" / "commands"
"""Pages that are written from the code: they show no commands to be typed in this order."""


class Command(NamedTuple):
    """One command, and where it stands."""

    document: str
    section: str
    text: str


def commands(document: str, section: str) -> list[str]:
    """Return the commands of a section's blocks; it ends at the next heading of its level."""
    text = (ROOT / document).read_text()
    start = re.search(rf"^(#+) {re.escape(section)}$", text, flags=re.MULTILINE)
    assert start, f"{document} has no section {section}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, flags=re.MULTILINE)
    return [each for _, each in _of(rest[: end.start() if end else None])]


def documented() -> list[Command]:
    """Return all commands of README, docs and the catalogue's page, in their order.

    Those of the Helm chart are run by test_chart.py.
    """
    pages = sorted((ROOT / "docs").rglob("*.md"))
    documents = [ROOT / "README.md", *pages, ROOT / "examples" / "policies" / "README.md"]
    return [
        Command(str(path.relative_to(ROOT)), section, text)
        for path in documents
        if GENERATED not in path.parents
        for section, text in _of(path.read_text())
    ]


def _of(text: str) -> Iterator[tuple[str, str]]:
    """Yield commands with the heading above them, without their comments.

    Those of a console follow a `$`, and all that is continued belongs to them; in a block of a
    shell each line is one.
    """
    section, lines = "", iter(text.splitlines())
    for line in lines:
        if heading := re.match(r"#+ (.*)", line):
            section = heading[1]
        if block := re.fullmatch(r"```(console|sh|bash)", line):
            for inner in iter(lambda: next(lines), "```"):
                prompt = "$ " if block[1] == "console" else ""
                if not inner.startswith(prompt):
                    continue
                command = inner.removeprefix(prompt)
                while _goes_on(command):
                    command += "\n" + next(lines)
                if words := command if not command.startswith("#") else "":
                    one_line = re.sub(r"\\\n\s*", "", words)
                    yield section, re.sub(r"\s+# .*$", "", one_line)


def _goes_on(command: str) -> bool:
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


class Shell:
    """Runs commands in the project's folder with a kubeconfig, as a person would.

    The programs of this project are those of the environment that runs the tests.
    """

    def __init__(
        self,
        kubeconfig: Path,
        home: Path,
        *programs: Path,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        folders = [*(each.parent for each in programs), Path(sys.executable).parent]
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(home),
            "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
            **(variables or {}),
        }

    def run(self, command: str, *, folder: Path = ROOT) -> str:
        """Run one and return its output; raises AssertionError where it fails."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    @contextmanager
    def running(self, command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Start one that stays, as in a terminal of its own; Ctrl-C ends it and what it started."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def kubectl_is_missing() -> bool:
    """Whether there is no kubectl to run the commands with."""
    return shutil.which("kubectl") is None
