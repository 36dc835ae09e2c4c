"""Print any value under any verb, as Go's fmt does: never an error, bad verbs are text."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any, Final

from clusterimport.gotemplate.gostrings import joined, sorted_keys
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf.spec import Spec
from clusterimport.gotemplate.values import (
    MISSING,
    GoObject,
    Int,
    NilPointer,
    Uint8,
    Uint64,
    is_nil,
    type_name,
)

__all__ = ["Printer"]

_FLOAT_PRECISION: Final = 6
_FLOAT_STEPS: Final = 4
_OBJECT_STEPS: Final = 10
_INTEGER_BASES: Final = {"d": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16, "v": 10}
_COMPLEX_VERBS: Final = "vbgGxXfFeE"
_PLAIN_INTS: Final = frozenset({int, Int})
_STRING_VERBS: Final = "vsxXq"
_ADDRESS_VERBS: Final = "bodxX"


class Printer:
    """The text printed so far and the flags of the directive being printed."""

    __slots__ = ("_erroring", "meter", "parts", "spec")

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.spec = Spec(meter)
        self.parts: list[str] = []
        self._erroring = False

    def text(self) -> str:
        """Return everything printed."""
        return joined("".join(self.parts))

    def argument(self, value: Any, verb: str = "v") -> None:
        """Print one argument of print or printf."""
        if value is None or value is MISSING:
            if verb in "Tv":
                self.parts.append(self.spec.pad("<nil>"))
            else:
                self.parts.append(f"%!{verb}(<nil>)")
        elif verb == "T":
            self.parts.append(self.spec.string(type_name(value)))
        elif verb == "w":
            self._bad_verb(value, verb)
        else:
            self._value(value, verb)

    def _value(self, value: Any, verb: str) -> None:
        kind = type(value)
        if kind is str:
            self._string(value, verb)
        elif kind is bool:
            if verb in "tv":
                self.parts.append(self.spec.pad("true" if value else "false"))
            else:
                self._bad_verb(value, verb)
        elif kind is float:
            self._float(value, value, verb)
        elif kind is complex:
            self._complex(value, verb)
        elif isinstance(value, GoObject):
            self._object(value, verb)
        elif isinstance(value, int):
            self._integer(value, verb)
        elif isinstance(value, (list, dict)):
            self._nested(value, verb)
        elif self.spec.sharp_v:
            self.parts.append("interface {}(nil)")
        else:
            self.parts.append("<nil>")

    def _bad_verb(self, value: Any, verb: str) -> None:
        was, self._erroring = self._erroring, True
        self.parts.append(f"%!{verb}({type_name(value)}=")
        self._value(value, "v")
        self.parts.append(")")
        self._erroring = was

    def _string(self, value: str, verb: str) -> None:
        spec = self.spec
        if len(value) > spec.meter.limits.free_bytes:
            spec.meter.size(len(value))
        if verb == "s" or (verb == "v" and not spec.sharp_v):
            self.parts.append(spec.string(value))
        elif verb in "vq":
            self.parts.append(spec.quoted(value))
        elif verb in "xX":
            self.parts.append(spec.hex_string(value, upper=verb == "X"))
        else:
            self._bad_verb(value, verb)

    def _integer(self, value: int, verb: str) -> None:
        spec = self.spec
        if verb in _INTEGER_BASES:
            if verb == "v" and spec.sharp_v and type(value) in (Uint8, Uint64):
                sharp, spec.sharp = spec.sharp, True
                self.parts.append(spec.integer(value, 16, "v"))
                spec.sharp = sharp
            else:
                self.parts.append(spec.integer(value, _INTEGER_BASES[verb], verb))
        elif verb == "c":
            self.parts.append(spec.character(value))
        elif verb == "q":
            self.parts.append(spec.quoted_character(value))
        elif verb == "U":
            self.parts.append(spec.code_point(value))
        else:
            self._bad_verb(value, verb)

    def _float(self, number: float, value: Any, verb: str) -> None:
        spec = self.spec
        self.meter.spend(_FLOAT_STEPS)
        if verb == "v":
            self.parts.append(spec.float(number, "g", -1))
        elif verb in "bgGxX":
            self.parts.append(spec.float(number, verb, -1))
        elif verb in "feE":
            self.parts.append(spec.float(number, verb, _FLOAT_PRECISION))
        elif verb == "F":
            self.parts.append(spec.float(number, "f", _FLOAT_PRECISION))
        else:
            self._bad_verb(value, verb)

    def _complex(self, value: complex, verb: str) -> None:
        if verb not in _COMPLEX_VERBS:
            self._bad_verb(value, verb)
            return
        spec = self.spec
        plus = spec.plus
        self.parts.append("(")
        self._float(value.real, value, verb)
        spec.plus = True
        self._float(value.imag, value, verb)
        self.parts.append("i)")
        spec.plus = plus

    def _object(self, value: GoObject, verb: str) -> None:
        self.meter.spend(_OBJECT_STEPS)
        if not self._erroring:
            if self.spec.sharp_v:
                syntax = value.go_syntax()
                if syntax is not None:
                    self.parts.append(self.spec.string(syntax))
                    return
            elif verb in _STRING_VERBS:
                text = value.go_string()
                if text is not None:
                    self._string(text, verb)
                    return
        if isinstance(value, int):
            self._integer(value, verb)
            return
        self._struct(value, verb)

    def _struct(self, value: GoObject, verb: str) -> None:
        spec = self.spec
        name = value.go_type_name
        if name.startswith("*"):
            self.parts.append("&")
            name = name[1:]
        if spec.sharp_v:
            self.parts.append(name)
        self.parts.append("{")
        for index, (field, content) in enumerate(value.go_fields()):
            if index:
                self.parts.append(", " if spec.sharp_v else " ")
            if spec.plus_v or spec.sharp_v:
                self.parts.append(f"{field}:")
            if isinstance(content, NilPointer):
                self._nil_pointer(content, verb)
            else:
                self._value(content, verb)
        self.parts.append("}")

    def _nil_pointer(self, value: NilPointer, verb: str) -> None:
        if verb == "v":
            nil = f"({value.go_type_name})(nil)" if self.spec.sharp_v else self.spec.pad("<nil>")
            self.parts.append(nil)
        elif verb in _ADDRESS_VERBS:
            self._integer(Uint64(0), verb)
        else:
            self.parts.append(f"%!{verb}({value.go_type_name}={self.spec.pad('<nil>')})")

    def _nested(self, value: Any, verb: str) -> None:
        """Print a list or map, and those inside, without recursion.

        Calls are dear wherever Python's stack grows by another piece; a value made of itself
        many times would be printed at such a place all the time.
        """
        sharp_v = self.spec.sharp_v
        between = ", " if sharp_v else " "
        end = "}" if sharp_v else "]"
        parts = self.parts
        plain = verb in "vd" and self.spec.is_plain
        levels: list[Iterator[tuple[str | None, Any]]] = []
        self._open(value, levels)
        while levels:
            for key, item in levels[-1]:
                if key is not None:
                    self._string(key, verb)
                    parts.append(":")
                if plain and type(item) in _PLAIN_INTS:
                    parts.append(int.__repr__(item))
                elif not isinstance(item, (list, dict)):
                    if self._is_bad_pointer(item, verb):
                        self._bad_verb(item, verb)
                    else:
                        self._value(item, verb)
                elif self._open(item, levels):
                    break
                parts.append(between)
            else:
                levels.pop()
                # What follows the last item is not needed; a level without items is never opened.
                parts[-1] = end
                if levels:
                    parts.append(between)

    def _is_bad_pointer(self, value: Any, verb: str) -> bool:
        """Tell whether a pointer inside a list or map is shown as one, by a verb for none."""
        return (
            isinstance(value, GoObject)
            and value.go_kind == "ptr"
            and verb not in _STRING_VERBS
            and verb not in _ADDRESS_VERBS
        )

    def _open(self, value: Any, levels: list[Iterator[tuple[str | None, Any]]]) -> bool:
        """Print how a list or map begins, all of an empty one; tell whether it has items."""
        self.meter.descend(len(levels))
        self.meter.spend(2 + len(value))
        is_map = isinstance(value, dict)
        if self.spec.sharp_v:
            name = type_name(value)
            opening, closing = (name, "(nil)") if is_nil(value) else (name + "{", "}")
        else:
            opening, closing = "map[" if is_map else "[", "]"
        self.parts.append(opening)
        if not value:
            self.parts.append(closing)
            return False
        if is_map:
            keys = sorted_keys(value)
            levels.append(zip(keys, map(value.__getitem__, keys), strict=True))
        else:
            levels.append(zip(repeat(None), value))
        return True
