"""Moments in the two forms that Kubernetes writes."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clusterimport.model.times import micro_time, parse_time, second_time

MOMENT = datetime(2026, 1, 2, 5, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2)))


def test_moments_are_written_in_utc():
    """With whole seconds or with six digits, whatever the zone."""
    assert second_time(MOMENT) == "2026-01-02T03:04:05Z"
    assert micro_time(MOMENT) == "2026-01-02T03:04:05.678901Z"
    assert parse_time(micro_time(MOMENT)) == MOMENT.astimezone(UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-02T03:04:05", None, 7])
def test_what_says_no_moment_for_certain_is_none(text):
    """A time without a zone is none: it may be hours away."""
    assert parse_time(text) is None
