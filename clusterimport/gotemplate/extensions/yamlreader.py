"""`fromYaml`: one YAML document as data, if every reader would see the same data in it.

Only what YAML 1.1 and 1.2 read alike becomes a number, a boolean or null; all else stays text.
Aliases, tags, directives, duplicate and merge keys are refused, as is a second document. Errors
quote nothing of the text. What another reader would see in it does not matter: used is the data
read here, and the text is not passed on.
"""

import re
from typing import Any, Final

import yaml

from clusterimport.gotemplate.functions import STRING, Entry, Function
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.values import ConstantError, FunctionError
from clusterimport.libyaml import CSafeLoader

__all__ = ["FUNCTIONS"]

_NODE_STEPS: Final = 4
_CHARS_SHIFT: Final = 6
_INT64: Final = range(-(1 << 63), 1 << 63)
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# A leading zero is octal to some readers, so such a number is text.
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
_FLOAT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]{1,3})?")
_MERGE: Final = "<<"


def from_yaml(meter: Meter, text: str) -> Any:
    """Decode one document; nothing, or only comments, is nil.

    Whole numbers are int64, other numbers float64.

    Raises:
        FunctionError: the text is not such a document.
        LimitError: it is too large or nested too deeply.

    """
    meter.spend(_NODE_STEPS + (len(text) >> _CHARS_SHIFT))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ConstantError("yaml: bytes that are not UTF-8") from error
    try:
        return _Reader(meter, text).document()
    except yaml.MarkedYAMLError as error:
        raise _refused("not valid YAML", error.problem_mark or error.context_mark) from error
    except yaml.YAMLError as error:
        raise ConstantError("yaml: a character that YAML does not allow") from error


class _Reader:
    """Turns the events of one text into data."""

    def __init__(self, meter: Meter, text: str) -> None:
        self._meter = meter
        # Only its event parser is used; nothing is ever constructed.
        self._parser = CSafeLoader(text)

    def document(self) -> Any:
        self._next()  # the start of the stream
        start = self._next()
        if not isinstance(start, yaml.DocumentStartEvent):
            return None
        if start.version is not None or start.tags:
            raise _refused("a directive", start.start_mark)
        value = self._value(self._next(), 0)
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise _refused("a second document", after.start_mark)
        return value

    def _next(self) -> Any:
        self._meter.spend(_NODE_STEPS)
        return self._parser.get_event()

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refused("an anchor or alias", event.start_mark)
        if event.tag is not None:
            raise _refused("a tag", event.start_mark)
        self._meter.descend(depth)
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _resolved(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(depth)
        return self._map(depth)

    def _list(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _map(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            value = self._value(event, depth + 1)
            if value is None or not _is_name(event):
                raise _refused("a key that is not a plain name", event.start_mark)
            # JSON has texts for keys only, and so has Kubernetes.
            if event.value in found:
                raise _refused("the same key twice", event.start_mark)
            found[event.value] = self._value(self._next(), depth + 1)
        return found


def _is_name(event: Any) -> bool:
    return isinstance(event, yaml.ScalarEvent) and (bool(event.style) or event.value != _MERGE)


def _resolved(text: str) -> Any:
    """Return what an unquoted scalar means."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        number = int(text)
        return number if number in _INT64 else float(number)
    return float(text) if _FLOAT.fullmatch(text) else text


def _refused(what: str, mark: Any) -> FunctionError:
    place = f"line {mark.line + 1}: " if mark is not None else ""
    return FunctionError(f"yaml: {place}{what}")


_ENTRIES: Final = (Function("fromYaml", from_yaml, (STRING,), needs_meter=True, weight=10),)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
