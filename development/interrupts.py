"""Signals that end a program, so that everything is cleared away whichever comes and when."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal told the program to end. No `except Exception` takes it, and no event loop."""

    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)
        super().__init__(self.number.name)


class _State:
    """What has come, of which only the main thread writes."""

    number: int = 0
    is_held_back: bool = False
    blocks: int = 0


_state: Final = _State()


def install() -> None:
    """Turn the first ending signal into Stopped, raised in the main thread."""
    _state.number, _state.is_held_back = 0, False
    for number in ENDING:
        signal.signal(number, _stop)


@contextmanager
def deferred() -> Iterator[None]:
    """Hold an ending signal back until the block is left, which raises it then.

    For a block of moments that makes something or clears it away: an interrupt in its middle
    would leave what nobody knows of.
    """
    _state.blocks += 1
    try:
        yield
    finally:
        _state.blocks -= 1
    if _state.is_held_back and not _state.blocks:
        _state.is_held_back = False
        raise Stopped(_state.number)


def check() -> None:
    """Raise Stopped in the main thread if a signal has come, unless a block holds it back.

    To be called wherever a program goes round or a step further. What a handler raises is lost
    where the interpreter finalizes a stream (`iobase_finalize` of CPython lets nothing out that
    `close` raises, and an `http.client.HTTPResponse` is such a stream), and only the first signal
    raises.
    """
    if (
        _state.number
        and not _state.blocks
        and threading.current_thread() is threading.main_thread()
    ):
        raise Stopped(_state.number)


def _stop(number: int, _frame: FrameType | None) -> None:
    # One is enough: impatience must not interrupt the clearing away.
    for ending in ENDING:
        signal.signal(ending, signal.SIG_IGN)
    _state.number = number
    if _state.blocks:
        _state.is_held_back = True
        return
    raise Stopped(number)
