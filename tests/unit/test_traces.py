"""Naming the place of a bug without its values."""

from clusterimport.traces import place_of, stack_of, where, without_frames
from tests.fakes.engine.auditing import audited


def fail(value):
    raise KeyError(value)


def caught(function, *args):
    try:
        function(*args)
    except Exception as error:  # noqa: BLE001 - the test's subject
        return error
    raise AssertionError


def test_the_place_is_named_and_the_value_is_not():
    """Class, file and line are told; the text of the exception, which may hold data, is not."""
    text = where(caught(fail, "canary"))

    assert text.startswith("KeyError at test_traces.py:")
    assert "canary" not in text


def test_groups_are_told_by_their_members():
    """Each exception of a group is named; one that was never raised by its class alone."""
    group = ExceptionGroup("canary", [caught(fail, "x"), ValueError("canary")])

    text = where(group)

    assert text.startswith("KeyError at ")
    assert text.endswith("; ValueError")
    assert "canary" not in text


def test_no_file_is_read():
    """The event loop waits for no disk, and a source that was replaced is not quoted."""
    error = caught(fail, "canary")
    with audited() as events:
        told = [where(error), place_of(error), *stack_of(error)]

    assert events == []
    assert all("test_traces.py:" in text and "fail" in text for text in (told[0], told[-1]))
    assert "canary" not in str(told)


def test_an_error_is_kept_without_the_frames_of_it_and_its_causes():
    """It stays what it was, and says what it said."""

    def wrap():
        try:
            fail("cause")
        except KeyError as cause:
            try:
                fail("context")
            except KeyError:
                raise ValueError("text") from cause

    error = caught(wrap)
    kept = without_frames(error)

    assert kept is error
    assert str(kept) == "text"
    chain = [kept, kept.__cause__, kept.__context__]
    assert [str(each) for each in chain[1:]] == ["'cause'", "'context'"]
    assert [each.__traceback__ for each in chain] == [None] * 3


def test_also_where_the_error_itself_was_never_raised():
    """A client sets one as the result of what is awaited, with a cause that it has caught."""
    error = ValueError("text")
    error.__cause__ = caught(fail, "cause")
    error.__cause__.__context__ = error

    assert without_frames(error).__cause__.__traceback__ is None
