"""The commands of a document, to be run as they stand there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from development.manifests import ROOT


def commands(document: str, section: str) -> list[str]:
    """Return the commands of the console blocks of a section, each on one line.

    A section ends at the next heading of its level or above. Comments are left out.
    """
    text = (ROOT / document).read_text()
    start = re.search(rf"^(#+) {re.escape(section)}$", text, flags=re.MULTILINE)
    assert start, f"{document} has no section {section}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, flags=re.MULTILINE)
    blocks = re.findall(r"```console\n(.*?)```", rest[: end.start() if end else None], re.DOTALL)
    joined = [re.sub(r"\\\n\s*", "", block) for block in blocks]
    lines = [line for block in joined for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE)]
    return [line for line in lines if not line.startswith("#")]


class Shell:
    """Runs commands in the project's folder with a kubeconfig, as a person would."""

    def __init__(self, kubeconfig: Path, home: Path, *programs: Path) -> None:
        path = os.pathsep.join([*(str(each.parent) for each in programs), os.environ["PATH"]])
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "HOME": str(home),
            "PATH": path,
        }

    def run(self, command: str) -> str:
        """Run one and return its output; raises AssertionError where it fails."""
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout


def kubectl_is_missing() -> bool:
    """Whether there is no kubectl to run the commands with."""
    return shutil.which("kubectl") is None
