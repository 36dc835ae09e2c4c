"""Where an unexpected error came from, without its text, which may quote anything."""

from pathlib import PurePath
from typing import Final

_FRAMES: Final = 6


def place_of(error: BaseException) -> str:
    """Return the innermost frames, as ``file:line function > …``."""
    from traceback import extract_tb  # noqa: PLC0415 - only where something has failed

    frames = [
        f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in extract_tb(error.__traceback__)
    ]
    return " > ".join(frames[-_FRAMES:]) or "no traceback"
