"""From the fields of one log line to its text: JSON for machines, or a line for people.

A line is always one line, and printable: names come from clusters, and a terminal obeys what it is
sent. Neither form can fail.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from clusterimport.observability.redaction import REDACTED, clean, is_secret_key

Fields = Mapping[str, Any]
Renderer = Callable[[Fields], str]

FIRST = ("ts", "level", "msg", "logger")
"""Fields of every line, in this order; the others follow as they were given."""


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
