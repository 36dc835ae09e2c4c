import io
import subprocess
import sys

import pytest

from clusterimport.cli.printing.tables import print_table

HEADERS = ("NAME", "STATE")
ROWS = [("one", ("Import", "green")), ("a-longer-name", "")]


def test_a_table_in_a_pipe_is_plain_and_of_any_width(capsys):
    """Nothing is cut, wrapped, coloured, or left over at the end of a line."""
    print_table(HEADERS, [*ROWS, ("x" * 300, "y")])
    lines = capsys.readouterr().out.splitlines()

    assert [line.split() for line in lines[:3]] == [
        ["NAME", "STATE"],
        ["one", "Import"],
        ["a-longer-name"],
    ]
    assert lines[0].index("STATE") == lines[1].index("Import") == 302
    assert lines[2] == "a-longer-name"
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("no_color", [True, False])
def test_a_table_on_a_terminal_wraps_and_has_colours_unless_nobody_wants_them(
    monkeypatch, no_color
):
    """At 80 columns it stays readable."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    print_table(HEADERS, [*ROWS, ("x" * 300, "y")])
    out = terminal.getvalue()

    assert ("\x1b[32m" in out) is not no_color
    assert out.count("\n") > 5


def test_a_table_in_a_pipe_loads_no_library_for_it():
    """It would be a tenth of the time that a command takes."""
    code = (
        "import sys; from clusterimport.cli.printing.tables import print_table;"
        "print_table(('A',), [('b',)]); print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )

    assert done.stdout == "A\nb\nFalse\n"
