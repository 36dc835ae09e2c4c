"""Whether the machine stood still: what does not run for seconds proves nothing of a controller."""

import threading
import time
from typing import Final, Self

_BEAT_SECONDS: Final = 0.1


class Stalls:
    """Notes, for the length of a `with` block, how late a thread is that sleeps a moment."""

    def __init__(self) -> None:
        self.longest_seconds = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="stalls", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        before = time.monotonic()
        while not self._ended.wait(_BEAT_SECONDS):
            now = time.monotonic()
            self.longest_seconds = max(self.longest_seconds, now - before - _BEAT_SECONDS)
            before = now
