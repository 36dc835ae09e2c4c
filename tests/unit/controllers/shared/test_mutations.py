"""A reconciler never acts on a view older than its own last write."""

from functools import partial
from typing import Any

import pytest

from clusterimport.controllers.shared.mutations import PUT_OFF, MutationCache
from clusterimport.workqueue import BACKLOG, FRESH, working_at
from tests.fakes.aio.manualclock import ManualClock


def obj(version: str, uid: str = "u") -> dict[str, Any]:
    """Return an object at a version."""
    return {"metadata": {"name": "x", "uid": uid, "resourceVersion": version}}


def make() -> tuple[MutationCache[str], ManualClock]:
    """Return an overlay and its clock."""
    clock = ManualClock()
    return MutationCache(clock), clock


def test_a_write_hides_an_older_cache() -> None:
    """Until the cache has caught up, the server's answer to our write is the newest."""
    written, _ = make()
    written.wrote("x", obj("9"))

    assert written.newest("x", obj("8")) == obj("9")
    assert written.newest("x", obj("10")) == obj("10")
    assert written.newest("x", obj("8")) == obj("8"), "once caught up, the cache is believed"


def test_versions_are_numbers_not_texts() -> None:
    """Version 10 is newer than version 9."""
    written, _ = make()
    written.wrote("x", obj("10"))

    assert written.newest("x", obj("9")) == obj("10")


def test_a_created_object_is_there_before_the_cache_shows_it() -> None:
    """An object that the cache does not have yet is the one we created."""
    written, _ = make()
    written.wrote("x", obj("5"))

    assert written.newest("x", None) == obj("5")


def test_a_deleted_object_is_gone_before_the_cache_shows_it() -> None:
    """A deletion hides that object, not a later one of the same name."""
    written, _ = make()
    written.deleted("x", obj("5"))

    assert written.newest("x", obj("5")) is None
    written.deleted("x", obj("5"))
    assert written.newest("x", obj("7", uid="other")) == obj("7", uid="other")


def test_an_end_seen_by_the_cache_is_an_end() -> None:
    """An object that was made and deleted before we looked is not there."""
    written, _ = make()
    written.wrote("x", obj("5"))
    written.observed_deletion("x", "another")
    assert written.newest("x", None) == obj("5")
    written.observed_deletion("x", "u")

    assert written.newest("x", None) is None


def test_after_a_minute_the_cache_is_believed() -> None:
    """A write that the cache never shows does not stand for ever."""
    written, clock = make()
    written.wrote("x", obj("5"))
    clock.advance(59.0)
    assert written.newest("x", None) == obj("5")
    clock.advance(2.0)

    assert written.newest("x", None) is None


def test_the_echo_of_a_write_is_told_from_news() -> None:
    """The event of our own write is an echo; one of another's later write is not."""
    written, _ = make()
    written.wrote("x", obj("5"))
    assert written.observed("x", obj("4")) is None
    assert written.observed("x", obj("5")) == FRESH
    assert written.observed("x", obj("5")) is None, "an echo is heard once"

    written.wrote("x", obj("6"))
    assert written.observed("x", obj("7")) is None
    assert written.newest("x", obj("7")) == obj("7")


def test_the_echo_of_a_backlogs_write_is_no_more_urgent_than_that() -> None:
    """What a start writes leads to nothing that goes before an event."""
    written, _ = make()
    with working_at(BACKLOG):
        written.wrote("x", obj("5"))

    assert written.observed("x", obj("5")) == BACKLOG


def test_an_event_that_overtakes_the_answer_is_known_as_that_write() -> None:
    """It waits for the answer, and is no news then; nothing of the write is left over."""
    written, _ = make()
    news: list[int | None] = []

    with working_at(BACKLOG), written.writing("x"):
        assert written.put_off("x", lambda: news.append(written.observed("x", obj("9"))))
        assert not written.put_off("y", pytest.fail)
        assert news == []
        written.wrote("x", obj("9"))

    assert news == [BACKLOG]
    assert len(written) == 0
    assert not written.put_off("x", pytest.fail)


def test_what_came_during_a_write_that_failed_is_told() -> None:
    """In the order it came, and as the news that it is."""
    written, _ = make()
    told: list[str] = []

    def fail() -> None:
        with written.writing("x"):
            assert written.put_off("x", lambda: told.append("first"))
            assert written.put_off("x", lambda: told.append("second"))
            raise ConnectionError

    with pytest.raises(ConnectionError):
        fail()
    assert told == ["first", "second"]


def test_an_object_that_others_write_all_the_time_is_not_waited_for() -> None:
    """What has come is told, and what comes is not put off any more."""
    written, _ = make()
    told: list[int] = []

    with written.writing("x"):
        for number in range(PUT_OFF):
            assert written.put_off("x", partial(told.append, number))
        assert not written.put_off("x", pytest.fail)
        assert told == list(range(PUT_OFF))
        with written.writing("x"):
            assert written.put_off("x", partial(told.append, PUT_OFF))
        assert told[-1] == PUT_OFF


def test_of_two_writes_at_once_the_first_one_tells() -> None:
    """The end of the other one tells nothing before it."""
    written, _ = make()
    told: list[str] = []

    with written.writing("x"):
        with written.writing("x"):
            assert written.put_off("x", lambda: told.append("it"))
        assert told == []
    assert told == ["it"]


def test_the_end_of_a_write_does_not_tell_what_waits_for_another_one() -> None:
    """One that is not waited for any more may end while the next one is under way."""
    written, _ = make()
    told: list[str] = []
    first, second = written.writing("x"), written.writing("x")

    first.__enter__()
    for _ in range(PUT_OFF):
        written.put_off("x", lambda: None)
    written.put_off("x", lambda: None)
    second.__enter__()
    assert written.put_off("x", lambda: told.append("it"))
    first.__exit__(None, None, None)
    assert told == []
    second.__exit__(None, None, None)
    assert told == ["it"]
