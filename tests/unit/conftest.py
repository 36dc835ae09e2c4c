"""What every unit test is held to."""

import pytest

from tests.fakes.informers.seals import changed_objects


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
