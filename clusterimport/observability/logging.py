"""Where every log line of the process goes through: our own, and those of libraries.

Lines below the level cost one empty method. Of a library's line only the constant part is shown:
its arguments are data, and debug lines of HTTP clients print headers and bodies.

A line becomes JSON for machines, or a text for people. It is always one line, and printable: names
come from clusters, and a terminal obeys what it is sent. Neither form can fail.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

import structlog

from clusterimport.observability.redaction import REDACTED, clean, describe, is_secret_key

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_LIBRARY_LEVEL = logging.WARNING
"""The least that libraries may say, whatever our own level is."""
_TRUSTED_LIBRARIES = ("asyncio", "aiohttp")
"""Their texts begin with constant words; others may log the text of an exception as it is."""
_UNSAID = "message of a library"

Fields = Mapping[str, Any]
Renderer = Callable[[Fields], str]

FIRST = ("ts", "level", "msg", "logger")
"""Fields of every line, in this order; the others follow as they were given."""


def configure_logging(*, level: str, json: bool, stream: TextIO | None = None) -> None:
    """Send all logs to ``stream``, standard error by default; called once, at start.

    Args:
        level: the least that is logged, one of LEVELS.
        json: one JSON object per line (``ts``, ``level``, ``msg``, ``logger``, …), else text.
        stream: where to; a stream that fails loses lines, and stops nothing.

    """
    writer = _Writer(stream or sys.stderr, to_json if json else to_text)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _finish],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=writer.logger,
        # Loggers are module constants: decided once which of their methods do nothing.
        cache_logger_on_first_use=True,
    )
    _bridge_libraries(writer, max(LEVELS[level], _LIBRARY_LEVEL))
    _catch_uncaught()


class _Writer:
    """The end of the way: one stream, one form."""

    def __init__(self, stream: TextIO, render: Renderer) -> None:
        self._stream = stream
        self._render = render

    def logger(self, name: str = "", *_: Any) -> "_Logger":
        """Return what structlog calls a logger: named, with one method per level."""
        return _Logger(self, name)

    def write(self, fields: Mapping[str, Any]) -> None:
        """Write one line."""
        try:
            self._stream.write(self._render(fields) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # A closed pipe or a full disk: there is nobody left to tell.
            return


class _Logger:
    """The innermost object of structlog's; every level is the same to it."""

    def __init__(self, writer: _Writer, name: str) -> None:
        self.name = name
        self._writer = writer

    def msg(self, **fields: Any) -> None:
        """Write one line."""
        self._writer.write(fields)

    debug = info = warning = error = critical = fatal = exception = log = msg


def _finish(logger: _Logger, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Put what belongs to every line in front of what the caller said."""
    fields: dict[str, Any] = {
        "ts": _timestamp(),
        "level": "error" if method == "exception" else method,
        "msg": event.pop("event", ""),
        "logger": logger.name,
    }
    error = event.pop("exc_info", None)
    event.pop("stack_info", None)
    # A caller's field never takes the place of one of ours.
    fields.update((key if key not in fields else f"{key}_", value) for key, value in event.items())
    if error:
        fields.update(_described(error))
    return fields


class _LibraryHandler(logging.Handler):
    """Turns a record of the standard library's logging into one of our lines."""

    def __init__(self, writer: _Writer, level: int) -> None:
        super().__init__(level)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {
            "ts": _timestamp(),
            "level": record.levelname.lower(),
            "msg": _constant_part(record),
            "logger": record.name,
            "place": f"{record.pathname}:{record.lineno} {record.funcName}",
            **structlog.contextvars.get_contextvars(),
        }
        if record.exc_info:
            fields.update(_described(record.exc_info))
        self._writer.write(fields)


def _constant_part(record: logging.LogRecord) -> str:
    """Return the text without what was put into it."""
    text = str(record.msg).partition("\n")[0]
    if record.args:
        return text
    if record.name.partition(".")[0] not in _TRUSTED_LIBRARIES:
        return _UNSAID
    # What was put in is quoted or stands in brackets: reprs of tasks, callbacks and exceptions.
    for mark in "(<[{'\"":
        text = text.partition(mark)[0]
    return text.strip()


def _described(error: Any) -> dict[str, Any]:
    """Describe what ``exc_info`` of either logging may be."""
    if isinstance(error, tuple):
        error = error[1]
    elif not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    return describe(error) if isinstance(error, BaseException) else {}


def _timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _bridge_libraries(writer: _Writer, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [_LibraryHandler(writer, level)]
    root.setLevel(level)


def _catch_uncaught() -> None:
    """Keep the interpreter from printing exceptions by itself, with their texts."""
    log = structlog.get_logger(__name__)

    def uncaught(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught exception", exc_info=error.with_traceback(traceback))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        log.critical("uncaught exception in a thread", exc_info=args.exc_value)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("exception ignored", exc_info=args.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def cleaned(fields: Fields) -> dict[str, Any]:
    """Return the fields in order, without credentials, and with values that JSON can carry."""
    return {
        str(key): REDACTED if is_secret_key(str(key)) else clean(fields[key])
        for key in (
            *(key for key in FIRST if key in fields),
            *(key for key in fields if key not in FIRST),
        )
    }


def to_json(fields: Fields) -> str:
    """Return one JSON object; everything beyond ASCII is escaped."""
    return json.dumps(cleaned(fields))


def to_text(fields: Fields) -> str:
    """Return time, level and event, then ``key=value`` for the rest."""
    line = cleaned(fields)
    head = [str(line.pop(key, "")) for key in ("ts", "level", "msg")]
    rest = [f"{_printable(key)}={_value(value)}" for key, value in line.items()]
    return " ".join([head[0], head[1].upper().ljust(7), _printable(head[2]), *rest])


def _printable(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


def _value(value: Any) -> str:
    if isinstance(value, str) and value and value.isprintable() and not set(value) & set(' "='):
        return value
    return json.dumps(value)
