"""`make bench`, at its smallest."""

import json
import os
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from development.bench.results import Report
from development.manifests import ROOT

CLUSTERS = 20


def arguments(out, **options):
    """Return the command that measures a few clusters."""
    given = {"scenario": "existing", "n": CLUSTERS, "out": out} | options
    return [
        *(sys.executable, "-m", "development.bench"),
        *(f"--{name}={value}" for name, value in given.items()),
    ]


@pytest.mark.timeout(300)
def test_a_scenario_has_its_figures(control_plane_binaries, tmp_path):
    """Two turns of one scenario: counts are those of the audit log, JSON and page are written."""
    done = subprocess.run(
        arguments(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr

    assert "import_rate" in done.stdout
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    (result,) = report.results
    assert (result.scenario, result.size, len(result.turns)) == ("existing", CLUSTERS, 2)
    for turn in result.turns:
        assert turn.error == ""
        figures = turn.figures
        # Three for each cluster; the policy's status beside them, once a second at most.
        assert 3 * CLUSTERS < figures["writes"] * CLUSTERS < 4 * CLUSTERS
        assert figures["requests"] > figures["writes"]
        for name in ("import_rate", "controller_ms", "apiserver_ms", "memory", "lag_p99"):
            assert figures[name] > 0
        assert turn.series[0]["controller MiB"]
    assert json.loads((tmp_path / "report.json").read_text())["medians"]["existing/20"]["memory"]
    assert "<html" in (tmp_path / "report.html").read_text()


@pytest.mark.timeout(120)
def test_an_interrupt_ends_everything(control_plane_binaries, tmp_path):
    """Ctrl-C in the middle of a turn leaves no process and no folder, and says so."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        arguments(tmp_path / "out", scenario="quiet"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as process:
        try:
            while not list(temporary.glob("*/controller-1/log")):
                assert process.poll() is None
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 128 + signal.SIGINT
    assert "stopped by SIGINT; every process is ended" in told
    assert list(temporary.iterdir()) == []
    left = subprocess.run(["pgrep", "-f", str(temporary)], capture_output=True, check=False)
    assert left.stdout == b""
