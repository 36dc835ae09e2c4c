"""How Go's values look in Python, and what the interpreter may ask of any of them.

Plain JSON types stand for what Kubernetes decodes into: `int` is int64, `dict` is
map[string]interface{}. Everything Go keeps apart and Python does not is a small subclass here,
so the type of a value is always its exact class: compare with `type(v) is`, never isinstance
(bool is an int in Python, and `Int` is one too).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple

from clusterimport.gotemplate.errors import ConstantError, FunctionError, GoPanic
from clusterimport.gotemplate.limits import Meter

__all__ = [
    "MISSING",
    "ConstantError",
    "FunctionError",
    "GoObject",
    "GoPanic",
    "Int",
    "Int32",
    "IntSlice",
    "ListSlice",
    "Missing",
    "NilIntSlice",
    "NilList",
    "NilListSlice",
    "NilMap",
    "NilPointer",
    "NilStringMap",
    "NilStringSlice",
    "StringMap",
    "StringSlice",
    "Uint8",
    "Uint64",
    "copied",
    "deep_equal",
    "is_nil",
    "kind_of",
    "type_name",
    "wrap_int64",
]


class Missing:
    """Type of `MISSING`: Go's invalid reflect.Value, printed as `<no value>`.

    An explicit null read straight through a field chain is None instead: Go's interface-typed
    nil, which fails where MISSING is silent.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<no value>"


MISSING: Final = Missing()


class Int(int):
    """Go `int`: literals, `len`, `int`, `until`; data is int64, a plain Python int."""

    __slots__ = ()


class Int32(int):
    """Go `int32`."""

    __slots__ = ()


class Uint64(int):
    """Go `uint64`."""

    __slots__ = ()


class Uint8(int):
    """Go `uint8`: what indexing a string gives."""

    __slots__ = ()


class StringSlice(list[str]):
    """Go `[]string`."""

    __slots__ = ()


class IntSlice(list[int]):
    """Go `[]int`; the elements are `Int`."""

    __slots__ = ()


class ListSlice(list[Any]):
    """Go `[][]interface{}`, what `chunk` gives."""

    __slots__ = ()


class NilList(list[Any]):
    """A nil `[]interface{}`: empty, equal to nil, `null` in JSON."""

    __slots__ = ()


class NilStringSlice(StringSlice):
    """A nil `[]string`."""

    __slots__ = ()


class NilIntSlice(IntSlice):
    """A nil `[]int`."""

    __slots__ = ()


class NilListSlice(ListSlice):
    """A nil `[][]interface{}`."""

    __slots__ = ()


class StringMap(dict[str, str]):
    """Go `map[string]string`, what `split` gives."""

    __slots__ = ()


class NilMap(dict[str, Any]):
    """A nil `map[string]interface{}`: reads as empty, refuses writes (the writer checks)."""

    __slots__ = ()


class NilStringMap(StringMap):
    """A nil `map[string]string`."""

    __slots__ = ()


class GoObject:
    """Base of Go values with a type of their own (time.Time, *semver.Version, time.Duration).

    May be mixed with `int` for named number types. Methods are `Function` entries whose
    implementation takes the receiver first; `params` do not count it.
    """

    __slots__ = ()

    go_type_name: ClassVar[str]
    go_kind: ClassVar[str] = "struct"
    go_methods: ClassVar[Mapping[str, Any]] = {}
    """Name to `functions.Function`."""
    go_unexported: ClassVar[frozenset[str]] = frozenset()
    """Names of the unexported struct fields, for Go's error text."""

    def go_string(self) -> str | None:
        """Return what String() gives, or None if the Go type has no such method."""
        return None

    def go_syntax(self) -> str | None:
        """Return what GoString() gives (`%#v`), or None if the Go type has no such method."""
        return None

    def go_fields(self) -> Sequence[tuple[str, Any]]:
        """Return the struct's fields (name, value), for verbs that String() does not serve."""
        return ()

    def go_equal(self, other: object) -> bool:
        """Tell whether reflect.DeepEqual holds."""
        return self == other


class NilPointer(NamedTuple):
    """A field of a struct that points to nothing."""

    go_type_name: str


_TYPE_NAMES: Final[dict[type, str]] = {
    Missing: "<nil>",
    type(None): "<nil>",
    bool: "bool",
    int: "int64",
    Int: "int",
    Int32: "int32",
    Uint64: "uint64",
    Uint8: "uint8",
    float: "float64",
    complex: "complex128",
    str: "string",
    list: "[]interface {}",
    NilList: "[]interface {}",
    StringSlice: "[]string",
    NilStringSlice: "[]string",
    IntSlice: "[]int",
    NilIntSlice: "[]int",
    ListSlice: "[][]interface {}",
    NilListSlice: "[][]interface {}",
    dict: "map[string]interface {}",
    NilMap: "map[string]interface {}",
    StringMap: "map[string]string",
    NilStringMap: "map[string]string",
}

_KINDS: Final[dict[type, str]] = {
    Missing: "invalid",
    type(None): "invalid",
    bool: "bool",
    int: "int64",
    Int: "int",
    Int32: "int32",
    Uint64: "uint64",
    Uint8: "uint8",
    float: "float64",
    complex: "complex128",
    str: "string",
    list: "slice",
    NilList: "slice",
    StringSlice: "slice",
    NilStringSlice: "slice",
    IntSlice: "slice",
    NilIntSlice: "slice",
    ListSlice: "slice",
    NilListSlice: "slice",
    dict: "map",
    NilMap: "map",
    StringMap: "map",
    NilStringMap: "map",
}

_NIL_TYPES: Final = frozenset(
    {
        Missing,
        type(None),
        NilList,
        NilStringSlice,
        NilIntSlice,
        NilListSlice,
        NilMap,
        NilStringMap,
    }
)


def type_name(value: object) -> str:
    """Return Go's `%T`: `int64`, `map[string]interface {}`, `*semver.Version`, `<nil>`."""
    name = _TYPE_NAMES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, GoObject):
        return value.go_type_name
    raise TypeError(f"no Go value: {type(value)}")


def kind_of(value: object) -> str:
    """Return the name of Go's reflect.Kind: `slice`, `map`, `ptr`, `invalid` for nil."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    if isinstance(value, GoObject):
        return value.go_kind
    raise TypeError(f"no Go value: {type(value)}")


def is_nil(value: object) -> bool:
    """Tell whether Go calls it nil: no value, null, a nil slice or a nil map."""
    return type(value) in _NIL_TYPES


def copied(meter: Meter, value: Any) -> Any:
    """Return plain data again in new maps and lists, so that a function may change it."""
    if type(value) is dict:
        meter.spend(1 + (len(value) >> 2))
        return {key: copied(meter, item) for key, item in value.items()}
    if type(value) is list:
        meter.spend(1 + (len(value) >> 2))
        return [copied(meter, item) for item in value]
    return value


def wrap_int64(number: int) -> int:
    """Let a result wrap around at 64 bits, as Go's int64 arithmetic does."""
    return (number + 0x8000000000000000 & 0xFFFFFFFFFFFFFFFF) - 0x8000000000000000


def deep_equal(left: object, right: object) -> bool:
    """Tell whether reflect.DeepEqual holds: types must match, NaN differs from itself."""
    if type(left) is not type(right):
        return (left is None or left is MISSING) and (right is None or right is MISSING)
    if isinstance(left, dict) and isinstance(right, dict):
        return left is right or (
            len(left) == len(right)
            and all(key in right and deep_equal(left[key], right[key]) for key in left)
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(deep_equal, left, right))
    if isinstance(left, GoObject):
        return left.go_equal(right)
    return left == right
