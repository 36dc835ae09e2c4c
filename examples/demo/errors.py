"""Why a demonstration ends before it is told to."""

from signal import Signals


class DemoError(Exception):
    """The demonstration failed; the first line of the message says why."""


class StoppedError(BaseException):
    """A signal told the program to end. Like KeyboardInterrupt, no `except Exception` takes it."""

    def __init__(self, number: Signals) -> None:
        super().__init__(number.name)
        self.number = number
