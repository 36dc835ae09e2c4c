"""Writes values as JSON like Go's encoding/json: sorted keys, its escapes, its numbers."""

import math
from collections.abc import Iterator
from itertools import repeat
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

from clusterimport.gotemplate.gostrings import sorted_keys, stray_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import format_float
from clusterimport.gotemplate.sprig.casing import runes
from clusterimport.gotemplate.values import (
    ConstantError,
    FunctionError,
    GoObject,
    is_nil,
    type_name,
)

__all__ = ["JsonRecord", "write_json"]

_HTML_ESCAPES: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_ESCAPE_GROWTH: Final = 5
_FREE: Final = 16
_CHARS_SHIFT: Final = 7
_ESCAPES_SHIFT: Final = 5
_STRAY_SHIFT: Final = 3
_FLOAT_STEPS: Final = 3
_RECORD_STEPS: Final = 10
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
    writer.write(value)
    return "".join(writer.parts)


class _Writer:
    """Writes one value without recursion: calls are dear wherever Python's stack has to grow."""

    def __init__(self, meter: Meter, *, escape_html: bool, indent: str) -> None:
        self.parts: list[str] = []
        self._meter = meter
        self._escape_html = escape_html
        self._indent = indent
        self._colon = ": " if indent else ":"
        self._levels: list[_Level] = []

    def write(self, value: Any) -> None:
        parts = self.parts
        levels = self._levels
        self._put(value)
        while levels:
            entries, between, end = levels[-1]
            for key, item in entries:
                if key is not None:
                    parts += (self._string(key), self._colon)
                if self._put(item):
                    break
                parts.append(between)
            else:
                levels.pop()
                # What follows the last item is not needed; a level has at least one.
                parts[-1] = end
                if levels:
                    parts.append(levels[-1].between)

    def _put(self, value: Any) -> bool:
        """Write a value, of a list or map only its beginning; tell whether items follow."""
        while isinstance(value, JsonRecord):
            self._meter.spend(_RECORD_STEPS)
            value = value.go_json()
        if isinstance(value, (dict, list)):
            if value:
                self._open(value)
                return True
            text = "null" if is_nil(value) else "{}" if isinstance(value, dict) else "[]"
        else:
            text = self._scalar(value)
        self.parts.append(text)
        return False

    def _open(self, value: dict[str, Any] | list[Any]) -> None:
        depth = len(self._levels)
        self._meter.descend(depth)
        self._meter.spend(3 + len(value))
        newline = inner = ""
        if self._indent:
            newline = "\n" + self._indent * depth
            inner = newline + self._indent
            self._meter.size(len(value) * len(inner))
        between = "," + inner
        if isinstance(value, dict):
            self.parts.append("{" + inner)
            keys = sorted_keys(value)
            entries: _Entries = zip(keys, map(value.__getitem__, keys), strict=True)
            self._levels.append(_Level(entries, between, newline + "}"))
        else:
            self.parts.append("[" + inner)
            entries = zip(repeat(None), value, strict=False)
            self._levels.append(_Level(entries, between, newline + "]"))

    def _scalar(self, value: Any) -> str:
        kind = type(value)
        if kind is str:
            return self._string(value)
        if kind is bool:
            return "true" if value else "false"
        if is_nil(value):
            return "null"
        if kind is float:
            self._meter.spend(_FLOAT_STEPS)
            return _float(value)
        if isinstance(value, int):
            return int.__repr__(value)
        raise ConstantError(f"json: unsupported type: {type_name(value)}")

    def _string(self, text: str) -> str:
        if len(text) > _FREE:
            self._meter.spend(len(text) >> _CHARS_SHIFT)
        escaped = encode_basestring(text)
        if self._escape_html and _has_html(escaped):
            count = sum(map(escaped.count, _HTML_ESCAPES))
            self._meter.spend(1 + (count >> _ESCAPES_SHIFT))
            self._meter.size(len(escaped) + _ESCAPE_GROWTH * count)
            for char, escape in _HTML_ESCAPES.items():
                escaped = escaped.replace(char, escape)
        if not escaped.isascii():
            self._meter.spend(stray_bytes(text) >> _STRAY_SHIFT)
            escaped = runes(escaped).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return escaped


_Entries = Iterator[tuple[str | None, Any]]


class _Level(NamedTuple):
    """A list or map being written: what is left of it, and what to write between and after."""

    entries: _Entries
    between: str
    end: str


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
