"""What is wrong with a template by its own text alone, whatever the sources are like."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from clusterimport.engine.document import RenderedCluster, decode_document
from clusterimport.engine.errors import DocumentError, EvaluationError
from clusterimport.engine.evaluation import FUNCTIONS, Program
from clusterimport.engine.output import Output, OutputSpan
from clusterimport.engine.usage import paths_read
from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.functions import Function, Structure
from clusterimport.model.fields import FieldProblem, Rule

_SHOWN: Final = 40
"""How many characters of a constant are shown."""
_BASE64: Final = "eHh4"
_FILLERS: Final = ("true", _BASE64, "abcd")
"""What an action may print, as far as any field takes it: a boolean, or small or mixed letters.

All are base64, or a byte field would end each reading before what is wrong below it is seen.
"""
_MAX_CHARACTERS: Final = 4 * 1024
"""Longer templates are not looked at: it is done half a dozen times, in one step of the loop."""
_MAX_CALLS: Final = 8
"""How deeply templates that call one another are followed."""


def constant_problem(program: Program | None) -> FieldProblem | None:
    """Find a creation condition that reads nothing and is not true: so it is for every cluster.

    (A selector may well say `false`: that takes everything back.)
    """
    if program is None or paths_read(program.template):
        return None
    try:
        text = program.text({})
    except EvaluationError as error:
        problem = f"fails for every cluster: {error.message}"
        return FieldProblem(program.field, problem, Rule.NEVER_TRUE)
    if program.is_true(text):
        return None
    printed = text.strip()[:_SHOWN]
    said = f"always prints `{printed}`" if printed else "always prints nothing"
    problem = f"{said} and never `true`: no cluster is ever created"
    return FieldProblem(program.field, problem, Rule.NEVER_TRUE)


def document_problem(program: Program | None) -> FieldProblem | None:
    """Find literal text of a template that can never be a PediaCluster.

    The text is read with stand-ins for what actions print, once with all that stands in
    conditions and lists and once with nothing of it. What is wrong each time is wrong always.
    """
    if program is None or len(program.template.text) > _MAX_CHARACTERS:
        return None
    try:
        error = None if _makes_structure(program) else _common_error(program)
    except RecursionError:
        # Deep templates that call deep ones are not followed.
        return None
    if error is None:
        return None
    place = f"line {error.line}: " if error.line else ""
    problem, rule = f"{place}{error.problem}", Rule.INVALID_DOCUMENT
    return FieldProblem(program.field, problem, rule, error.line, error.column)


def sketched_cluster(program: Program) -> RenderedCluster | None:
    """Return what a template makes with stand-ins for all values, every block taken once.

    None where that is no PediaCluster, or an action may print whole fields.
    """
    if len(program.template.text) > _MAX_CHARACTERS:
        return None
    try:
        if _makes_structure(program):
            return None
        return decode_document(_Sketch(program, _BASE64, with_blocks=True).output())
    except (DocumentError, RecursionError):
        return None


def _common_error(program: Program) -> DocumentError | None:
    """Return what every reading ends with, None where one ends well, or two otherwise."""
    first: DocumentError | None = None
    for with_blocks in (True, False):
        for filler in _FILLERS:
            try:
                decode_document(_Sketch(program, filler, with_blocks=with_blocks).output())
            except DocumentError as error:
                # The place of the first is told: nothing is left out of its text.
                first = first or error
                if error.problem != first.problem:
                    return None
            else:
                return None
    return first


class _Sketch:
    """The literal text of a template with one and the same filler for every action."""

    def __init__(self, program: Program, filler: str, *, with_blocks: bool) -> None:
        self._trees = program.template.trees
        self._template = program.template
        self._filler = filler
        self._with_blocks = with_blocks
        self._length = 0
        self._spans: list[OutputSpan] = []

    def output(self) -> Output:
        """Return it with the places of the fillers."""
        text = "".join(self._nodes(self._template.tree, 0))
        return Output(text, tuple(self._spans), self._template.text)

    def _nodes(self, tree: nodes.NodeList | None, depth: int) -> Iterator[str]:
        for node in tree.nodes if tree is not None else ():
            match node:
                case nodes.Text(text=text):
                    self._length += len(text)
                    yield text
                case nodes.Action(pipe=pipe) if not pipe.variables:
                    yield self._filled(node)
                case nodes.If() | nodes.With() | nodes.Range():
                    yield from self._nodes(node.body if self._with_blocks else node.orelse, depth)
                case nodes.TemplateCall(name=name) if depth < _MAX_CALLS:
                    yield from self._nodes(self._trees.get(name), depth + 1)

    def _filled(self, node: nodes.Action) -> str:
        line = self._template.text.count("\n", 0, node.pos) + 1
        column = node.pos - self._template.text.rfind("\n", 0, node.pos)
        end = self._length + len(self._filler)
        self._spans.append(OutputSpan(self._length, end, line, column, Structure.SCALAR))
        self._length = end
        return self._filler


def _makes_structure(program: Program) -> bool:
    """Whether an action may print YAML or JSON, for which no filler can stand."""
    return any(
        isinstance(entry := FUNCTIONS.get(name), Function) and entry.structure is Structure.MAKES
        for tree in program.template.trees.values()
        for name in _functions(tree)
    )


def _functions(node: Any) -> Iterator[str]:
    match node:
        case nodes.Identifier(name=name):
            yield name
        case tuple():
            for item in node:
                yield from _functions(item)
        case Struct() if type(node).__module__ == nodes.__name__:
            for name in node.__struct_fields__:
                yield from _functions(getattr(node, name))
