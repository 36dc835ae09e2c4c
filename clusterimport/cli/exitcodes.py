"""How a command ends, for scripts and for the kubelet."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 is success, as everywhere."""

    FAILED = 1
    """Something is not as it should be; of ``run``, something that it did not expect."""
    USAGE = 2
    """A person has to change something: an argument, a file, an address. Or nothing was found."""
    INTERNAL = 3
    """A bug in a command."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it."""
    BROKEN_PIPE = 141
    """Nobody reads the output any more, as after ``| head``; as shells count it."""
