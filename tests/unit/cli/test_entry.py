"""What happens to a program before it has loaded what it is made of."""

import signal
import subprocess
import sys

import pytest

INTERRUPTED = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from clusterimport.cli import entry
sys.argv[1:] = ["--version"]
"""


@pytest.mark.parametrize("program", ["clusterimport", "controller_manager", "kubectl_plugin"])
def test_f6_ctrl_c_while_a_program_is_loaded_ends_it_without_a_word(program: str) -> None:
    """No traceback, and the end that a shell takes for an interruption."""
    ended = _run(f"{INTERRUPTED}sys.exit(entry.{program}())")
    assert ended.returncode == -signal.SIGINT
    assert ended.stdout + ended.stderr == ""


def test_f6_what_ignores_ctrl_c_goes_on() -> None:
    """A shell starts its background jobs so."""
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    ended = _run(f"{ignoring}{INTERRUPTED}sys.exit(entry.clusterimport())")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("clusterimport ")


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        # Also where the tests themselves were started in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
