"""What every unit test is held to."""

import pytest

from tests.fakes.informers.seals import changed_objects


@pytest.fixture(autouse=True)
def _cached_objects_stay_as_they_are():
    """Fail a test in which anybody changed an object that a cache holds."""
    yield
    assert changed_objects() == []
