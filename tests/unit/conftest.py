"""What every unit test is held to, and half of them for each of two processes."""

from functools import cache
from pathlib import Path

import pytest

from tests.fakes.informers.seals import changed_objects


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer halves, which `make` runs side by side.

    That pytest-xdist's processes tell each other of ten thousand tests is a tenth of all work.
    """
    parser.addoption("--half", type=int, choices=[1, 2], help="run every second file")


def _size(file: Path) -> tuple[int, str]:
    return file.stat().st_size, str(file)


@cache
def _halves() -> tuple[frozenset[Path], frozenset[Path]]:
    """Return the files of each half, which then imports only its own.

    The largest file goes to one half, the next two to the other, and so on: a file's size says
    nearly how long it takes.
    """
    files = sorted(Path(__file__).parent.rglob("test_*.py"), key=_size)
    first = frozenset(each for index, each in enumerate(reversed(files)) if index % 4 in {0, 3})
    return first, frozenset(files) - first


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the other half."""
    half = config.getoption("half")
    return True if half is not None and collection_path in _halves()[-half] else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let virtual time go on after one turn of the loop with nothing to do, in place of 42.

    More turns wait for nothing here: what a thread or a socket has to say, looptime waits for.
    """
    if item.get_closest_marker("looptime") is not None:
        item.add_marker(pytest.mark.looptime(noop_cycles=1))


# A hook and no fixture, which would cost ten thousand tests a fixture each.
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail a test in which anybody changed an object that a cache holds."""
    assert changed_objects() == []
