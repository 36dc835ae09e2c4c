"""How many deletions of one policy may happen without a person."""

from datetime import UTC, datetime, timedelta

import pytest

from clusterimport.controllers.deletions.budget import (
    PastDeletion,
    is_within,
    parse_deletions,
    recent,
)

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("new", "past", "lifecycles", "allowed"),
    [
        (5, 0, 3, True),
        (6, 0, 3, False),
        (5, 0, 50, True),
        (6, 0, 50, False),
        (10, 0, 100, True),
        (11, 0, 100, False),
        (1, 10, 90, False),
        (0, 10, 90, True),
        (1, 9, 91, True),
        (2, 9, 91, False),
    ],
)
def test_the_budget_is_five_or_a_tenth_of_the_windows_start(
    new: int, past: int, lifecycles: int, *, allowed: bool
) -> None:
    """More than max(5, 10 %) within the window is refused, counted from the window's start."""
    assert is_within(new, past, lifecycles) is allowed


def test_a_deletion_counts_for_ten_minutes() -> None:
    """A deletion leaves the window after ten minutes, not before."""
    young = PastDeletion("a", "1", (NOW - timedelta(minutes=9, seconds=59)).isoformat())
    old = PastDeletion("b", "2", (NOW - timedelta(minutes=10)).isoformat())

    assert recent([young, old], NOW) == (young,)


def test_what_a_status_holds_is_read_back() -> None:
    """Entries are read as they were written; nonsense is left out and does not raise."""
    entry = PastDeletion("a", "1", "2026-01-01T11:59:00Z")

    assert parse_deletions([entry.to_dict(), {"name": "x"}, 7, {"name": "y", "time": "soon"}]) == (
        entry,
    )
    assert parse_deletions(None) == ()
