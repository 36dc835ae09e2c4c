"""Exceptions as a log may show them: class and place, and text only where it is known to be safe.

The text of an exception we did not raise may quote what it was about: a parser its document, the
server a refused value. Local variables are never looked at.
"""

from collections.abc import Iterator
from typing import Any

from clusterimport import errors
from clusterimport.limits.logs import LOG_ERRORS
from clusterimport.traces import stack_of


def text_of(error: BaseException) -> str:
    """Return what may be said about an error: its own safe text, else its class.

    Errors of ours are safe unless they carry a ``safe_message`` beside a text that is not.
    """
    if isinstance(error, errors.ClusterImportError):
        safe = getattr(error, "safe_message", None)
        return safe if isinstance(safe, str) else str(error)
    return type(error).__name__


def describe(error: BaseException) -> dict[str, Any]:
    """Return the fields of a log line that describe an error, its place and its causes."""
    fields: dict[str, Any] = {
        "error_class": type(error).__name__,
        "stack": stack_of(error),
    }
    if isinstance(error, errors.ClusterImportError):
        fields["error"] = text_of(error)
    causes = [_told(cause) for cause in _causes(error)]
    if causes:
        fields["caused_by"] = causes
    if isinstance(error, BaseExceptionGroup):
        fields["errors"] = [describe(inner) for inner in error.exceptions[:LOG_ERRORS]]
    return fields


def _told(error: BaseException) -> str:
    name, text = type(error).__name__, text_of(error)
    return name if text == name else f"{name}: {text}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(LOG_ERRORS):
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        if cause is None:
            return
        yield cause
        error = cause
