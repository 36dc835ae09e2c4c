"""What people read: conditions and Events; and the log, where foreign text ends."""

from typing import Final

CONDITION_BYTES: Final = 32 * 1024
"""The schema of ``metav1.Condition`` allows 32768 characters; bytes are never more."""

SOURCES_NAMED: Final = 5
"""How many sources a condition names of those that wait or failed; the count tells the rest."""

METADATA_PROBLEMS_NAMED: Final = 5
"""Labels and annotations that a condition names; the others are counted."""

EVENTS_BURST: Final = 10
"""Events an object may have at once."""

EVENTS_REFILL_SECONDS: Final = 60.0
"""Seconds after which an object may have one more."""

EVENT_NOTE_BYTES: Final = 1024
"""Bytes of a note that the API server takes."""

EVENTS_WAITING: Final = 1024
"""Kubernetes Events that wait to be written, about 1 KiB each; the conditions tell the same."""

UNREADABLE_SECONDS: Final = 60.0
"""How long objects cannot be read before that is told."""

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
