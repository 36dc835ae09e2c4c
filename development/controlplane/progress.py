"""Tell a person who waits for minutes that work goes on: one line that moves, or a line a while."""

import time
from typing import TextIO

SECONDS_BETWEEN_LINES = 20.0


class Progress:
    """Elapsed time of one step after the other on a stream.

    On a terminal the line of the running step is rewritten; elsewhere (CI, a log file) a new
    line comes every SECONDS_BETWEEN_LINES.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._step = ""
        self._started = 0.0
        self._last_line = 0.0

    def say(self, text: str) -> None:
        """Print one line."""
        self._write(f"{text}\n")

    def begin(self, step: str) -> None:
        """Start the clock of a step."""
        self._step = step
        self._started = self._last_line = time.monotonic()
        self._write(f"{step} ..." + ("" if self._is_terminal else "\n"))

    def tick(self) -> None:
        """Show the elapsed time; call it about once a second."""
        now = time.monotonic()
        if self._is_terminal:
            self._write(f"\r{self._step} ... {_elapsed(now - self._started)} ")
        elif now - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = now
            self._write(f"  still at it after {_elapsed(now - self._started)}\n")

    def end(self, outcome: str) -> None:
        """Finish the line of the step."""
        took = _elapsed(time.monotonic() - self._started)
        if self._is_terminal:
            self._write(f"\r{self._step} ... {outcome} in {took}\n")
        else:
            self._write(f"  {outcome} in {took}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
