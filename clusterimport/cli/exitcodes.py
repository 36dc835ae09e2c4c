"""How a command ends, for scripts and for the kubelet."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 is success, as everywhere."""

    FAILED = 1
    """The program met something that it did not expect."""
    USAGE = 2
    """A person has to change something: an argument, a file, an address."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it."""
