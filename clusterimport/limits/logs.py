"""The log, where foreign text ends."""

from typing import Final

LOG_TEXT_CHARACTERS: Final = 4096
"""Longer values are cut: no field that is meant for a log is longer."""

LOG_DEPTH: Final = 6
"""Lists and maps inside one another that a field shows."""

LOG_FRAMES: Final = 30
"""Frames of a traceback: the innermost tell most, and a recursion would fill the log."""

PLACE_FRAMES: Final = 6
"""Frames that tell where an error happened within one line."""

LOG_ERRORS: Final = 5
"""Errors that a chain of causes, or a group, shows."""
