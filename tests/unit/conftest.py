"""What every unit test is held to."""

import pytest

from tests.fakes.informers.seals import changed_objects


# A hook and no fixture, which would cost ten thousand tests a fixture each.
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Fail a test in which anybody changed an object that a cache holds."""
    assert changed_objects() == []
