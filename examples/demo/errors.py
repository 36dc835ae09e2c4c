"""Why a demonstration ends before it is told to."""


class DemoError(Exception):
    """The demonstration failed; the first line of the message says why."""
