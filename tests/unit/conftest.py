"""What every unit test is held to, and half of them for each of two processes."""

import pytest

from tests.fakes.informers.seals import changed_objects


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer halves, which `make` runs side by side.

    That pytest-xdist's processes tell each other of ten thousand tests is a tenth of all work.
    """
    parser.addoption("--half", type=int, choices=[1, 2], help="run every second test")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let virtual time go on after one turn of the loop with nothing to do, in place of 42.

    More turns wait for nothing here: what a thread or a socket has to say, looptime waits for.
    """
    if item.get_closest_marker("looptime") is not None:
        item.add_marker(pytest.mark.looptime(noop_cycles=1))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave one half: cases of one test are alike, and so are the times of the two."""
    half = config.getoption("half")
    if half is not None:
        left, items[:] = items[half % 2 :: 2], items[half - 1 :: 2]
        config.hook.pytest_deselected(items=left)


# A hook and no fixture, which would cost ten thousand tests a fixture each.
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail a test in which anybody changed an object that a cache holds."""
    assert changed_objects() == []
