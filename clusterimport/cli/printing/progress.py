"""One line on standard error while something takes longer than a second; on a terminal only."""

import sys
import threading
from types import TracebackType
from typing import Self, TextIO

QUIET_SECONDS = 1.0
"""What is over sooner is not talked about."""

REDRAW_SECONDS = 0.2
"""Pause between two looks at what to say."""

ERASE = "\r\033[K"


class ProgressLine:
    """Says what is being done, by a thread of its own, so that a request may take its time."""

    def __init__(
        self, stream: TextIO | None = None, *, quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        self._stream = stream or sys.stderr
        self._quiet_seconds = quiet_seconds
        self._text = ""
        self._drawn = ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, text: str) -> None:
        """Say what is being done now, in a few words."""
        self._text = text

    def end(self) -> None:
        """Take the line away; harmless the second time."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._draw, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def _draw(self) -> None:
        pause = self._quiet_seconds
        while not self._ended.wait(pause):
            pause = REDRAW_SECONDS
            if self._text != self._drawn:
                self._drawn = self._text
                self._write(f"{ERASE}{self._text} …")
        if self._drawn:
            self._write(ERASE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
