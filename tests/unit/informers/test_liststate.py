"""What is asked next, and from which version."""

import pytest

from clusterimport.informers.liststate import ListState, ListStep, Pause, Plan, refuses_watch_list
from clusterimport.kube import errors
from tests.fakes.informers.faults import expired, refused, too_large, watch_list_unknown

TOO_MANY = errors.TooManyRequests(429, "TooManyRequests")
INTERNAL = errors.InternalError(500, "InternalError")
FORBIDDEN = errors.Forbidden(403, "Forbidden")


def state(*, watch_list=True):
    return ListState(watch_list=watch_list, doubtful_seconds=60.0)


def watching(version="10", *, watch_list=True):
    made = state(watch_list=watch_list)
    assert made.listed(version) is Pause.NONE
    assert made.next() == Plan(ListStep.WATCH, version)
    return made


def test_the_first_list_is_consistent():
    """The first WatchList, and the first list, go without a resource version."""
    assert state().next() == Plan(ListStep.WATCH_LIST, "")
    assert state(watch_list=False).next() == Plan(ListStep.LIST, "")


def test_a_failed_watch_list_is_a_list_for_this_once():
    """After any failure of a WatchList comes a list at once, and the next time a WatchList."""
    rules = state()

    assert rules.failed(ListStep.WATCH_LIST, INTERNAL, 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.LIST, "")

    # The watch that follows would fail in the same way.
    assert rules.listed("10") is Pause.BACKOFF
    assert rules.next() == Plan(ListStep.WATCH, "10")
    assert rules.failed(ListStep.WATCH, expired(), 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.WATCH_LIST, "10")


def test_a_refused_watch_list_is_remembered():
    """A 422 that names the parameters turns WatchList off for good, without any wait."""
    rules = state()

    assert rules.failed(ListStep.WATCH_LIST, watch_list_unknown(), 0.0) is Pause.NONE
    assert rules.listed("10") is Pause.NONE
    assert not rules.watch_list
    rules.require_list()
    assert rules.next() == Plan(ListStep.LIST, "10")


def test_only_a_422_that_names_the_parameters_counts():
    """Other refusals, and other errors that name them, do not turn WatchList off."""
    assert refuses_watch_list(watch_list_unknown())
    assert refuses_watch_list(errors.Invalid(422, "Invalid", "resourceVersionMatch is forbidden"))
    assert not refuses_watch_list(errors.Invalid(422, "Invalid", "fieldSelector is wrong"))
    assert not refuses_watch_list(errors.BadRequest(400, "BadRequest", "sendInitialEvents"))


def test_a_429_of_a_watch_list_waits_before_the_list():
    """A server that asks for fewer requests gets no list at once."""
    rules = state()

    assert rules.failed(ListStep.WATCH_LIST, TOO_MANY, 0.0) is Pause.BACKOFF
    assert rules.next().step is ListStep.LIST


@pytest.mark.parametrize("watch_list", [True, False])
def test_an_expired_watch_lists_from_the_last_version(watch_list):
    """A 410 of a watch lists from the last version; heard versions count, older ones do not."""
    rules = watching(watch_list=watch_list)
    rules.heard("30")
    rules.heard("20")

    assert rules.failed(ListStep.WATCH, expired(), 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.WATCH_LIST if watch_list else ListStep.LIST, "30")


def test_a_second_expiry_soon_after_backs_off():
    """Two 410s of watches within a minute are a server that takes no version."""
    rules = watching()
    rules.failed(ListStep.WATCH, expired(), 0.0)
    rules.listed("11")

    assert rules.failed(ListStep.WATCH, expired(), 59.0) is Pause.BACKOFF
    rules.listed("12")
    assert rules.failed(ListStep.WATCH, expired(), 120.0) is Pause.NONE


@pytest.mark.parametrize("error", [expired(), too_large(5)])
def test_an_unknown_list_version_is_dropped_at_once(error):
    """A list whose version is expired or too large is repeated without one, then backs off."""
    rules = watching(watch_list=False)
    rules.require_list()

    assert rules.failed(ListStep.LIST, error, 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.LIST, "")
    rules.failed(ListStep.LIST, error, 0.0)
    assert rules.failed(ListStep.LIST, error, 0.0) is Pause.BACKOFF


