"""The functions of text/template itself: logic, comparison, indexing, printing, escaping."""

from typing import Any, Final
from urllib.parse import quote_plus

from clusterimport.gotemplate.functions import ANY, STRING, VALUE, Entry, Function, Special
from clusterimport.gotemplate.gostrings import byte_len, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import display, is_print, sprint, sprintf, sprintln
from clusterimport.gotemplate.values import (
    MISSING,
    ConstantError,
    FunctionError,
    Int,
    StringMap,
    Uint8,
    is_nil,
    kind_of,
    type_name,
)

__all__ = ["BUILTINS"]

_BASIC_KINDS: Final = {
    "bool": "bool",
    "int": "int",
    "int8": "int",
    "int16": "int",
    "int32": "int",
    "int64": "int",
    "uint": "uint",
    "uint8": "uint",
    "uint16": "uint",
    "uint32": "uint",
    "uint64": "uint",
    "float32": "float",
    "float64": "float",
    "complex64": "complex",
    "complex128": "complex",
    "string": "string",
}
_INTEGERS: Final = frozenset({"int", "uint"})
_COMPARABLE_KINDS: Final = frozenset({"ptr", "struct"})


def _bare(value: Any) -> Any:
    return MISSING if value is None else value


def _basic(value: Any) -> str | None:
    return _BASIC_KINDS.get(kind_of(value))


def equal(first: Any, *others: Any) -> bool:
    """Tell whether the first equals one of the others; stops at the first that does."""
    if type(first) is str and len(others) == 1 and type(others[0]) is str:
        return first == others[0]
    first = _bare(first)
    if not others:
        raise ConstantError("missing argument for comparison")
    return any(_equal(first, _bare(other)) for other in others)


def _equal(left: Any, right: Any) -> bool:
    left_basic = _basic(left)
    right_basic = _basic(right)
    if left_basic != right_basic:
        if {left_basic, right_basic} == _INTEGERS:
            return int(left) == int(right)
        if left is MISSING or right is MISSING:
            return False
        raise _incompatible(left, right)
    if left_basic is not None:
        return bool(left == right)
    left_kind = kind_of(left)
    right_kind = kind_of(right)
    if left_kind != right_kind and left is not MISSING and right is not MISSING:
        raise FunctionError(
            f"non-comparable types {sprintf('%s', [left])}: {type_name(left)}, "
            f"{type_name(right)}: {display(right)}",
            safe=f"non-comparable types {type_name(left)}, {type_name(right)}",
        )
    if is_nil(left) or is_nil(right):
        return is_nil(left) == is_nil(right)
    if right_kind not in _COMPARABLE_KINDS:
        raise FunctionError(
            f"non-comparable type {sprintf('%s', [right])}: {type_name(right)}",
            safe=f"non-comparable type {type_name(right)}",
        )
    if right_kind == "ptr":
        return left is right
    return type(left) is type(right) and bool(left == right)


def _incompatible(left: Any, right: Any) -> FunctionError:
    return ConstantError(
        f"incompatible types for comparison: {type_name(left)} and {type_name(right)}"
    )


def not_equal(left: Any, right: Any) -> bool:
    """Tell whether the two differ."""
    return not equal(left, right)


def less(left: Any, right: Any) -> bool:
    """Compare two numbers of one kind, or two strings by their bytes."""
    left_basic = _basic(left)
    right_basic = _basic(right)
    if left_basic is None or right_basic is None:
        raise ConstantError("invalid type for comparison")
    if left_basic != right_basic:
        if {left_basic, right_basic} != _INTEGERS:
            raise _incompatible(left, right)
    elif left_basic in {"bool", "complex"}:
        raise ConstantError("invalid type for comparison")
    if left_basic == "string" and not (left.isascii() and right.isascii()):
        return to_bytes(left) < to_bytes(right)
    return bool(left < right)


def less_or_equal(left: Any, right: Any) -> bool:
    """Compare as `lt`, then as `eq`."""
    return less(left, right) or equal(left, right)


def greater(left: Any, right: Any) -> bool:
    """Return the contrary of `le`; NaN is thus greater than anything."""
    return not less_or_equal(left, right)


def greater_or_equal(left: Any, right: Any) -> bool:
    """Return the contrary of `lt`."""
    return not less(left, right)


def negate(value: Any) -> bool:
    """Tell whether the value is false, zero, empty or missing."""
    return not value


def length(value: Any) -> Int:
    """Return the bytes of a string, the items of a list or map."""
    if value is None:
        raise ConstantError("len of nil pointer")
    if value is MISSING:
        raise ConstantError("reflect: call of reflect.Value.Type on zero Value")
    if type(value) is str:
        return Int(byte_len(value))
    if isinstance(value, (list, dict)):
        return Int(len(value))
    raise ConstantError(f"len of type {_pointed_to(value)}")


def index(value: Any, *indexes: Any) -> Any:
    """Return `value[i][j]...`; a key that a map does not have gives its zero value."""
    item = _bare(value)
    if item is MISSING:
        raise ConstantError("index of untyped nil")
    for position in indexes:
        item = _indexed(item, _bare(position))
    return item


