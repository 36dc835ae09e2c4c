"""Compile statements to closures over the frame: chosen once, run many times.

Work is charged where it repeats: an iteration of a range and a call of a template pay for all
the calls their body can make, so that a single call costs nothing to count.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from clusterimport.gotemplate.coverage import Branch, Coverage
from clusterimport.gotemplate.errors import LimitError
from clusterimport.gotemplate.expressions import ExpressionCompiler
from clusterimport.gotemplate.frame import (
    UNSET,
    Eval,
    Failures,
    Frame,
    Place,
    PrintSite,
    Run,
    Source,
    charge_size,
    charge_steps,
)
from clusterimport.gotemplate.functions import Entry
from clusterimport.gotemplate.nodes import (
    Action,
    Break,
    Continue,
    If,
    NodeList,
    Range,
    Statement,
    TemplateCall,
    Text,
    With,
)
from clusterimport.gotemplate.printf import display, quote
from clusterimport.gotemplate.statements import (
    Loop,
    Setter,
    break_loop,
    continue_loop,
    continuing,
    if_,
    nothing,
    sequence_of,
    slot_setter,
    with_,
)
from clusterimport.gotemplate.structure import Printings
from clusterimport.gotemplate.values import MISSING

__all__ = ["CompiledTemplate", "compile_templates"]

# Weights are eighths of a step.
_STATEMENT: Final = 4
_PRINT: Final = 8
_CALL: Final = 32
_JUMP: Final = 8
_TEXT_SHIFT: Final = 4

_Way = TypeVar("_Way", Run, Run | None)


class CompiledTemplate:
    """A template ready to run; calls refer to it before its body is compiled."""

    __slots__ = ("body", "mutates", "variables", "weight")

    def __init__(self) -> None:
        self.body: Run = nothing
        self.variables: list[Any] = []
        self.weight = 0
        self.mutates = False


def compile_templates(
    source: Source,
    trees: Mapping[str, NodeList],
    functions: Mapping[str, Entry],
    *,
    traced: bool = False,
    coverage: Coverage | None = None,
) -> dict[str, CompiledTemplate]:
    """Compile all trees; traced ones note where each action printed."""
    compiled = {name: CompiledTemplate() for name in trees}
    printings = Printings(trees, functions) if traced else None
    for name, tree in trees.items():
        statements = _StatementCompiler(source, name, functions, compiled, printings, coverage)
        statements.compile(tree)
    return compiled


class _StatementCompiler:
    """Compiles one template of a source."""

    def __init__(
        self,
        source: Source,
        name: str,
        functions: Mapping[str, Entry],
        templates: Mapping[str, CompiledTemplate],
        printings: Printings | None,
        coverage: Coverage | None,
    ) -> None:
        self._source = source
        self._coverage = coverage
        self._failures = Failures(source, name)
        self._expressions = ExpressionCompiler(self._failures, functions)
        self._templates = templates
        self._target = templates[name]
        self._printings = printings
        self._jumps = 0

    def compile(self, tree: NodeList) -> None:
        """Fill in the template."""
        expressions = self._expressions
        self._target.body = self._list(tree)
        self._target.variables = [UNSET] * (expressions.scope.slots - 1)
        self._target.weight = _steps(expressions.weight)
        self._target.mutates = expressions.mutates

    def _list(self, nodes: NodeList | None) -> Run:
        expressions = self._expressions
        steps: list[tuple[str, Run]] = []
        text = ""
        expressions.weight += _STATEMENT * len(nodes.nodes) if nodes else 0
        for node in nodes.nodes if nodes else ():
            if isinstance(node, Text):
                text += node.text
                expressions.weight += len(node.text) >> _TEXT_SHIFT
            else:
                steps.append((text, self._statement(node)))
                text = ""
        return sequence_of(steps, text)

    def _statement(self, node: Statement) -> Run:
        match node:
            case Action():
                pipeline = self._expressions.pipeline(node.pipe).run
                return pipeline if node.pipe.variables else self._print(node, pipeline)
            case If() | With():
                return self._branch(node)
            case Range():
                return self._range(node)
            case TemplateCall():
                return self._call(node)
            case Break():
                return self._jump(break_loop)
            case Continue():
                return self._jump(continue_loop)
        raise TypeError(f"no statement: {node}")

    def _jump(self, run: Run) -> Run:
        self._jumps += 1
        self._expressions.weight += _JUMP
        return run

    def _print(self, node: Action, value: Eval) -> Run:
        self._expressions.weight += _PRINT
        failures = self._failures
        if self._printings is not None:
            site = PrintSite(*self._source.place(node.pos), *self._printings.of(node.pipe))
            return _traced(site, failures, node, value)

        def run(frame: Frame, dot: Any) -> None:
            result = value(frame, dot)
            if type(result) is not str:
                result = _displayed(frame, failures, node, result)
            elif len(result) > frame.meter.limits.free_bytes:
                charge_size(frame, failures, node, len(result))
            frame.out(result)

        return run

    def _branch(self, node: If | With) -> Run:
        scope = self._expressions.scope
        mark = scope.mark()
        condition = self._expressions.pipeline(node.pipe).run
        after_pipe = scope.mark()
        is_with = isinstance(node, With)
        body = self._body(node.body, range_slot=0) if is_with else self._list(node.body)
        scope.release(after_pipe)
        orelse = None if node.orelse is None else self._list(node.orelse)
        scope.release(mark)
        body = self._watched(node, body, taken=True)
        orelse = self._watched(node, orelse, taken=False)
        if is_with:
            return with_(condition, body, orelse)
        return if_(condition, body, orelse)

    def _watched(self, node: If | With | Range, run: _Way, *, taken: bool) -> _Way:
        """Return one way on from a node; where somebody watches, one that is counted."""
        if self._coverage is None:
            return run
        branch = Branch(*self._source.place(node.pos), type(node).__name__.lower(), taken)
        return self._coverage.watched(branch, run)

    def _body(self, nodes: NodeList, *, range_slot: int) -> Run:
        """Compile a body whose dot is another one."""
        expressions = self._expressions
        outer, expressions.dot_range_slot = expressions.dot_range_slot, range_slot
        body = self._list(nodes)
        expressions.dot_range_slot = outer
        return body

    def _range(self, node: Range) -> Run:
        expressions = self._expressions
        scope = expressions.scope
        mark = scope.mark()
        slot = scope.reserve()
        collection = expressions.pipeline(node.pipe, range_slot=slot)
        after_pipe = scope.mark()
        setter = self._range_setter(node, collection.at)
        outer_weight, expressions.weight = expressions.weight, 0
        jumps, self._jumps = self._jumps, 0
        body = self._body(node.body, range_slot=slot)
        body = self._watched(node, body, taken=True)
        if self._jumps:
            body = continuing(body)
        weight = _steps(expressions.weight)
        names = len(node.pipe.variables)
        loop = Loop(self._failures, collection, slot, names, setter, body, weight)
        breaks = bool(self._jumps)
        self._jumps = jumps
        expressions.weight = outer_weight
        scope.release(after_pipe)
        scope.settle(mark)
        orelse = None if node.orelse is None else self._list(node.orelse)
        orelse = self._watched(node, orelse, taken=False)
        scope.release(mark)
        # A break in the else list leaves this range only; a continue is the outer one's.
        return loop.run(orelse, breaks=breaks or self._jumps > jumps)

    def _range_setter(self, node: Range, at: Place) -> Setter | None:
        """Return what stores key and element in the variables of a range."""
        names = [variable.idents[0] for variable in node.pipe.variables]
        if not names:
            return None
        scope = self._expressions.scope
        writers = [scope.writer(name, at) for name in names]
        if not node.pipe.is_assign:
            slots = [scope.candidates(name)[0].slot for name in names]
            if len(names) > 1 and names[0] == names[1]:
                slots[0] -= 1
            return slot_setter(slots)
        *key_writers, element_writer = writers

        def assign(frame: Frame, key: Any, element: Any) -> None:
            for write in key_writers:
                write(frame, key)
            element_writer(frame, element)

        return assign

    def _call(self, node: TemplateCall) -> Run:
        failures = self._failures
        target = self._templates.get(node.name)
        if target is None:
            message = f"template {quote(node.name)} not defined"

            def undefined(frame: Frame, _dot: Any) -> None:
                raise failures.error(frame, node, message)

            return undefined
        self._expressions.weight += _CALL
        argument = None if node.pipe is None else self._expressions.pipeline(node.pipe).run

        def run(frame: Frame, dot: Any) -> None:
            limits = frame.meter.limits
            if frame.depth >= limits.template_depth:
                error = LimitError(f"exceeded maximum template depth ({limits.template_depth})")
                raise failures.limited(frame, node, error)
            data = MISSING if argument is None else argument(frame, dot)
            charge_steps(frame, failures, node, target.weight)
            inner = Frame(
                [data, *target.variables],
                frame.chunks,
                frame.out,
                frame.spans,
                frame.meter,
                frame.depth + 1,
            )
            target.body(inner, data)

        return run


def _steps(weight: int) -> int:
    """Return what is charged for running something of this weight once."""
    return 1 + (weight >> 3)


def _displayed(frame: Frame, failures: Failures, at: Place, value: Any) -> str:
    if type(value) is str:
        return value
    try:
        text = display(value, frame.meter)
        if len(text) > frame.meter.limits.free_bytes:
            frame.meter.size(len(text))
    except LimitError as error:
        raise failures.limited(frame, at, error) from error
    return text


def _traced(site: PrintSite, failures: Failures, node: Action, value: Eval) -> Run:
    def run(frame: Frame, dot: Any) -> None:
        result = _displayed(frame, failures, node, value(frame, dot))
        if len(result) > frame.meter.limits.free_bytes:
            charge_size(frame, failures, node, len(result))
        frame.spans.append((len(frame.chunks), site))
        frame.out(result)

    return run
