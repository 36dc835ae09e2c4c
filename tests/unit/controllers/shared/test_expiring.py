"""When people are told that a credential ends."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from clusterimport.controllers.shared.health import (
    EXPIRED,
    EXPIRING,
    NOTHING_EXPIRES,
    expiry_notice,
    seconds_until_news,
)
from clusterimport.engine.expiry import Expiry

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WEEK = 7 * 86400


def ends_in(seconds, what="token"):
    return Expiry(NOW + timedelta(seconds=seconds), what)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (WEEK + 1, ""),
        (WEEK, EXPIRING),
        (WEEK - 1, EXPIRING),
        (1, EXPIRING),
        (0, EXPIRED),
        (-1, EXPIRED),
        (-10 * WEEK, EXPIRED),
    ],
)
def test_a_week_before_and_at_the_end_there_is_something_to_say(seconds, reason):
    """The line of seven days and the end itself belong to what they begin."""
    assert expiry_notice(ends_in(seconds), NOW).reason == reason


def test_the_text_names_the_moment_and_what_to_do():
    """It is the same from one look to the next, so that nothing is written twice."""
    ends = ends_in(3600, "client certificate")
    first = expiry_notice(ends, NOW)

    assert first.message == (
        "the client certificate expires at 2026-01-02T04:04:05Z; renew it where the cluster's "
        "credentials come from"
    )
    assert expiry_notice(ends, NOW + timedelta(seconds=3599)) == first
    last = expiry_notice(ends, NOW + timedelta(seconds=3600))
    assert "client certificate expired at 2026-01-02T04:04:05Z" in last.message
    assert expiry_notice(ends, NOW + timedelta(days=300)) == last


def test_credentials_that_never_say_are_not_warned_of():
    """Neither now nor later."""
    assert expiry_notice(None, NOW) == NOTHING_EXPIRES == ("", "")
    assert seconds_until_news(None, NOW) == math.inf


@pytest.mark.parametrize(
    ("seconds", "news"),
    [(WEEK + 100, 101), (WEEK, WEEK + 1), (100, 101), (0, math.inf), (-5, math.inf)],
)
def test_a_look_at_the_time_of_the_news_finds_it(seconds, news):
    """A second is added, so that a timer that fires early is not too early."""
    ends = ends_in(seconds)
    assert seconds_until_news(ends, NOW) == news
    if news < math.inf:
        before, after = (NOW + timedelta(seconds=s) for s in (news - 2, news - 0.001))
        assert expiry_notice(ends, before) == expiry_notice(ends, NOW)
        assert expiry_notice(ends, after) != expiry_notice(ends, NOW)


def test_t25_a_token_of_an_hour_is_not_warned_of_as_long_as_it_is_new():
    """With less than a fifth of its life left nobody has renewed it, and somebody is told."""
    token = Expiry(NOW + timedelta(hours=1), "token", NOW)

    assert expiry_notice(token, NOW + timedelta(minutes=47)) == NOTHING_EXPIRES
    assert expiry_notice(token, NOW + timedelta(minutes=48)).reason == EXPIRING
    assert seconds_until_news(token, NOW) == 48 * 60 + 1