def _indexed(item: Any, position: Any) -> Any:
    if item is None:
        raise ConstantError("index of nil pointer")
    if isinstance(item, dict):
        key = _map_key(position)
        missing = "" if isinstance(item, StringMap) else None
        return item.get(key, missing)
    if type(item) is str:
        data = to_bytes(item)
        return Uint8(data[_position(position, len(data), "string")])
    if isinstance(item, list):
        return item[_position(position, len(item), "slice")]
    raise ConstantError(f"can't index item of type {_pointed_to(item)}")


def _map_key(position: Any) -> str:
    if position is MISSING:
        raise ConstantError("value is nil; should be of type string")
    if type(position) is not str:
        raise ConstantError(f"value has type {type_name(position)}; should be string")
    return position


def _position(position: Any, size: int, kind: str) -> int:
    if position is MISSING:
        raise ConstantError("cannot index slice/array with nil")
    if _basic(position) not in _INTEGERS:
        raise ConstantError(f"cannot index slice/array with type {type_name(position)}")
    number = int(position)
    if number < 0 or number > size:
        raise FunctionError(f"index out of range: {number}", safe="index out of range")
    if number == size:
        raise ConstantError(f"reflect: {kind} index out of range")
    return number


def _pointed_to(value: Any) -> str:
    return type_name(value).removeprefix("*")


def call(name: str, function: Any, *_args: Any) -> Any:
    """Refuse: templates of this project hold no function values."""
    if _bare(function) is MISSING:
        raise ConstantError("call of nil")
    raise ConstantError(f"non-function {name} of type {type_name(function)}")


def print_(meter: Meter, *values: Any) -> str:
    """Return fmt.Sprint."""
    return sprint(values, meter)


def println(meter: Meter, *values: Any) -> str:
    """Return fmt.Sprintln."""
    return sprintln(values, meter)


def printf(meter: Meter, template: str, *values: Any) -> str:
    """Return fmt.Sprintf."""
    return sprintf(template, values, meter)


def _text_of(meter: Meter, values: tuple[Any, ...]) -> str:
    if len(values) == 1 and type(values[0]) is str:
        return values[0]
    return sprint(["<no value>" if value is None else value for value in values], meter)


_HTML: Final = str.maketrans(
    {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_JS: Final = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}
_BYTE_SURROGATES: Final = range(0xDC80, 0xDD00)
_CHARS_PER_STEP: Final = 16
_LOOPED_PER_STEP: Final = 2


def html(meter: Meter, *values: Any) -> str:
    """Escape for HTML."""
    text = _text_of(meter, values)
    meter.spend(len(text) // _CHARS_PER_STEP)
    return text.translate(_HTML)


def js(meter: Meter, *values: Any) -> str:
    """Escape for a JavaScript string."""
    text = _text_of(meter, values)
    meter.spend(len(text) // _LOOPED_PER_STEP)
    return "".join(map(_js_char, text))


def _js_char(char: str) -> str:
    if char in _JS:
        return _JS[char]
    if char < " ":
        return f"\\u00{ord(char):02X}"
    if char < "\x80":
        return char
    if ord(char) in _BYTE_SURROGATES:
        # Go decodes a stray byte as U+FFFD, prints that rune's test, and copies the byte.
        return char
    return char if is_print(char) else f"\\u{ord(char):04X}"


def urlquery(meter: Meter, *values: Any) -> str:
    """Escape for the query of a URL."""
    text = _text_of(meter, values)
    meter.spend(len(text) // _LOOPED_PER_STEP)
    return quote_plus(to_bytes(text), safe="-_.~")


_FUNCTIONS: Final = (
    Function("and", negate, (VALUE,), VALUE, special=Special.AND),
    Function("or", negate, (VALUE,), VALUE, special=Special.OR),
    Function("not", negate, (VALUE,)),
    Function("call", call, (VALUE,), VALUE, special=Special.CALL),
    Function("eq", equal, (VALUE,), VALUE),
    Function("ne", not_equal, (VALUE, VALUE)),
    Function("lt", less, (VALUE, VALUE), weight=2),
    Function("le", less_or_equal, (VALUE, VALUE), weight=2),
    Function("gt", greater, (VALUE, VALUE), weight=2),
    Function("ge", greater_or_equal, (VALUE, VALUE), weight=2),
    Function("index", index, (VALUE,), VALUE, weight=2),
    Function("len", length, (VALUE,)),
    Function("print", print_, (), ANY, needs_meter=True, weight=2),
    Function("printf", printf, (STRING,), ANY, needs_meter=True, weight=3),
    Function("println", println, (), ANY, needs_meter=True, weight=2),
    Function("html", html, (), ANY, needs_meter=True, weight=2),
    Function("js", js, (), ANY, needs_meter=True, weight=2),
    Function("urlquery", urlquery, (), ANY, needs_meter=True, weight=3),
)

BUILTINS: Final[dict[str, Entry]] = {function.name: function for function in _FUNCTIONS}
