"""Go's strconv.FormatFloat for float64."""

import math
import struct
from typing import Final

__all__ = ["format_float"]

_MANTISSA_BITS: Final = 52
_EXPONENT_BIAS: Final = 1023
_EXPONENT_MASK: Final = 0x7FF
_SHORTEST_EXPONENT: Final = 6
_HEX_FRACTION_BITS: Final = 60
_HEX_FRACTION_DIGITS: Final = 15


def format_float(value: float, verb: str, precision: int = -1) -> str:
    """Return the number in format `e E f g G b x X`; precision -1 is the shortest exact text."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if verb == "b":
        return _binary(value)
    if verb in "xX":
        text = _hexadecimal(value, precision)
        return text.upper() if verb == "X" else text
    if precision >= 0:
        # Python rounds the exact decimal value half to even, as Go does.
        return f"%.{precision}{verb}" % value
    text = _shortest(value, verb.lower())
    return text.upper() if verb.isupper() else text


def _shortest(value: float, verb: str) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    mantissa, _, exponent_text = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    leading_zeros = len(whole + fraction) - len(digits)
    point = len(whole) - leading_zeros + int(exponent_text or 0)
    digits = digits.rstrip("0")
    if not digits:
        digits, point = "0", 1
    exponent = point - 1
    if verb == "e" or (verb == "g" and not -4 <= exponent < _SHORTEST_EXPONENT):
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}" if digits != "0" else f"{sign}0"
    if len(digits) <= point:
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _parts(value: float) -> tuple[str, int, int]:
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    mantissa = bits & ((1 << _MANTISSA_BITS) - 1)
    exponent = bits >> _MANTISSA_BITS & _EXPONENT_MASK
    if exponent:
        mantissa |= 1 << _MANTISSA_BITS
    else:
        exponent = 1
    return "-" if bits >> 63 else "", mantissa, exponent - _EXPONENT_BIAS


def _binary(value: float) -> str:
    sign, mantissa, exponent = _parts(value)
    return f"{sign}{mantissa}p{exponent - _MANTISSA_BITS:+d}"


def _hexadecimal(value: float, precision: int) -> str:
    sign, mantissa, exponent = _parts(value)
    if not mantissa:
        exponent = 0
    mantissa <<= _HEX_FRACTION_BITS - _MANTISSA_BITS
    while mantissa and not mantissa >> _HEX_FRACTION_BITS:
        mantissa <<= 1
        exponent -= 1
    if 0 <= precision < _HEX_FRACTION_DIGITS:
        dropped = _HEX_FRACTION_BITS - precision * 4
        rest = mantissa & ((1 << dropped) - 1)
        mantissa >>= dropped
        half = 1 << (dropped - 1)
        if rest > half or (rest == half and mantissa & 1):
            mantissa += 1
        mantissa <<= dropped
        if mantissa >> (_HEX_FRACTION_BITS + 1):
            mantissa >>= 1
            exponent += 1
    lead = mantissa >> _HEX_FRACTION_BITS
    fraction = f"{mantissa & ((1 << _HEX_FRACTION_BITS) - 1):015x}"
    shown = fraction.rstrip("0") if precision < 0 else fraction[:precision].ljust(precision, "0")
    point = "." if shown else ""
    return f"{sign}0x{lead}{point}{shown}p{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
