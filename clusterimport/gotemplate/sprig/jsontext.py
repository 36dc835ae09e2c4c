"""The JSON family. All numbers that come from text are float64, as encoding/json makes them."""

import json
import math
from typing import Any, Final, NoReturn

from clusterimport.gotemplate.errors import LimitError
from clusterimport.gotemplate.functions import ANY, STRING, Entry, Function, Structure
from clusterimport.gotemplate.limits import Meter, charge_nested
from clusterimport.gotemplate.sprig.casing import REPLACEMENT, runes
from clusterimport.gotemplate.sprig.jsonerrors import syntax_error
from clusterimport.gotemplate.sprig.jsonwriter import write_json
from clusterimport.gotemplate.values import FunctionError

_INDENT: Final = "  "


def must_from_json(meter: Meter, text: str) -> Any:
    """Decode JSON.

    Raises:
        FunctionError: the text is no JSON, or has a number beyond float64.

    """
    meter.spend(4 + (len(text) >> 4))
    readable = runes(text)
    try:
        value = _DECODER.decode(readable)
    except RecursionError as error:
        raise LimitError(f"a value nested deeper than {meter.limits.value_depth}") from error
    except ValueError as error:
        raise FunctionError(syntax_error(text)) from error
    if readable.count("[") + readable.count("{") > meter.limits.value_depth:
        charge_nested(meter, value)
    # A lone surrogate can only come from an escape; elsewhere it would be taken for a byte.
    return _without_surrogates(value) if "\\ud" in readable.lower() else value


def from_json(meter: Meter, text: str) -> Any:
    """Decode JSON; nil if it is none."""
    try:
        return must_from_json(meter, text)
    except FunctionError:
        return None


def must_to_json(meter: Meter, value: Any) -> str:
    """Encode as JSON, with `<`, `>` and `&` escaped."""
    return write_json(meter, value)


def to_json(meter: Meter, value: Any) -> str:
    """Encode as JSON; an empty text if that is impossible."""
    try:
        return write_json(meter, value)
    except FunctionError:
        return ""


def must_to_pretty_json(meter: Meter, value: Any) -> str:
    """Encode as JSON with line breaks and two spaces per level."""
    return write_json(meter, value, indent=_INDENT)


def to_pretty_json(meter: Meter, value: Any) -> str:
    """Encode as indented JSON; an empty text if that is impossible."""
    try:
        return write_json(meter, value, indent=_INDENT)
    except FunctionError:
        return ""


def to_raw_json(meter: Meter, value: Any) -> str:
    """Encode as JSON without escaping `<`, `>` and `&`; fails like its `must` twin."""
    return write_json(meter, value, escape_html=False)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise FunctionError(f"json: cannot unmarshal number {digits} into Go value of type float64")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER: Final = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=_refuse_constant
)


def _without_surrogates(value: Any) -> Any:
    if type(value) is str:
        return "".join(REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in value)
    if type(value) is list:
        return [_without_surrogates(item) for item in value]
    if type(value) is dict:
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


_ENTRIES: Final = (
    Function("fromJson", from_json, (STRING,), needs_meter=True),
    Function("mustFromJson", must_from_json, (STRING,), needs_meter=True),
    *(
        Function(name, impl, (ANY,), needs_meter=True, structure=Structure.MAKES, weight=2)
        for name, impl in (
            ("toJson", to_json),
            ("mustToJson", must_to_json),
            ("toPrettyJson", to_pretty_json),
            ("mustToPrettyJson", must_to_pretty_json),
            ("toRawJson", to_raw_json),
            ("mustToRawJson", to_raw_json),
        )
    ),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
