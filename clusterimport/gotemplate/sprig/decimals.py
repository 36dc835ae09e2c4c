"""The little of shopspring/decimal 1.2.0 that sprig's float arithmetic goes through.

A decimal is a coefficient and an exponent of ten. Addition, subtraction and multiplication are
exact; division keeps 16 digits after the point, rounded half away from zero.
"""

import math
from typing import Final, NamedTuple

from clusterimport.gotemplate.values import GoPanic

__all__ = ["Decimal"]

_DIVISION_DIGITS: Final = 16
_SPECIAL_NAMES: Final = {math.inf: "+Inf", -math.inf: "-Inf"}


class Decimal(NamedTuple):
    """``value * 10**exponent``, not normalized."""

    value: int
    exponent: int

    @classmethod
    def from_float(cls, number: float) -> "Decimal":
        """Take the shortest decimal that reads back as the float.

        Raises:
            GoPanic: it is no number or infinite.

        """
        if not math.isfinite(number):
            name = _SPECIAL_NAMES.get(number, "NaN")
            raise GoPanic(f"Cannot create a Decimal from {name}")
        mantissa, _, exponent = repr(number).partition("e")
        whole, _, fraction = mantissa.partition(".")
        digits = (whole + fraction).rstrip("0")
        dropped = len(whole) + len(fraction) - len(digits)
        value = int(digits) if digits.strip("-") else 0
        return cls(value, int(exponent or 0) - len(fraction) + dropped if value else 0)

    def to_float(self) -> float:
        """Return the nearest float, infinite where it is too large."""
        try:
            if self.exponent <= 0:
                return float(self.value / 10**-self.exponent)
            return float(self.value * 10**self.exponent)
        except OverflowError:
            return math.inf if self.value > 0 else -math.inf

    def plus(self, other: "Decimal") -> "Decimal":
        """Return the exact sum."""
        left, right, exponent = _aligned(self, other)
        return Decimal(left + right, exponent)

    def minus(self, other: "Decimal") -> "Decimal":
        """Return the exact difference."""
        left, right, exponent = _aligned(self, other)
        return Decimal(left - right, exponent)

    def times(self, other: "Decimal") -> "Decimal":
        """Return the exact product."""
        return Decimal(self.value * other.value, self.exponent + other.exponent)

    def over(self, other: "Decimal") -> "Decimal":
        """Return the quotient with 16 digits after the point.

        Raises:
            GoPanic: division by zero.

        """
        if other.value == 0:
            raise GoPanic("decimal division by 0")
        shift = self.exponent - other.exponent + _DIVISION_DIGITS
        dividend = abs(self.value) * 10 ** max(shift, 0)
        divisor = abs(other.value) * 10 ** max(-shift, 0)
        quotient, rest = divmod(dividend, divisor)
        if 2 * rest >= divisor:
            quotient += 1
        negative = (self.value < 0) != (other.value < 0)
        return Decimal(-quotient if negative else quotient, -_DIVISION_DIGITS)

    @property
    def cost(self) -> int:
        """About how many microseconds an operation with it takes."""
        return 1 + (self.value.bit_length() >> 12) + (abs(self.exponent) >> 10)


def _aligned(left: Decimal, right: Decimal) -> tuple[int, int, int]:
    exponent = min(left.exponent, right.exponent)
    return (
        left.value * 10 ** (left.exponent - exponent),
        right.value * 10 ** (right.exponent - exponent),
        exponent,
    )
