"""Where the programs begin, before anything else is loaded.

Loading takes a tenth of a second, in which Ctrl-C ends a program as it ends one that is not written
in Python: without a word. What is loaded then tells interruptions by exit codes of its own.
"""

import signal
from types import ModuleType


def clusterimport() -> int:
    """Be ``clusterimport``; return the exit code."""
    return _loaded().main()  # type: ignore[no-any-return]  # of a module


def controller_manager() -> int:
    """Be ``controller-manager``."""
    return _loaded().controller_manager()  # type: ignore[no-any-return]


def kubectl_plugin() -> int:
    """Be ``kubectl clusterimport``."""
    return _loaded().kubectl_plugin()  # type: ignore[no-any-return]


def _loaded() -> ModuleType:
    # A shell lets what it starts in the background ignore the signal, and so it stays.
    is_interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from clusterimport.cli import main  # noqa: PLC0415 - that is what takes its time

    if is_interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return main