def test_an_unknown_watch_list_version_is_dropped_at_once():
    """A WatchList whose version the server lacks becomes a consistent list, without suspicion."""
    rules = watching()
    rules.require_list()

    assert rules.next() == Plan(ListStep.WATCH_LIST, "10")
    assert rules.failed(ListStep.WATCH_LIST, too_large(5), 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.LIST, "")
    assert rules.listed("5") is Pause.NONE


def test_an_expired_continue_token_asks_for_everything():
    """A 410 of a consistent, paged list is answered by one without pages, then by back-off."""
    rules = state(watch_list=False)

    assert rules.failed(ListStep.LIST, expired(), 0.0) is Pause.NONE
    assert rules.next() == Plan(ListStep.LIST, "", paged=False)
    assert rules.failed(ListStep.LIST, expired(), 0.0) is Pause.BACKOFF
    assert rules.next() == Plan(ListStep.LIST, "", paged=True)


@pytest.mark.parametrize(
    "error",
    [
        refused(),
        TOO_MANY,
        FORBIDDEN,
        errors.Unauthorized(401, "Unauthorized"),
        errors.ServiceUnavailable(503, "ServiceUnavailable"),
        errors.ServerTimeout(504, "Timeout"),
    ],
)
def test_errors_that_say_nothing_about_the_version_watch_again(error):
    """An unreachable, busy or closed server is watched again from the same version, for ever."""
    rules = watching()
    for minute in range(10):
        assert rules.failed(ListStep.WATCH, error, minute * 60.0) is Pause.BACKOFF
        assert rules.next() == Plan(ListStep.WATCH, "10")


@pytest.mark.parametrize(
    "error", [INTERNAL, errors.ApiError(502), errors.StreamError("half a line")]
)
def test_doubtful_errors_list_after_a_minute(error):
    """A 500 or broken event is watched again for a minute, then listed."""
    rules = watching()

    assert rules.failed(ListStep.WATCH, error, 100.0) is Pause.BACKOFF
    assert rules.next().step is ListStep.WATCH
    assert rules.failed(ListStep.WATCH, error, 159.0) is Pause.BACKOFF
    assert rules.next().step is ListStep.WATCH
    assert rules.failed(ListStep.WATCH, error, 160.0) is Pause.BACKOFF
    assert rules.next() == Plan(ListStep.WATCH_LIST, "10")


def test_a_working_watch_ends_the_minute_of_doubt():
    """An event between two 500s starts the minute anew."""
    rules = watching()
    rules.failed(ListStep.WATCH, INTERNAL, 100.0)
    rules.heard("11")
    rules.failed(ListStep.WATCH, INTERNAL, 170.0)

    assert rules.next() == Plan(ListStep.WATCH, "11")


@pytest.mark.parametrize(
    "error", [errors.NotFound(404, "NotFound"), errors.BadRequest(400, "BadRequest")]
)
def test_errors_about_the_request_are_settled_by_a_list(error):
    """A 404 or 400 of a watch is followed by a list, after a wait."""
    rules = watching()

    assert rules.failed(ListStep.WATCH, error, 0.0) is Pause.BACKOFF
    assert rules.next() == Plan(ListStep.WATCH_LIST, "10")


def test_a_short_watch_is_listed_instead():
    """A watch that the server closed at once is a failure, and a list takes its place."""
    rules = watching()

    assert rules.ended_short() is Pause.BACKOFF
    assert rules.next() == Plan(ListStep.WATCH_LIST, "10")


def test_a_watch_list_without_its_end_is_a_list():
    """A WatchList that was given up is listed at once, and its watch is suspect."""
    rules = state()

    assert rules.gave_up() is Pause.NONE
    assert rules.next() == Plan(ListStep.LIST, "")
    assert rules.listed("10") is Pause.BACKOFF


def test_a_server_that_went_back_is_believed():
    """A restored server is listed without our version, and its older version is taken."""
    rules = watching("500")
    rules.went_back()

    assert rules.next() == Plan(ListStep.WATCH_LIST, "")
    rules.listed("40")
    assert rules.next() == Plan(ListStep.WATCH, "40")


def test_a_list_is_required_once():
    """A list that is about to begin serves everyone who asks meanwhile."""
    rules = state()
    rules.failed(ListStep.WATCH_LIST, INTERNAL, 0.0)
    rules.require_list()

    assert rules.next() == Plan(ListStep.LIST, "")
