"""Where an error happened, in words that cannot hold an object's content.

A traceback's last line is the exception's text, and that of a KeyError or ValueError quotes the
value at hand. Objects hold credentials, so only class, file, line and function are told. No source
file is read for it, as ``traceback.extract_tb`` does, since that would hold the event loop.
"""

from collections.abc import Iterator
from pathlib import PurePath
from types import CodeType
from typing import TypeVar

from clusterimport.limits.messages import LOG_FRAMES, PLACE_FRAMES

E = TypeVar("E", bound=BaseException)


def stack_of(error: BaseException) -> list[str]:
    """Return ``path:line function`` of every frame, the innermost last."""
    frames = [f"{code.co_filename}:{line} {code.co_name}" for code, line in _frames(error)]
    return frames[-LOG_FRAMES:]


def place_of(error: BaseException) -> str:
    """Return the innermost frames in one line, as ``file:line function > …``."""
    frames = [
        f"{PurePath(code.co_filename).name}:{line} {code.co_name}" for code, line in _frames(error)
    ]
    return " > ".join(frames[-PLACE_FRAMES:])


def where(error: BaseException) -> str:
    """Name the class of an exception and its place; of a group, those of its members."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(where(inner) for inner in error.exceptions)
    name, place = type(error).__name__, place_of(error)
    return f"{name} at {place}" if place else name


def without_frames(error: E) -> E:
    """Return an error that is to be kept, without the frames that it and its causes came through.

    These hold all that was at hand, and often whoever keeps the error: both would be garbage that
    only a search for cycles finds, which is some minutes away.
    """
    left: list[BaseException | None] = [error]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            left += each.__cause__, each.__context__
    return error


def _frames(error: BaseException) -> Iterator[tuple[CodeType, int]]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code, trace.tb_lineno
        trace = trace.tb_next
