"""The workflows of GitHub: well-formed, with targets that there are, and actions that stay."""

import re
import subprocess

import pytest

from development import manifests
from development.gotools import building

FOLDER = manifests.ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
MAKEFILE = (manifests.ROOT / "Makefile").read_text()
LINTER = building.installed("actionlint")


@pytest.mark.skipif(LINTER is None, reason="actionlint is not built: make tools")
def test_the_linter_finds_nothing() -> None:
    """Keys, expressions, and what steps hand to each other."""
    command = [str(LINTER), "-no-color", *map(str, WORKFLOWS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_every_target_that_they_make_is_there() -> None:
    """A target that was renamed is renamed here, too."""
    text = "\n".join(path.read_text() for path in WORKFLOWS)
    called = {
        name for line in re.findall(r"make (?:-s )?([a-z][a-z -]*)", text) for name in line.split()
    }
    assert called >= {"check", "test", "image", "sbom", "tools", "wheel-check", "version"}
    for name in called:
        assert re.search(rf"^{name}:", MAKEFILE, flags=re.MULTILINE), name


def test_every_action_is_pinned_by_its_commit() -> None:
    """A tag can be moved by whoever owns the action."""
    uses = [each for path in WORKFLOWS for each in re.findall(r"uses: (\S+)", path.read_text())]
    assert uses
    for each in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each), each
