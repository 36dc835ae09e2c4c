"""What a Python tells whose PyYAML was built without libyaml."""

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules['yaml._yaml'] = None; "


@pytest.mark.parametrize("command", [["validate", "policy.yaml"], ["run"], ["catalogue", "show"]])
def test_a_program_without_libyaml_says_so_and_ends(command: list[str]) -> None:
    """One line with the way out, and no traceback, whatever was asked for."""
    program = f"from clusterimport.cli.main import main; sys.exit(main({command!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT + program], capture_output=True, text=True, check=False
    )
    (line,) = ended.stderr.splitlines()
    assert "without libyaml" in line
    assert "--only-binary PyYAML" in line
    assert (ended.returncode, ended.stdout) == (1, "")
