"""How a function is made known to the interpreter: its Go signature and what it may cost.

A family module ends with `FUNCTIONS: Final[dict[str, Entry]]`, built from `Function` and `Refused`.
Implementations get plain Python values already converted to their `ParamKind` and raise
`FunctionError`/`GoPanic` with Go's text. They never change an argument unless `mutates` is set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from clusterimport.gotemplate.values import (
    MISSING,
    Int,
    IntSlice,
    ListSlice,
    NilIntSlice,
    NilList,
    NilListSlice,
    NilMap,
    NilStringMap,
    NilStringSlice,
    StringMap,
    StringSlice,
    Uint64,
)

__all__ = [
    "ANY",
    "BOOL",
    "FLOAT64",
    "INT",
    "INT64",
    "INTS",
    "LIST",
    "LISTS",
    "MAP",
    "STRING",
    "STRINGS",
    "STRING_MAP",
    "UINT64",
    "VALUE",
    "Entry",
    "Function",
    "Literal",
    "ParamKind",
    "Refused",
    "Special",
    "Structure",
]


class Literal(Enum):
    """Which literals Go lets stand for a parameter: its type decides, not the literal's."""

    NONE = "none"
    ANY = "any"
    BOOL = "bool"
    STRING = "string"
    INTEGER = "integer"
    UNSIGNED = "unsigned integer"
    FLOAT = "float"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class ParamKind:
    """The Go type of a parameter.

    `types` are the exact Python classes assignable to it (empty: everything). `nil` makes the
    value that a missing argument becomes; None where Go's type cannot be nil. `literal` is what
    constants in the template are read as.
    """

    go_type: str
    types: frozenset[type] = frozenset()
    nil: Callable[[], object] | None = None
    literal: Literal = Literal.NONE
    convert: Callable[[Any], object] | None = None
    """Makes the Python value of an integer literal (`Int`); None leaves it a plain int."""


def _none() -> None:
    return None


ANY: Final = ParamKind("interface {}", nil=_none, literal=Literal.ANY)
"""Go `interface{}`; missing and null arrive as None."""
VALUE: Final = ParamKind("reflect.Value", nil=lambda: MISSING, literal=Literal.ANY)
"""Go `reflect.Value`; MISSING and None stay apart."""
STRING: Final = ParamKind("string", frozenset({str}), literal=Literal.STRING)
BOOL: Final = ParamKind("bool", frozenset({bool}), literal=Literal.BOOL)
INT: Final = ParamKind("int", frozenset({Int}), literal=Literal.INTEGER, convert=Int)
INT64: Final = ParamKind("int64", frozenset({int}), literal=Literal.INTEGER)
UINT64: Final = ParamKind("uint64", frozenset({Uint64}), literal=Literal.UNSIGNED, convert=Uint64)
FLOAT64: Final = ParamKind("float64", frozenset({float}), literal=Literal.FLOAT)
MAP: Final = ParamKind("map[string]interface {}", frozenset[type]((dict, NilMap)), nil=NilMap)
"""Go `map[string]interface{}`; a missing argument arrives as `NilMap()`, null is an error."""
STRING_MAP: Final = ParamKind(
    "map[string]string", frozenset({StringMap, NilStringMap}), nil=NilStringMap
)
LIST: Final = ParamKind("[]interface {}", frozenset({list, NilList}), nil=NilList)
STRINGS: Final = ParamKind("[]string", frozenset({StringSlice, NilStringSlice}), nil=NilStringSlice)
LISTS: Final = ParamKind("[][]interface {}", frozenset({ListSlice, NilListSlice}), nil=NilListSlice)
INTS: Final = ParamKind("[]int", frozenset({IntSlice, NilIntSlice}), nil=NilIntSlice)


class Structure(Enum):
    """What a function's output is to the YAML document it is printed into."""

    SCALAR = "scalar"
    MAKES = "makes"
    """It is YAML or JSON itself: toYaml, toJson and their kin."""
    QUOTES = "quotes"
    """It is one text between quotes: quote, squote, printf "%q"."""
    KEEPS = "keeps"
    """It is what its last argument is, in another place: indent, nindent, trim."""


class Special(Enum):
    """The builtins that the interpreter itself evaluates."""

    NONE = "none"
    AND = "and"
    OR = "or"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Function:
    """One callable name and its Go signature.

    `impl` takes one argument per parameter, then the variadic ones. With `needs_meter` it takes
    the render's `Meter` first (`meter.spend(steps)`, `meter.size(bytes_or_items)`): everything
    whose result can be much larger than its arguments, or that descends into nested values.
    """

    name: str
    impl: Callable[..., Any]
    params: tuple[ParamKind, ...] = ()
    variadic: ParamKind | None = None
    needs_meter: bool = False
    mutates: bool = False
    structure: Structure = Structure.SCALAR
    special: Special = Special.NONE
    weight: int = 1
    """About how many microseconds a call with short arguments takes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A name that Go knows and this project refuses, with the reason told to the author."""

    name: str
    reason: str


Entry = Function | Refused
