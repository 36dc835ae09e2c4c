"""Calls: arity, arguments in Go's order, error wrapping; one closure for each call in the text.

A call evaluates the piped value first, then the arguments, and only then checks the piped one.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from clusterimport.gotemplate.arguments import (
    Converter,
    UnfitError,
    converter,
    fitted,
    literal,
)
from clusterimport.gotemplate.errors import FunctionError, LimitError
from clusterimport.gotemplate.frame import Compiled, Eval, Failures, Frame, Place
from clusterimport.gotemplate.functions import Function, ParamKind
from clusterimport.gotemplate.nodes import Argument, StringNode

__all__ = ["Call", "Operand", "arity_error", "compile_call"]

_SIZED: Final = frozenset({str, list})


class Operand(Struct, frozen=True):
    """An argument as written, and its closure; None for literals, which need the type first."""

    node: Argument
    value: Compiled | None


class Call(Struct, frozen=True):
    """A call in the text: `at` is the function's name, `error_at` the whole command."""

    operands: Sequence[Operand]
    final: Compiled | None
    at: Place
    error_at: Place
    null: Any
    """What Go's nil result becomes: MISSING in a pipeline, None as a bare argument."""


def arity_error(function: Function, count: int, written: int) -> str | None:
    """Return Go's message if so many arguments (so many of them written) are wrong."""
    fixed = len(function.params)
    if function.variadic is not None:
        if count < fixed:
            return f"wrong number of args for {function.name}: want at least {fixed} got {written}"
    elif count != fixed:
        return f"wrong number of args for {function.name}: want {fixed} got {count}"
    return None


def _kind_at(function: Function, index: int) -> ParamKind:
    if index < len(function.params):
        return function.params[index]
    assert function.variadic is not None
    return function.variadic


def compile_call(failures: Failures, function: Function, call: Call) -> Compiled:
    """Return the closure of a function call."""
    count = len(call.operands) + (call.final is not None)
    wrong = arity_error(function, count, len(call.operands))
    if wrong is not None:
        return Compiled(_failing(failures, call, wrong), call.at)
    at = call.at
    args: list[Eval] = []
    constants: list[Any] = []
    if function.needs_meter:
        args.append(_meter)
    for index, operand in enumerate(call.operands):
        kind = _kind_at(function, index)
        if operand.value is None:
            args.append(_literal(failures, kind, operand.node, constants))
            at = operand.node
        else:
            at = operand.value.at
            args.append(fitted(operand.value, converter(failures, kind, at)))
    check = _Check(
        failures, call.error_at, function.name, function.impl, call.null, _first_words(call)
    )
    if call.final is None:
        return Compiled(_invoke(check, args), at)
    convert = converter(failures, _kind_at(function, count - 1), at)
    if len(constants) == len(call.operands):
        # Literals have no effects, so the order does not show.
        return Compiled(_invoke(check, [*args, fitted(call.final, convert)]), at)
    return Compiled(_invoke_piped(check, args, call.final.run, convert), at)


def _first_words(call: Call) -> str:
    """Return the first argument if it is a text of the template's author, and no data."""
    first = call.operands[0].node if call.operands else None
    return first.text if isinstance(first, StringNode) else ""


def _meter(frame: Frame, _dot: Any) -> Any:
    return frame.meter


def _literal(failures: Failures, kind: ParamKind, node: Argument, constants: list[Any]) -> Eval:
    try:
        value = literal(kind, node)
    except UnfitError as error:
        message = str(error)

        def unfit(frame: Frame, _dot: Any) -> Any:
            raise failures.error(frame, node, message)

        return unfit
    constants.append(value)
    if kind.nil is not None and not kind.types:
        return _constant(value)
    if isinstance(value, (dict, list)):
        # A nil map or list is made anew: the function may keep it.
        return lambda _frame, _dot: literal(kind, node)
    return _constant(value)


def _constant(value: Any) -> Eval:
    return lambda _frame, _dot: value


def _failing(failures: Failures, call: Call, message: str) -> Eval:
    final = call.final
    at = call.at

    def run(frame: Frame, dot: Any) -> Any:
        if final is not None:
            final.run(frame, dot)
        raise failures.error(frame, at, message)

    return run


class _Check(Struct, frozen=True):
    """What happens around the implementation: nil, size of the result, errors."""

    failures: Failures
    at: Place
    name: str
    impl: Callable[..., Any]
    null: Any
    words: str
    """The text that stands as the first argument in the template, empty where none does."""

    def failed(self, frame: Frame, error: FunctionError | LimitError) -> Exception:
        """Return Go's error for the call, or the limit error with its place."""
        if isinstance(error, LimitError):
            return self.failures.limited(frame, self.at, error)
        prefix = f"error calling {self.name}"
        safe = self.words if error.by_author else error.safe
        safe = f"{prefix}: {safe}" if safe else prefix
        failure = self.failures.error(frame, self.at, f"{prefix}: {error.message}", safe)
        failure.refused = error.refused
        return failure


def _invoke(check: _Check, args: list[Eval]) -> Eval:
    if len(args) < len(_BY_COUNT):
        return _BY_COUNT[len(args)](check, args)

    impl = check.impl
    null = check.null

    def run(frame: Frame, dot: Any) -> Any:
        try:
            result = impl(*[arg(frame, dot) for arg in args])
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run


def _invoke0(check: _Check, _args: list[Eval]) -> Eval:
    impl = check.impl
    null = check.null

    def run(frame: Frame, _dot: Any) -> Any:
        try:
            result = impl()
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run


def _invoke1(check: _Check, args: list[Eval]) -> Eval:
    impl = check.impl
    null = check.null
    (arg,) = args

    def run(frame: Frame, dot: Any) -> Any:
        try:
            result = impl(arg(frame, dot))
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run


def _invoke2(check: _Check, args: list[Eval]) -> Eval:
    impl = check.impl
    null = check.null
    arg1, arg2 = args

    def run(frame: Frame, dot: Any) -> Any:
        try:
            result = impl(arg1(frame, dot), arg2(frame, dot))
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run


def _invoke3(check: _Check, args: list[Eval]) -> Eval:
    impl = check.impl
    null = check.null
    arg1, arg2, arg3 = args

    def run(frame: Frame, dot: Any) -> Any:
        try:
            result = impl(arg1(frame, dot), arg2(frame, dot), arg3(frame, dot))
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run


_BY_COUNT: Final = (_invoke0, _invoke1, _invoke2, _invoke3)


def _invoke_piped(check: _Check, args: list[Eval], final: Eval, convert: Converter) -> Eval:
    impl = check.impl
    null = check.null

    def run(frame: Frame, dot: Any) -> Any:
        try:
            piped = final(frame, dot)
            values = [arg(frame, dot) for arg in args]
            result = impl(*values, convert(frame, piped))
            if type(result) in _SIZED and len(result) > frame.meter.limits.free_bytes:
                frame.meter.size(len(result))
        except (FunctionError, LimitError) as error:
            raise check.failed(frame, error) from error
        return null if result is None else result

    return run
