"""`toYaml`: YAML that every reader reads as the same data, and that is always the same text.

Keys are sorted; what another reader could take for a number, a boolean, null or a date is
between quotes. libyaml writes the text from events, so that there are no anchors and no tags.
"""

import io
import math
import re
from typing import Any, Final

import yaml

from clusterimport.gotemplate.functions import ANY, Entry, Function, Structure
from clusterimport.gotemplate.gostrings import sorted_keys, stray_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.casing import runes
from clusterimport.gotemplate.sprig.jsonwriter import JsonRecord
from clusterimport.gotemplate.values import ConstantError, is_nil, type_name
from clusterimport.libyaml import CSafeDumper

__all__ = ["FUNCTIONS"]

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS: Final = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan")
)
_NODE_STEPS: Final = 3
_CHARS_SHIFT: Final = 6
_STRAY_SHIFT: Final = 3
_UNLIMITED_WIDTH: Final = -1
# libyaml ends a document that is one unquoted text with a line of its own; no value is such a line.
_OPEN_END: Final = "\n...\n"


def to_yaml(meter: Meter, value: Any) -> str:
    """Encode as YAML in block style, without a line break at the end.

    Raises:
        FunctionError: JSON, which YAML is read as, has no such value (NaN, complex numbers).
        LimitError: the value is too large or too deep; a cyclic one is.

    """
    stream = io.StringIO()
    writer = _Writer(meter, CSafeDumper(stream, width=_UNLIMITED_WIDTH, allow_unicode=True))
    writer.document(value)
    text = stream.getvalue().removesuffix(_OPEN_END)
    meter.size(len(text))
    return text.rstrip("\n")


class _Writer:
    """Sends the events of one value to an emitter."""

    def __init__(self, meter: Meter, emitter: CSafeDumper) -> None:
        self._meter = meter
        self._emit = emitter.emit

    def document(self, value: Any) -> None:
        emit = self._emit
        emit(yaml.StreamStartEvent())
        emit(yaml.DocumentStartEvent(explicit=False))
        self._value(value, 0)
        emit(yaml.DocumentEndEvent(explicit=False))
        emit(yaml.StreamEndEvent())

    def _value(self, value: Any, depth: int) -> None:
        self._meter.spend(_NODE_STEPS + (depth >> 3))
        while isinstance(value, JsonRecord):
            value = value.go_json()
        if is_nil(value):
            self._scalar("null")
        elif isinstance(value, dict):
            self._meter.descend(depth)
            self._emit(yaml.MappingStartEvent(anchor=None, tag=None, implicit=True))
            for key in sorted_keys(value):
                self._text(key)
                self._value(value[key], depth + 1)
            self._emit(yaml.MappingEndEvent())
        elif isinstance(value, list):
            self._meter.descend(depth)
            self._emit(yaml.SequenceStartEvent(anchor=None, tag=None, implicit=True))
            for item in value:
                self._value(item, depth + 1)
            self._emit(yaml.SequenceEndEvent())
        elif type(value) is str:
            self._text(value)
        else:
            self._scalar(_literal(value))

    def _text(self, text: str) -> None:
        self._meter.spend(_NODE_STEPS + (len(text) >> _CHARS_SHIFT))
        self._meter.spend(stray_bytes(text) >> _STRAY_SHIFT)
        text = runes(text)
        is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
        self._scalar(text, "" if is_plain else '"')

    def _scalar(self, text: str, style: str = "") -> None:
        self._emit(
            yaml.ScalarEvent(anchor=None, tag=None, implicit=(True, True), value=text, style=style)
        )


def _literal(value: Any) -> str:
    """Return the text of a boolean or number."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float:
        if not math.isfinite(value):
            raise ConstantError("unsupported value: not a finite number")
        # Only with a point YAML 1.1 takes an exponent for a number.
        mantissa, mark, exponent = repr(value).partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}{mark}{exponent}"
    if isinstance(value, int):
        return int.__repr__(value)
    raise ConstantError(f"unsupported type: {type_name(value)}")


_ENTRIES: Final = (
    Function("toYaml", to_yaml, (ANY,), needs_meter=True, structure=Structure.MAKES, weight=20),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
