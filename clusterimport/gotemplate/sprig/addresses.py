"""Checks the address between the brackets of a URL's host, in the words of Go's net/netip."""

from typing import Final

from clusterimport.gotemplate.gostrings import from_bytes
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.values import ConstantError, FunctionError

__all__ = ["check_ip_literal"]

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_FIELDS: Final = 8


def check_ip_literal(text: str) -> None:
    """Check an IPv6 address, with or without a zone.

    Raises:
        FunctionError: it is none; IPv4 addresses are refused too.

    """
    first = next((char for char in text if char in ".:%"), "")
    if first == ":":
        _Address(text).check()
    elif first == ".":
        _check_ipv4(text, text)
        raise ConstantError("invalid IP-literal")
    elif first == "%":
        raise _error(text, "missing IPv6 address")
    else:
        raise _error(text, "unable to parse IP")


def _error(text: str, message: str, at: str = "") -> FunctionError:
    place = f" (at {_shown(at)})" if at else ""
    return FunctionError(f"invalid host: ParseAddr({_shown(text)}): {message}{place}")


def _shown(text: str) -> str:
    # Each character stands for a byte.
    return quote(from_bytes(text.encode("latin-1")))


class _Address:
    """Reads an address field by field; `rest` is what is left of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.rest, percent, zone = text.partition("%")
        if percent and not zone:
            raise _error(text, "zone must be a non-empty string")
        self._ellipsis = False
        self._fields = 0

    def check(self) -> None:
        if self.rest.startswith("::"):
            self._ellipsis = True
            self.rest = self.rest[2:]
            if not self.rest:
                return
        while self._fields < _FIELDS and self._field():
            pass
        if self.rest:
            raise _error(self._text, "trailing garbage after address", self.rest)
        if self._fields < _FIELDS and not self._ellipsis:
            raise _error(self._text, "address string too short")
        if self._fields == _FIELDS and self._ellipsis:
            message = "the :: must expand to at least one field of zeros"
            raise _error(self._text, message)

    def _field(self) -> bool:
        """Read one field and the colon after it; tell whether another follows."""
        digits = next((i for i, c in enumerate(self.rest) if c not in _HEX), len(self.rest))
        if digits > 4:
            raise self._bad("each group must have 4 or less digits")
        if digits == 0:
            raise self._bad("each colon-separated field must have at least one digit")
        if self.rest[digits : digits + 1] == ".":
            self._embedded_ipv4()
            return False
        self._fields += 1
        self.rest = self.rest[digits:]
        if not self.rest:
            return False
        if self.rest[0] != ":":
            raise self._bad("unexpected character, want colon")
        if len(self.rest) == 1:
            raise self._bad("colon must be followed by more characters")
        self.rest = self.rest[1:]
        if self.rest[0] == ":":
            if self._ellipsis:
                raise self._bad("multiple :: in address")
            self._ellipsis = True
            self.rest = self.rest[1:]
        return bool(self.rest)

    def _embedded_ipv4(self) -> None:
        if not self._ellipsis and self._fields != _FIELDS - 2:
            raise self._bad("embedded IPv4 address must replace the final 2 fields of the address")
        if self._fields + 2 > _FIELDS:
            raise self._bad("too many hex fields to fit an embedded IPv4 at the end of the address")
        _check_ipv4(self._text, self.rest)
        self.rest = ""
        self._fields += 2

    def _bad(self, message: str) -> FunctionError:
        return _error(self._text, message, self.rest)


def _check_ipv4(text: str, part: str) -> None:
    octets = 0
    value, digits = 0, 0
    for index, char in enumerate(part):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                raise _error(text, "IPv4 field has octet with leading zero")
            value = value * 10 + int(char)
            digits += 1
            if value > 255:
                raise _error(text, "IPv4 field has value >255")
        elif char == ".":
            if index in {0, len(part) - 1} or part[index - 1] == ".":
                raise _error(text, "IPv4 field must have at least one digit", part[index:])
            octets += 1
            if octets == 4:
                raise _error(text, "IPv4 address too long")
            value = digits = 0
        else:
            raise _error(text, "unexpected character", part[index:])
    if octets < 3:
        raise _error(text, "IPv4 address too short")
