"""The default text of values: what an action, `print` and `println` write."""

from collections.abc import Sequence
from typing import Any

from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.printf.floats import format_float
from clusterimport.gotemplate.printf.verbs import Printer
from clusterimport.gotemplate.values import MISSING, Int

__all__ = ["display", "sprint", "sprintln"]

_FLOAT_STEPS = 3
# Error messages of functions without a meter show their arguments, and that cheaply.
_ERROR_LIMITS = Limits(steps=3000)


def display(value: Any, meter: Meter | None = None) -> str:
    """Return what an action prints: `%v`, but `<no value>` for a missing one."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # its exact class was just compared
    if kind is int or kind is Int:
        return int.__repr__(value)
    if value is MISSING:
        return "<no value>"
    if kind is bool:
        return "true" if value else "false"
    meter = meter or Meter(_ERROR_LIMITS)
    if kind is float:
        meter.spend(_FLOAT_STEPS)
        return format_float(value, "g")
    printer = Printer(meter)
    printer.argument(value)
    return printer.text()


def sprint(values: Sequence[Any], meter: Meter | None = None) -> str:
    """Return fmt.Sprint: a space between two operands if neither is a string."""
    printer = Printer(meter or Meter(_ERROR_LIMITS))
    after_string = True
    for value in values:
        is_string = type(value) is str
        if not is_string and not after_string:
            printer.parts.append(" ")
        printer.argument(value)
        after_string = is_string
    return printer.text()


def sprintln(values: Sequence[Any], meter: Meter | None = None) -> str:
    """Return fmt.Sprintln: spaces between all operands, a newline at the end."""
    printer = Printer(meter or Meter(_ERROR_LIMITS))
    for index, value in enumerate(values):
        if index:
            printer.parts.append(" ")
        printer.argument(value)
    printer.parts.append("\n")
    return printer.text()
