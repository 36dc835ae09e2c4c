"""Writes values as JSON like Go's encoding/json: sorted keys, its escapes, its numbers."""

import math
from json.encoder import encode_basestring
from typing import Any, Final

from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import format_float
from clusterimport.gotemplate.sprig.casing import runes
from clusterimport.gotemplate.values import (
    FunctionError,
    GoObject,
    is_nil,
    sorted_keys,
    type_name,
)

__all__ = ["JsonRecord", "write_json"]

_HTML_ESCAPES: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_PLAIN_FROM: Final = 1e-6
_PLAIN_BELOW: Final = 1e21


class JsonRecord(GoObject):
    """A Go struct or pointer with a JSON form of its own."""

    __slots__ = ()

    def go_json(self) -> Any:
        """Return the value that stands for it in JSON; all fields unexported, that is nothing.

        Raises:
            FunctionError: it has none.

        """
        return {}


def write_json(meter: Meter, value: Any, *, escape_html: bool = True, indent: str = "") -> str:
    """Return the JSON text of a value.

    Raises:
        FunctionError: JSON has no such value (NaN, complex numbers).
        LimitError: the value is too large or too deep; a cyclic one is.

    """
    writer = _Writer(meter, escape_html=escape_html, indent=indent)
    writer.value(value, "\n", 0)
    return "".join(writer.parts)


class _Writer:
    def __init__(self, meter: Meter, *, escape_html: bool, indent: str) -> None:
        self.parts: list[str] = []
        self._meter = meter
        self._escape_html = escape_html
        self._indent = indent
        self._colon = ": " if indent else ":"

    def value(self, value: Any, newline: str, depth: int) -> None:
        kind = type(value)
        if kind is str:
            self.parts.append(self._string(value))
        elif kind is bool:
            self.parts.append("true" if value else "false")
        elif isinstance(value, dict):
            self._map(value, newline, depth)
        elif isinstance(value, list):
            self._list(value, newline, depth)
        elif is_nil(value):
            self.parts.append("null")
        elif kind is float:
            self.parts.append(_float(value))
        elif isinstance(value, JsonRecord):
            self.value(value.go_json(), newline, depth)
        elif isinstance(value, int):
            self.parts.append(int.__repr__(value))
        else:
            raise FunctionError(f"json: unsupported type: {type_name(value)}")

    def _string(self, text: str) -> str:
        if len(text) > 256:
            self._meter.spend(len(text) >> 8)
        escaped = encode_basestring(text)
        if self._escape_html:
            escaped = escaped.translate(_HTML_ESCAPES) if _has_html(escaped) else escaped
        if not escaped.isascii():
            escaped = runes(escaped).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return escaped

    def _map(self, mapping: dict[str, Any], newline: str, depth: int) -> None:
        if not mapping:
            self.parts.append("null" if is_nil(mapping) else "{}")
            return
        self._open(len(mapping), newline, depth)
        inner = newline + self._indent
        lead = "{" + inner if self._indent else "{"
        for key in sorted_keys(mapping):
            self.parts += (lead, self._string(key), self._colon)
            self.value(mapping[key], inner, depth + 1)
            lead = "," + inner if self._indent else ","
        self.parts.append(newline + "}" if self._indent else "}")

    def _list(self, items: list[Any], newline: str, depth: int) -> None:
        if not items:
            self.parts.append("null" if is_nil(items) else "[]")
            return
        self._open(len(items), newline, depth)
        inner = newline + self._indent
        lead = "[" + inner if self._indent else "["
        for item in items:
            self.parts.append(lead)
            self.value(item, inner, depth + 1)
            lead = "," + inner if self._indent else ","
        self.parts.append(newline + "]" if self._indent else "]")

    def _open(self, count: int, newline: str, depth: int) -> None:
        self._meter.descend(depth)
        # Deep recursion is several times dearer wherever Python's stack grows by another piece.
        self._meter.spend(4 + (count >> 1))
        if self._indent:
            self._meter.size(count * len(newline))


def _has_html(text: str) -> bool:
    return "<" in text or ">" in text or "&" in text


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise FunctionError(f"json: unsupported value: {format_float(value, 'g')}")
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return format_float(value, "f")
    text = format_float(value, "e")
    # Go cleans e-09 up to e-9, and only that.
    return text[:-2] + text[-1] if text[-4:-1] == "e-0" else text
