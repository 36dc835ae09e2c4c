"""Field access: `.a.b.c` over maps, methods of Go objects, and Go's errors on everything else.

The common path is plain subscripting; whatever it cannot do is decided by `FieldWalker`.
"""

from functools import partial
from typing import Any, Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from clusterimport.gotemplate.calls import Call, compile_call
from clusterimport.gotemplate.frame import Compiled, Eval, Failures, Frame, charge_steps
from clusterimport.gotemplate.functions import Function
from clusterimport.gotemplate.values import MISSING, GoObject, type_name

__all__ = ["FieldWalker", "fast_chain"]

_INTERFACE: Final = "interface {}"
_METHOD_STEPS: Final = 16
# What subscripting raises on anything but a map that has the key.
_NO_ENTRY: Final = (KeyError, TypeError, IndexError)


class FieldWalker(Struct, frozen=True):
    """Walks one field chain the slow way, with all of Go's rules.

    `call` has the arguments for a method at its end; `range_slot` is that of the range at whose
    element the chain starts, 0 if it starts at none.
    """

    failures: Failures
    idents: tuple[str, ...]
    call: Call
    range_slot: int

    def walk(self, frame: Frame, dot: Any, receiver: Any, piped: Any = None) -> Any:
        """Return the value at the end of the chain, MISSING or None included."""
        value = receiver
        last = len(self.idents) - 1
        has_args = bool(self.call.operands) or self.call.final is not None
        # Elements of lists and maps of interface{} keep that type until a variable drops it.
        is_plain = self.range_slot and not frame.variables[self.range_slot]
        static = _INTERFACE if is_plain else None
        holder: Any = None
        for index, name in enumerate(self.idents):
            if value is MISSING:
                return MISSING
            if value is None:
                self._fail(frame, f"nil pointer evaluating interface {{}}.{name}")
            if isinstance(value, dict):
                if has_args and index == last:
                    self._fail(frame, f"{name} is not a method but has arguments")
                holder = value
                value = holder.get(name, MISSING)
                continue
            method = value.go_methods.get(name) if isinstance(value, GoObject) else None
            if method is None:
                if holder is not None:
                    static = _INTERFACE if type_name(holder).endswith("{}") else None
                self._cannot(frame, name, value, static)
            call = self.call if index == last else replace(self.call, operands=(), final=None)
            value = self._invoke(frame, dot, method, value, call, piped)
            static = holder = None
        return value

    def _invoke(
        self,
        frame: Frame,
        dot: Any,
        method: Function,
        receiver: GoObject,
        call: Call,
        piped: Any,
    ) -> Any:
        if call.final is not None:
            call = replace(call, final=Compiled(lambda _frame, _dot: piped, call.at))
        # Methods are rare, so each call is put together anew, which is dear.
        charge_steps(frame, self.failures, self.call.at, _METHOD_STEPS)
        bound = Function(
            method.name,
            partial(method.impl, receiver),
            method.params,
            method.variadic,
            needs_meter=method.needs_meter,
        )
        return compile_call(self.failures, bound, call).run(frame, dot)

    def _cannot(self, frame: Frame, name: str, value: Any, static: str | None) -> NoReturn:
        kind = static or type_name(value)
        if isinstance(value, GoObject) and name in value.go_unexported:
            self._fail(frame, f"{name} is an unexported field of struct type {kind}")
        self._fail(frame, f"can't evaluate field {name} in type {kind}")

    def _fail(self, frame: Frame, message: str) -> NoReturn:
        raise self.failures.error(frame, self.call.at, message)


def fast_chain(
    first: Compiled | None, idents: tuple[str, ...], walker: FieldWalker, null: Any
) -> Eval:
    """Return the closure of a chain without arguments; `null` is what an explicit null gives.

    `first` is where the chain starts, None for dot.
    """
    if first is not None:
        return _from_value(first.run, idents, walker, null)
    if len(idents) <= len(_FROM_DOT):
        return _FROM_DOT[len(idents) - 1](idents, walker, null)

    def run(frame: Frame, dot: Any) -> Any:
        value = dot
        try:
            for name in idents:
                value = value[name]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, dot)
        return null if value is None else value

    return run


def _from_value(first: Eval, idents: tuple[str, ...], walker: FieldWalker, null: Any) -> Eval:
    def run(frame: Frame, dot: Any) -> Any:
        receiver = value = first(frame, dot)
        try:
            for name in idents:
                value = value[name]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, receiver)
        return null if value is None else value

    return run


def _one(idents: tuple[str, ...], walker: FieldWalker, null: Any) -> Eval:
    (name,) = idents

    def run(frame: Frame, dot: Any) -> Any:
        try:
            value = dot[name]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, dot)
        return null if value is None else value

    return run


def _two(idents: tuple[str, ...], walker: FieldWalker, null: Any) -> Eval:
    name1, name2 = idents

    def run(frame: Frame, dot: Any) -> Any:
        try:
            value = dot[name1][name2]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, dot)
        return null if value is None else value

    return run


def _three(idents: tuple[str, ...], walker: FieldWalker, null: Any) -> Eval:
    name1, name2, name3 = idents

    def run(frame: Frame, dot: Any) -> Any:
        try:
            value = dot[name1][name2][name3]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, dot)
        return null if value is None else value

    return run


def _four(idents: tuple[str, ...], walker: FieldWalker, null: Any) -> Eval:
    name1, name2, name3, name4 = idents

    def run(frame: Frame, dot: Any) -> Any:
        try:
            value = dot[name1][name2][name3][name4]
        except _NO_ENTRY:
            value = walker.walk(frame, dot, dot)
        return null if value is None else value

    return run


_FROM_DOT: Final = (_one, _two, _three, _four)
