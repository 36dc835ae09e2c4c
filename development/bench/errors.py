"""What can go wrong with a benchmark."""


class BenchError(Exception):
    """A turn has no result; the message says why, and what to do where something can be done."""


class UsageError(BenchError):
    """What was asked for cannot be done; nothing was measured."""


class StartError(BenchError):
    """A controller does not start; no turn of it would have a result."""
