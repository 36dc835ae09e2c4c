"""Each case has a world of its own, and time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development.world import World
from tests.faults.trial import Trial, trial_of

CASE_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each case the time that a machine under load takes for a begin and an end."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker(
            "timeout"
        ):
            item.add_marker(pytest.mark.timeout(CASE_SECONDS))


@pytest.fixture
def trial(world: World) -> Iterator[Trial]:
    """Give a case its fleet behind a proxy."""
    with trial_of(world) as made:
        yield made
