"""The numeric family: 64-bit integers that wrap around, decimal float arithmetic, sequences.

Every argument of Go type `interface{}` goes through `cast`, so text is a number here, and what
is none is 0.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, FLOAT64, INT, STRING, Entry, Function, ParamKind
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.numbers import parse_int
from clusterimport.gotemplate.sprig.cast import parse_saturated, to_float64, to_int, to_int64
from clusterimport.gotemplate.sprig.decimals import Decimal
from clusterimport.gotemplate.sprig.texts import charge_made, strval
from clusterimport.gotemplate.values import GoPanic, Int, IntSlice, wrap_int64

_MIN_INT64: Final = -(1 << 63)
_MAX_INT64: Final = (1 << 63) - 1
_TEXT_SPEED: Final = 5


def atoi(text: str) -> Int:
    """Read a decimal integer; 0 if it is none, the nearest limit if it is too large."""
    return Int(parse_saturated(text))


def to_decimal(meter: Meter, value: Any) -> int:
    """Read an octal number (a Unix file mode)."""
    return parse_int(strval(meter, value), 8) or 0


def add(*numbers: Any) -> int:
    """Add; nothing is 0."""
    return wrap_int64(sum(map(to_int64, numbers)))


def add1(number: Any) -> int:
    """Add one."""
    return wrap_int64(to_int64(number) + 1)


def sub(left: Any, right: Any) -> int:
    """Subtract."""
    return wrap_int64(to_int64(left) - to_int64(right))


def mul(first: Any, *others: Any) -> int:
    """Multiply."""
    product = to_int64(first)
    for other in others:
        product = wrap_int64(product * to_int64(other))
    return product


def div(left: Any, right: Any) -> int:
    """Divide, cutting towards zero."""
    dividend, divisor = to_int64(left), _nonzero(to_int64(right))
    quotient = abs(dividend) // abs(divisor)
    return wrap_int64(quotient if (dividend < 0) == (divisor < 0) else -quotient)


def mod(left: Any, right: Any) -> int:
    """Return the rest, which has the sign of the dividend."""
    dividend, divisor = to_int64(left), _nonzero(to_int64(right))
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


def _nonzero(divisor: int) -> int:
    if divisor == 0:
        raise GoPanic("runtime error: integer divide by zero")
    return divisor


def biggest(first: Any, *others: Any) -> int:
    """Return the largest int64."""
    return max(to_int64(first), *map(to_int64, others), _MIN_INT64)


def smallest(first: Any, *others: Any) -> int:
    """Return the smallest int64."""
    return min(to_int64(first), *map(to_int64, others), _MAX_INT64)


def maxf(first: Any, *others: Any) -> float:
    """Return the largest float: infinity before NaN before all else, 0 before -0."""
    result = to_float64(first)
    for other in others:
        result = _extreme(result, to_float64(other), math.inf, max)
    return result


def minf(first: Any, *others: Any) -> float:
    """Return the smallest float: minus infinity before NaN before all else, -0 before 0."""
    result = to_float64(first)
    for other in others:
        result = _extreme(result, to_float64(other), -math.inf, min)
    return result


def _extreme(left: float, right: float, limit: float, choose: Callable[..., float]) -> float:
    if limit in {left, right}:
        return limit
    if math.isnan(left) or math.isnan(right):
        return math.nan
    return choose(left, right, key=lambda number: (number, math.copysign(1.0, number)))


def ceil(value: Any) -> float:
    """Round up."""
    return _whole(to_float64(value), math.ceil)


def floor(value: Any) -> float:
    """Round down."""
    return _whole(to_float64(value), math.floor)


def round_places(value: Any, places: int, *round_on: float) -> float:
    """Round to decimal places; a negative number goes down unless it is whole.

    `round_on` is the fraction that is rounded up, 0.5 by default.
    """
    power = _pow10(float(places))
    digit = power * to_float64(value)
    fraction = math.modf(digit)[0] if math.isfinite(digit) else math.nan
    rounded = _whole(digit, math.ceil if fraction >= (*round_on, 0.5)[0] else math.floor)
    # Too few places make the power vanish; Go divides 0 by 0 then, where Python would raise.
    return rounded / power if power else math.nan


def _whole(value: float, rounding: Callable[[float], int]) -> float:
    if not math.isfinite(value):
        return value
    return math.copysign(float(rounding(value)), value)


def _pow10(exponent: float) -> float:
    """Return ``math.Pow(10, exponent)`` with the rounding errors of Go's own algorithm."""
    if abs(exponent) > 10_000:
        return math.inf if exponent > 0 else 0.0
    mantissa, scale = 1.0, 0
    factor, factor_scale = math.frexp(10.0)
    bits = int(abs(exponent))
    while bits:
        if bits & 1:
            mantissa *= factor
            scale += factor_scale
        factor *= factor
        factor_scale <<= 1
        if factor < 0.5:
            factor += factor
            factor_scale -= 1
        bits >>= 1
    if exponent < 0:
        mantissa, scale = 1 / mantissa, -scale
    try:
        return math.ldexp(mantissa, scale)
    except OverflowError:
        return math.inf


