"""Go's strconv for numbers in text: ParseInt, ParseUint, ParseFloat, with their exact syntax."""

import re
from typing import Final

__all__ = ["float_error", "parse_float", "parse_int", "parse_uint", "underscores_ok"]

_PREFIXES: Final = {"x": 16, "o": 8, "b": 2}
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9_]++(?:\.[0-9_]*+)?|\.[0-9_]++)(?:[eE][+-]?[0-9_]++)?\Z")
_HEXADECIMAL: Final = re.compile(
    r"([+-]?)0[xX](?=[0-9a-fA-F_.]*[0-9a-fA-F])([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9_]+)\Z"
)
_SPECIAL: Final = re.compile(r"([+-]?)(inf|infinity|nan)\Z", re.IGNORECASE)
_STRAY_UNDERSCORE: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")
_STRAY_HEX_UNDERSCORE: Final = re.compile(r"(?<![0-9a-fA-F])_|_(?![0-9a-fA-F])")
_UINT64_END: Final = 1 << 64
_INT64_END: Final = 1 << 63
_EXPONENT_CLAMP: Final = 100_000


def underscores_ok(text: str) -> bool:
    """Tell whether underscores stand only between digits (or after a base prefix)."""
    if text[:1] in ("+", "-"):
        text = text[1:]
    prefix = text[1:2].lower() if text[:1] == "0" else ""
    if prefix in _PREFIXES:
        # The prefix counts as a digit.
        text = "0" + text[2:]
    stray = _STRAY_HEX_UNDERSCORE if prefix == "x" else _STRAY_UNDERSCORE
    return stray.search(text) is None


def parse_uint(text: str, base: int = 10) -> int | None:
    """Return the number, or None if it is none or needs more than 64 bits.

    Base 0 takes it from the prefix (`0x`, `0o`, `0b`, `0`) and allows underscores.
    """
    digits = text
    if base == 0:
        base = 10
        if digits[:1] == "0":
            prefix = _PREFIXES.get(digits[1:2].lower())
            if prefix is not None and len(digits) > 2:
                base, digits = prefix, digits[2:]
            elif len(digits) > 1:
                base, digits = 8, digits[1:]
        if "_" in text:
            if not underscores_ok(text):
                return None
            digits = digits.replace("_", "")
    # What is left after stripping is no digit; a loop over a long text would be slow.
    if not digits or digits.lower().strip(_DIGITS[:base]):
        return None
    # Longer texts cannot fit and Python would refuse to convert the longest of them.
    significant = digits.lstrip("0")
    if len(significant) > 64:
        return None
    number = int(significant or "0", base)
    return number if number < _UINT64_END else None


def parse_int(text: str, base: int = 10) -> int | None:
    """Return the signed number, or None if it is none or needs more than 64 bits."""
    negative = text[:1] == "-"
    digits = text[1:] if text[:1] in ("+", "-") else text
    number = parse_uint(digits, base)
    if number is None or number > _INT64_END - (not negative):
        return None
    return -number if negative else number


def parse_float(text: str) -> float | None:
    """Return strconv.ParseFloat(text, 64), or None for its errors (infinite by size too)."""
    if not text.isascii() or ("_" in text and not underscores_ok(text)):
        return None
    special = _SPECIAL.match(text)
    if special is not None:
        return float(text)
    hexadecimal = _HEXADECIMAL.match(text)
    if hexadecimal is not None:
        return _hexadecimal(*hexadecimal.groups())
    if _DECIMAL.match(text) is None or not any(char.isdigit() for char in text):
        return None
    number = float(text.replace("_", ""))
    return None if number in (float("inf"), float("-inf")) else number


def float_error(text: str) -> str:
    """Return Go's words for why `parse_float` gave None."""
    well_formed = text.isascii() and ("_" not in text or underscores_ok(text))
    is_number = _HEXADECIMAL.match(text) or (
        _DECIMAL.match(text) and any(char.isdigit() for char in text)
    )
    return "value out of range" if well_formed and is_number else "invalid syntax"


def _hexadecimal(sign: str, whole: str, fraction: str | None, exponent: str) -> float | None:
    digits = (whole + (fraction or "")).replace("_", "")
    power = max(-_EXPONENT_CLAMP, min(_EXPONENT_CLAMP, int(exponent.replace("_", "")[:9])))
    power -= 4 * len((fraction or "").replace("_", ""))
    try:
        number = float.fromhex(f"0x{digits}p{power}")
    except OverflowError:
        return None
    return -number if sign == "-" else number
