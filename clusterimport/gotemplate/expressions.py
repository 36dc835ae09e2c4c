"""Compile pipelines, commands and operands to closures that give a value.

The result of a pipeline is never None: Go drops the interface around a nil there, which makes
it MISSING.
"""

from collections.abc import Mapping
from typing import Any, Final

from clusterimport.gotemplate.arguments import UnfitError, ideal_constant, is_literal
from clusterimport.gotemplate.calls import Call, Operand, arity_error, compile_call
from clusterimport.gotemplate.circuits import circuit, forgetting
from clusterimport.gotemplate.fields import FieldWalker, fast_chain
from clusterimport.gotemplate.frame import UNSET, Compiled, Eval, Failures, Frame, Place
from clusterimport.gotemplate.functions import Entry, Function, Special
from clusterimport.gotemplate.nodes import (
    Argument,
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    NumberNode,
    Pipe,
    StringNode,
    Variable,
)
from clusterimport.gotemplate.scope import Scope
from clusterimport.gotemplate.values import MISSING, kind_of, type_name

__all__ = ["ExpressionCompiler"]

_CALL: Final = 8
_NOT_SPECIAL: Final = Special.NONE


class ExpressionCompiler:
    """Compiles the expressions of one template; counts the work in `weight`, in eighths of a step.

    `dot_range_slot` is that of the range whose element dot is, 0 if it is none.
    """

    def __init__(self, failures: Failures, functions: Mapping[str, Entry]) -> None:
        self.scope = Scope(failures)
        self.weight = 0
        self.mutates = False
        self.dot_range_slot = 0
        self._failures = failures
        self._functions = functions

    def pipeline(self, pipe: Pipe, *, range_slot: int = 0) -> Compiled:
        """Compile a pipeline and the storing of its value."""
        value: Compiled | None = None
        at: Place = pipe
        self.weight += len(pipe.commands) + len(pipe.variables)
        for command in pipe.commands:
            value = self._command(command, value, at)
            at = value.at
        assert value is not None
        for variable in pipe.variables:
            # Of two variables of a range, only the second holds elements.
            elements_of = range_slot if variable is pipe.variables[-1] else 0
            value = self._store(variable.idents[0], value, pipe, range_slot=elements_of)
        return value

    def _store(self, name: str, value: Compiled, pipe: Pipe, *, range_slot: int) -> Compiled:
        run, at = value.run, value.at
        if pipe.is_assign:
            write = self.scope.writer(name, at)

            def assign(frame: Frame, dot: Any) -> Any:
                result = run(frame, dot)
                write(frame, result)
                return result

            return Compiled(assign, at)
        slot = self.scope.declare(name, range_slot=range_slot)

        def declare(frame: Frame, dot: Any) -> Any:
            result = frame.variables[slot] = run(frame, dot)
            return result

        return Compiled(declare, at)

    def _command(self, command: Command, final: Compiled | None, before: Place) -> Compiled:
        first = command.args[0]
        match first:
            case Field():
                return self._field(first, command.args, final, MISSING)
            case Identifier():
                return self._function(first, command, command.args, final, MISSING)
            case Chain():
                return self._chain(first, command.args, final, MISSING)
            case Variable() if len(first.idents) > 1:
                return self._variable(first, command.args, final, MISSING)
        at = before if isinstance(first, Pipe) else first
        if len(command.args) > 1 or final is not None:
            message = f"can't give argument to non-function {first}"
            return self._failing(at, message, final)
        match first:
            case Pipe():
                return self.pipeline(first)
            case Nil():
                return self._failing(first, "nil is not a command", None)
            case Variable():
                return _without_null(self._variable(first, (), None, MISSING))
            case Dot():
                return _without_null(Compiled(_dot, first))
        return self._constant(first)

    def _failing(self, at: Place, message: str, final: Compiled | None) -> Compiled:
        failures = self._failures

        def run(frame: Frame, dot: Any) -> Any:
            if final is not None:
                final.run(frame, dot)
            raise failures.error(frame, at, message)

        return Compiled(run, at)

    def _constant(self, node: Argument) -> Compiled:
        match node:
            case Bool():
                value: Any = node.value
            case StringNode():
                value = node.text
            case NumberNode():
                try:
                    value = ideal_constant(node)
                except UnfitError as error:
                    return self._failing(node, str(error), None)
            case _:
                raise TypeError(f"no literal: {node}")
        return Compiled(lambda _frame, _dot: value, node)

    def _operand(self, node: Argument) -> Operand:
        """Compile an argument; literals wait for the type of their parameter."""
        if is_literal(node):
            return Operand(node, None)
        match node:
            case Field():
                return Operand(node, self._field(node, (), None, None))
            case Dot():
                return Operand(node, Compiled(_dot, node))
            case Variable():
                return Operand(node, self._variable(node, (), None, None))
            case Pipe():
                return Operand(node, self.pipeline(node))
            case Identifier():
                return Operand(node, self._function(node, node, (), None, None))
            case Chain():
                return Operand(node, self._chain(node, (), None, None))
        raise TypeError(f"no argument: {node}")

    def _operands(self, args: tuple[Argument, ...]) -> list[Operand]:
        return [self._operand(node) for node in args[1:]]

    def _field(
        self, node: Field, args: tuple[Argument, ...], final: Compiled | None, null: Any
    ) -> Compiled:
        return self._fields(
            None, node.idents, node, node, args, final, null, range_slot=self.dot_range_slot
        )

    def _variable(
        self, node: Variable, args: tuple[Argument, ...], final: Compiled | None, null: Any
    ) -> Compiled:
        name, *fields = node.idents
        read, slot = self.scope.reader(name, node)
        first = Compiled(read, node)
        if not fields:
            return first
        return self._fields(first, tuple(fields), node, node, args, final, null, range_slot=slot)

    def _chain(
        self, node: Chain, args: tuple[Argument, ...], final: Compiled | None, null: Any
    ) -> Compiled:
        if isinstance(node.node, Nil):
            return self._failing(node, f"indirection through explicit nil in {node}", final)
        first = self._operand(node.node).value
        assert first is not None
        return self._fields(first, node.fields, first.at, node, args, final, null, range_slot=0)

    def _fields(
        self,
        first: Compiled | None,
        idents: tuple[str, ...],
        at: Place,
        error_at: Place,
        args: tuple[Argument, ...],
        final: Compiled | None,
        null: Any,
        *,
        range_slot: int,
    ) -> Compiled:
        self.weight += len(idents)
        if len(args) <= 1 and final is None:
            call = Call((), None, at, error_at, MISSING)
            walker = FieldWalker(self._failures, idents, call, range_slot)
            return Compiled(fast_chain(first, idents, walker, null), at)
        self.weight += _CALL
        mark = self.scope.mark()
        # Arguments run only if there is a method.
        self.scope.conditional += 1
        operands = self._operands(args)
        self.scope.conditional -= 1
        skippable = self.scope.slots_since(mark)
        call = Call(operands, final, at, error_at, MISSING)
        walker = FieldWalker(self._failures, idents, call, range_slot)
        after_args = _place_after(operands, at)

        def run(frame: Frame, dot: Any) -> Any:
            piped = None if final is None else final.run(frame, dot)
            for slot in skippable:
                frame.variables[slot] = UNSET
            receiver = dot if first is None else first.run(frame, dot)
            result = walker.walk(frame, dot, receiver, piped)
            # Without a receiver there was no method, and the arguments were not evaluated.
            place = at if result is MISSING else after_args
            if place is not None:
                frame.at = place
            return null if result is None else result

        return Compiled(run, None)

    def _function(
        self,
        node: Identifier,
        error_at: Command | Identifier,
        args: tuple[Argument, ...],
        final: Compiled | None,
        null: Any,
    ) -> Compiled:
        function = self._functions[node.name]
        assert isinstance(function, Function)
        self.weight += function.weight * _CALL + len(args[1:]) * (2 + 2 * function.weight)
        self.mutates = self.mutates or function.mutates
        special = function.special is not _NOT_SPECIAL
        if special and function.special is not Special.CALL:
            return self._short_circuit(function, node, args, final, null)
        operands = self._operands(args)
        call = Call(operands, final, node, error_at, null)
        if special:
            return self._call(function, call)
        return compile_call(self._failures, function, call)

    def _call(self, function: Function, call: Call) -> Compiled:
        """Compile the builtin `call`, whose errors show its first argument."""
        impl = function.impl
        if call.operands:
            shown = str(call.operands[0].node)

            def named(*args: Any) -> Any:
                return impl(shown, *args)
        else:

            def named(*args: Any) -> Any:
                return impl(_reflected(args[0]) if args else "", *args)

        bound = Function(function.name, named, function.params, function.variadic)
        return compile_call(self._failures, bound, call)

    def _short_circuit(
        self,
        function: Function,
        node: Identifier,
        args: tuple[Argument, ...],
        final: Compiled | None,
        null: Any,
    ) -> Compiled:
        """Compile `and` and `or`, which stop at the first argument that decides."""
        count = max(len(args) - 1, 0) + (final is not None)
        wrong = arity_error(function, count, max(len(args) - 1, 0))
        if wrong is not None:
            return self._failing(node, wrong, final)
        stop = function.special is Special.OR
        evals: list[Eval] = []
        places: list[Place] = []
        mark = self.scope.mark()
        skippable: list[int] = []
        for position, arg in enumerate(args[1:]):
            if position == 1:
                mark = self.scope.mark()
                self.scope.conditional += 1
            evaluated = self._value_of(arg)
            evals.append(evaluated.run)
            places.append(evaluated.at)
        if len(evals) > 1:
            self.scope.conditional -= 1
            skippable = self.scope.slots_since(mark)
        run = circuit(evals, places, node, final, null, stop=stop)
        if skippable:
            run = forgetting(run, skippable)
        return Compiled(run, None)

    def _value_of(self, node: Argument) -> Compiled:
        if isinstance(node, Nil):
            return Compiled(lambda _frame, _dot: MISSING, node)
        operand = self._operand(node)
        return operand.value if operand.value is not None else self._constant(node)


def _place_after(operands: list[Operand], at: Place) -> Place:
    """Return where errors stand after the last argument."""
    if not operands:
        return at
    last = operands[-1]
    return last.value.at if last.value is not None else last.node


def _dot(_frame: Frame, dot: Any) -> Any:
    return dot


def _without_null(value: Compiled) -> Compiled:
    run = value.run

    def dropped(frame: Frame, dot: Any) -> Any:
        result = run(frame, dot)
        return MISSING if result is None else result

    return Compiled(dropped, value.at)


def _reflected(value: Any) -> str:
    """Return reflect.Value.String(): the text of a string, `<int Value>` of anything else."""
    if type(value) is str:
        return value
    if kind_of(value) == "invalid":
        return "<invalid Value>"
    return f"<{type_name(value)} Value>"
