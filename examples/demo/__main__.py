"""`python -m examples.demo`, which is `make demo`.

On a terminal it stays until Ctrl-C. Elsewhere, and with ONCE=1, it ends as soon as the expected
rows stand: exit code 0, or 1 with the reason. With KUBECONTEXT it runs on the cluster of that
context, after asking.
"""

import http.client
import os
import sys
from contextlib import suppress

from development import interrupts
from development.controlplane.readiness import ControlPlaneError
from development.controlplane.resources import UnknownKindError
from development.controlplane.rest import ApiFailure
from examples.demo.errors import DemoError
from examples.demo.performance import Options, Performance
from examples.demo.screen import Screen

EXIT_FAILED = 1
EXIT_SIGNAL = 128

FAILURES = (
    DemoError,
    ControlPlaneError,
    ApiFailure,
    UnknownKindError,
    OSError,
    http.client.HTTPException,
)


def main() -> int:
    """Give the demonstration; return the exit code."""
    interrupts.install()
    is_terminal = sys.stdout.isatty()
    screen = Screen(sys.stdout, in_place=is_terminal and os.environ.get("TERM", "dumb") != "dumb")
    is_once = os.environ.get("ONCE", "") not in {"", "0"}
    context = os.environ.get("KUBECONTEXT", "")
    options = Options(stays=is_terminal and not is_once, context=context)
    performance = Performance(screen, options)
    try:
        performance.give()
    except interrupts.Stopped as stopped:
        _tell(f"\nstopped by {stopped.number.name}; everything is removed")
        # That is how one ends that stays; before, something was cut short.
        return 0 if performance.is_complete else EXIT_SIGNAL + stopped.number
    except BrokenPipeError:
        # Whoever read us has gone; the interpreter must not try once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except FAILURES as error:
        _tell(f"\nerror: {str(error) or type(error).__name__}")
        return EXIT_FAILED
    return 0


def _tell(text: str) -> None:
    with suppress(OSError):  # the terminal may be what has gone
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
