"""Completion in shells: click's own, with our names."""

import subprocess
import sys

import pytest

from clusterimport.cli.main import COMMANDS


def complete(words, count):
    """Return what bash would be given, and the modules that were loaded for it."""
    program = (
        "import sys; from clusterimport.cli.main import main\n"
        "try: main([])\n"
        "finally: print([m for m in ('msgspec', 'yaml') if m in sys.modules], file=sys.stderr)"
    )
    environment = {
        "_CLUSTERIMPORT_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(count),
        "PYTHONPATH": ":".join(filter(None, sys.path)),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return done.stdout.splitlines(), done.stderr.strip()


def test_names_of_commands_are_completed_at_once():
    """None of them is loaded for it."""
    found, loaded = complete("clusterimport re", 1)

    assert "plain,render" in found
    assert all(each.startswith("plain,re") for each in found)
    assert loaded == "[]"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("clusterimport render -o j", "plain,json"),
        ("clusterimport render --obs", "plain,--observed"),
        ("clusterimport render poli", "file,poli"),
    ],
)
def test_flags_their_values_and_files_are_completed(words, expected):
    """As everywhere."""
    assert expected in complete(words, len(words.split()) - 1)[0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(shell):
    """It is what the documentation has users source."""
    done = subprocess.run(
        [sys.executable, "-c", "from clusterimport.cli.main import main; main([])"],
        capture_output=True,
        text=True,
        check=True,
        env={
            "_CLUSTERIMPORT_COMPLETE": f"{shell}_source",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(filter(None, sys.path)),
        },
    )

    assert "_CLUSTERIMPORT_COMPLETE" in done.stdout
    assert COMMANDS.name in done.stdout
