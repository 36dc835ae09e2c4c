"""An ending signal is heard once, at whatever moment it comes."""

import io
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from development import interrupts


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.ENDING}
    interrupts.install()
    yield
    interrupts.install()  # forgets what has come
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", interrupts.ENDING)
def test_a_signal_raises_where_it_comes(number: signal.Signals) -> None:
    with pytest.raises(interrupts.Stopped, match=number.name) as stopped:
        signal.raise_signal(number)
    assert stopped.value.number is number


def test_only_the_first_one_raises() -> None:
    with pytest.raises(interrupts.Stopped):
        signal.raise_signal(signal.SIGTERM)
    for number in interrupts.ENDING:
        signal.raise_signal(number)


class Stream(io.RawIOBase):
    """As a response that nobody has closed: something runs when it is collected."""

    def close(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_one_that_is_lost_in_a_finalizer_is_heard_at_the_next_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # From Python 3.13 on the loss is told there; before, nowhere.
    monkeypatch.setattr(sys, "unraisablehook", lambda _lost: None)
    interrupts.check()
    Stream()  # collected at once, and what its close() raises is lost
    with pytest.raises(interrupts.Stopped, match="SIGINT"):
        interrupts.check()


def test_one_in_a_block_is_held_back_until_it_is_left() -> None:
    done = []

    def work() -> None:
        with interrupts.deferred():
            with interrupts.deferred():
                signal.raise_signal(signal.SIGINT)
            interrupts.check()
            done.append("all of the block")

    with pytest.raises(interrupts.Stopped, match="SIGINT"):
        work()
    assert done


def test_what_clears_away_after_a_signal_is_not_interrupted_by_it_again() -> None:
    with pytest.raises(interrupts.Stopped):
        signal.raise_signal(signal.SIGINT)
    with interrupts.deferred():
        interrupts.check()
        signal.raise_signal(signal.SIGINT)


def test_the_end_of_a_block_does_not_hide_why_it_is_left() -> None:
    with pytest.raises(ValueError, match="its own"), interrupts.deferred():
        raise ValueError("its own")


def test_another_thread_is_not_stopped() -> None:
    raised: list[BaseException] = []

    def work() -> None:
        try:
            interrupts.check()
        except BaseException as error:  # noqa: BLE001 - whatever it is, there should be none
            raised.append(error)

    with pytest.raises(interrupts.Stopped):
        signal.raise_signal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert raised == []
