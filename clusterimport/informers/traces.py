"""Where a bug happened, in words that cannot hold an object's content.

A traceback's last line is the exception's text, and that of a KeyError or ValueError quotes the
value at hand. Objects hold credentials, so only class, file and line are logged.
"""

import traceback


def where(error: BaseException) -> str:
    """Name the class of an exception and the place that raised it."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(where(inner) for inner in error.exceptions)
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    places = (f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-3:])
    return f"{type(error).__name__} at {' > '.join(places)}"
