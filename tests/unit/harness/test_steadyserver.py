"""The API server of imported clusters that is always well."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from development.manifests import ROOT

_START_AND_DIE = """
import os
from tests.harness.steadyserver import SteadyServer

print(SteadyServer().__enter__()._process.pid, flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Also where that was killed, or ended without a word."""
    command = [sys.executable, "-c", _START_AND_DIE]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    pid = int(answer.stdout)

    deadline = time.monotonic() + 30
    while _is_running(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    # One that has ended stays as a zombie where nobody waits for it.
    return stat.rpartition(")")[2].split()[0] != "Z"
