"""Progress on a terminal: one line that moves; elsewhere a line for each turn."""

import time
from typing import Final, TextIO

from rich.console import Console
from rich.status import Status

LINE_SECONDS: Final = 30.0


class Screen:
    """What a person sees while it is measured. ``show`` may be called as often as one likes."""

    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream)
        self._status: Status | None = None
        self._turn = ""
        self._shown = 0.0

    def begin(self, turn: str) -> None:
        """Begin a turn."""
        self.end()
        self._turn, self._shown = turn, time.monotonic()
        if self.console.is_terminal:
            self._status = self.console.status(turn)
            self._status.start()
        else:
            self.say(turn)

    def show(self, text: str) -> None:
        """Tell how far the turn is."""
        now = time.monotonic()
        if self._status is not None:
            if now - self._shown > 0.1:
                self._status.update(f"{self._turn}: {text}")
                self._shown = now
        elif now - self._shown > LINE_SECONDS:
            self._shown = now
            self.say(f"  {text}")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(text, highlight=False, markup=False)

    def end(self) -> None:
        """End the turn."""
        if self._status is not None:
            self._status.stop()
            self._status = None
