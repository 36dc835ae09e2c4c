"""Fit values and literals to the parameters of functions, as reflect would, in Go's words."""

from collections.abc import Callable
from typing import Any, Final

from clusterimport.gotemplate.frame import Compiled, Eval, Failures, Frame, Place
from clusterimport.gotemplate.functions import VALUE, Literal, ParamKind
from clusterimport.gotemplate.nodes import Argument, Bool, Nil, NumberNode, StringNode
from clusterimport.gotemplate.values import MISSING, Int, type_name

__all__ = [
    "Converter",
    "UnfitError",
    "converter",
    "fitted",
    "ideal_constant",
    "is_literal",
    "literal",
]

Converter = Callable[[Frame, Any], Any]

_LITERALS: Final = (Bool, StringNode, NumberNode, Nil)
_NO_LITERAL: Final = Literal.NONE
_ANY_LITERAL: Final = Literal.ANY
_SIZED: Final = frozenset({str, list})


class UnfitError(Exception):
    """A literal cannot stand for a parameter; the message is Go's."""


def is_literal(node: Argument) -> bool:
    """Tell whether Go reads the node by the parameter's type."""
    return isinstance(node, _LITERALS)


def ideal_constant(node: NumberNode) -> Any:
    """Return a number where no type is asked for: its syntax decides."""
    number = node.number
    text = number.text
    if number.complex_value is not None:
        return number.complex_value
    is_hex_int = text[:2].lower() == "0x" and not any(char in "pP" for char in text)
    if (
        number.float_value is not None
        and not is_hex_int
        and text[0] != "'"
        and any(char in ".eEpP" for char in text)
    ):
        return number.float_value
    if number.int_value is not None:
        return Int(number.int_value)
    raise UnfitError(f"{text} overflows int")


def literal(kind: ParamKind, node: Argument) -> Any:
    """Return the value of a literal as an argument of this type; UnfitError if it cannot be."""
    if isinstance(node, Nil):
        if kind.nil is None:
            raise UnfitError(f"cannot assign nil to {kind.go_type}")
        return kind.nil()
    if kind.literal is _NO_LITERAL:
        raise UnfitError(f"can't handle {node} for arg of type {kind.go_type}")
    if kind.literal is _ANY_LITERAL:
        return _any(node)
    value = _typed(kind.literal, node)
    if value is None:
        raise UnfitError(f"expected {kind.literal.value}; found {node}")
    return kind.convert(value) if kind.convert else value


def _any(node: Argument) -> Any:
    if isinstance(node, Bool):
        return node.value
    if isinstance(node, StringNode):
        return node.text
    if isinstance(node, NumberNode):
        return ideal_constant(node)
    raise TypeError(f"no literal: {node}")


def _typed(wanted: Literal, node: Argument) -> Any:
    if isinstance(node, Bool) and wanted is Literal.BOOL:
        return node.value
    if isinstance(node, StringNode) and wanted is Literal.STRING:
        return node.text
    if isinstance(node, NumberNode):
        number = node.number
        if wanted is Literal.INTEGER:
            return number.int_value
        if wanted is Literal.FLOAT:
            return number.float_value
        if wanted is Literal.UNSIGNED:
            return number.uint_value
        if wanted is Literal.COMPLEX:
            return number.complex_value
    return None


def converter(failures: Failures, kind: ParamKind, at: Place) -> Converter:
    """Return the check of a computed value against a parameter."""
    if kind is VALUE:
        return _to_value
    if not kind.types:
        return _to_any
    types = kind.types
    go_type = kind.go_type
    nil = kind.nil

    def convert(frame: Frame, value: Any) -> Any:
        if type(value) in types:
            if type(value) is str and len(value) > frame.meter.limits.free_bytes:
                frame.meter.size(len(value))
            return value
        if value is MISSING:
            if nil is not None:
                return nil()
            raise failures.error(frame, at, f"invalid value; expected {go_type}")
        got = "interface {}" if value is None else type_name(value)
        raise failures.error(frame, at, f"wrong type for value; expected {go_type}; got {got}")

    return convert


def _to_value(frame: Frame, value: Any) -> Any:
    if type(value) is str and len(value) > frame.meter.limits.free_bytes:
        frame.meter.size(len(value))
    return value


def _to_any(frame: Frame, value: Any) -> Any:
    if value is MISSING:
        return None
    if type(value) in _SIZED and len(value) > frame.meter.limits.free_bytes:
        frame.meter.size(len(value))
    return value


def fitted(value: Compiled, convert: Converter) -> Eval:
    """Return the closure of an argument: computed, then checked."""
    run = value.run
    if convert is _to_value:

        def run_value(frame: Frame, dot: Any) -> Any:
            result = run(frame, dot)
            if type(result) is str and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
            return result

        return run_value
    if convert is _to_any:

        def run_any(frame: Frame, dot: Any) -> Any:
            result = run(frame, dot)
            if result is MISSING:
                return None
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
            return result

        return run_any

    def run_checked(frame: Frame, dot: Any) -> Any:
        return convert(frame, run(frame, dot))

    return run_checked