def addf(meter: Meter, *numbers: Any) -> float:
    """Add decimals."""
    return _decimals(meter, Decimal.plus, 0.0, numbers)


def add1f(meter: Meter, number: Any) -> float:
    """Add one to a decimal."""
    return _decimals(meter, Decimal.plus, number, (1.0,))


def subf(meter: Meter, first: Any, *others: Any) -> float:
    """Subtract decimals."""
    return _decimals(meter, Decimal.minus, first, others)


def mulf(meter: Meter, first: Any, *others: Any) -> float:
    """Multiply decimals."""
    return _decimals(meter, Decimal.times, first, others)


def divf(meter: Meter, first: Any, *others: Any) -> float:
    """Divide decimals."""
    return _decimals(meter, Decimal.over, first, others)


def _decimals(
    meter: Meter,
    operation: Callable[[Decimal, Decimal], Decimal],
    first: Any,
    others: tuple[Any, ...],
) -> float:
    result = Decimal.from_float(to_float64(_charged(meter, first)))
    for other in others:
        _charged(meter, other)
        meter.spend(2 + result.cost)
        result = operation(result, Decimal.from_float(to_float64(other)))
    return result.to_float()


def _charged(meter: Meter, argument: Any) -> Any:
    if type(argument) is str:
        meter.spend(len(argument) >> _TEXT_SPEED)
    return argument


def until(meter: Meter, count: int) -> IntSlice:
    """Count from 0 up or down to a number, without it."""
    return until_step(meter, 0, count, -1 if count < 0 else 1)


def until_step(meter: Meter, start: int, stop: int, step: int) -> IntSlice:
    """Count in steps; a step in the wrong direction gives nothing."""
    if step == 0 or (stop < start) != (step < 0):
        return IntSlice()
    # Python's range ends where Go's int would have wrapped around and gone on for ever.
    charge_made(meter, -((start - stop) // step))
    return IntSlice(map(Int, range(start, stop, step)))


def seq(meter: Meter, *numbers: int) -> str:
    """Write numbers like the Unix tool: ``END``, ``START END`` or ``START STEP END``."""
    if not 1 <= len(numbers) <= 3:
        return ""
    start = numbers[0] if len(numbers) > 1 else 1
    end = numbers[-1]
    direction = -1 if end < start else 1
    step = numbers[1] if len(numbers) == 3 else direction
    sequence = until_step(meter, start, wrap_int64(end + direction), step)
    meter.spend(len(sequence) >> 2)
    return " ".join(map(str, sequence))


def _numeric(
    name: str,
    impl: Callable[..., Any],
    *params: ParamKind,
    variadic: ParamKind | None = None,
    weight: int = 1,
) -> Function:
    """Make a function whose arguments are read as numbers, and charged where they are texts."""

    def call(meter: Meter, *arguments: Any) -> Any:
        for argument in arguments:
            _charged(meter, argument)
        return impl(*arguments)

    call.__doc__ = impl.__doc__
    return Function(name, call, params, variadic, needs_meter=True, weight=weight)


_ENTRIES: Final = (
    _numeric("atoi", atoi, STRING),
    _numeric("int", to_int, ANY),
    _numeric("int64", to_int64, ANY),
    _numeric("float64", to_float64, ANY),
    _numeric("add", add, variadic=ANY, weight=2),
    _numeric("add1", add1, ANY, weight=2),
    _numeric("sub", sub, ANY, ANY, weight=2),
    _numeric("mul", mul, ANY, variadic=ANY, weight=2),
    _numeric("div", div, ANY, ANY, weight=2),
    _numeric("mod", mod, ANY, ANY, weight=2),
    _numeric("max", biggest, ANY, variadic=ANY, weight=2),
    _numeric("biggest", biggest, ANY, variadic=ANY, weight=2),
    _numeric("min", smallest, ANY, variadic=ANY, weight=2),
    _numeric("maxf", maxf, ANY, variadic=ANY, weight=8),
    _numeric("minf", minf, ANY, variadic=ANY, weight=8),
    _numeric("ceil", ceil, ANY, weight=2),
    _numeric("floor", floor, ANY, weight=2),
    _numeric("round", round_places, ANY, INT, variadic=FLOAT64, weight=3),
    Function("toDecimal", to_decimal, (ANY,), needs_meter=True, weight=2),
    Function("addf", addf, variadic=ANY, needs_meter=True, weight=3),
    Function("add1f", add1f, (ANY,), needs_meter=True, weight=3),
    Function("subf", subf, (ANY,), variadic=ANY, needs_meter=True, weight=3),
    Function("mulf", mulf, (ANY,), variadic=ANY, needs_meter=True, weight=3),
    Function("divf", divf, (ANY,), variadic=ANY, needs_meter=True, weight=3),
    Function("until", until, (INT,), needs_meter=True, weight=2),
    Function("untilStep", until_step, (INT, INT, INT), needs_meter=True, weight=2),
    Function("seq", seq, variadic=INT, needs_meter=True, weight=2),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
