"""Signals that end the program, so that everything is cleared away whichever comes and when."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from examples.demo.errors import StoppedError

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def install() -> None:
    """Turn the first ending signal into StoppedError, raised in the main thread."""
    for number in ENDING:
        signal.signal(number, _stop)


@contextmanager
def deferred() -> Iterator[None]:
    """Hold ending signals back until the block is left.

    For a block of moments that makes something or clears it away: an interrupt in its middle
    would leave what nobody knows of. No process may be started in it, which would be deaf.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, _frame: FrameType | None) -> None:
    # One is enough: impatience must not interrupt the clearing away.
    for ending in ENDING:
        signal.signal(ending, signal.SIG_IGN)
    raise StoppedError(signal.Signals(number))
