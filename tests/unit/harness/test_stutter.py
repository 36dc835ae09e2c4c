"""Controllers that are stopped and go on at random."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from development.controller import ControllerProcess
from tests.harness.stutter import Stutter

_SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ControllerProcess]:
    """Give a process that does nothing, as a controller would be started."""
    with ControllerProcess(tmp_path / "kubeconfig", tmp_path, command=_SLEEP) as started:
        yield started


def test_a_process_stands_and_goes_on(process: ControllerProcess) -> None:
    """It is stopped again and again, and runs in between."""
    with Stutter(lambda: [process], "1"):
        for _ in range(2):
            _until(lambda: _is_stopped(process), "it stands")
            _until(lambda: not _is_stopped(process), "it goes on")


def test_what_stands_at_the_end_goes_on(process: ControllerProcess) -> None:
    """A test that ends, and kills or asks its controllers, finds them running."""
    with Stutter(lambda: [process], "1"):
        _until(lambda: _is_stopped(process), "it stands")

    _until(lambda: not _is_stopped(process), "it goes on")


def test_what_a_test_has_stopped_stays_so(process: ControllerProcess) -> None:
    """A case that holds a leader for its lease's time is not cut short."""
    process.freeze()
    with Stutter(lambda: [process], "1") as stutter:
        _until(lambda: stutter.stops >= 2, "it was stopped twice more")
    assert _is_stopped(process)

    process.thaw()
    _until(lambda: not _is_stopped(process), "it goes on")


def _is_stopped(process: ControllerProcess) -> bool:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def _until(is_true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)
