"""Compiling and rendering one template of a policy, with errors that name its field.

Policies and lifecycles share most of their templates, so that each text is compiled once. Go's own
error texts may quote data; only the safe messages of the interpreter get past here.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from clusterimport.engine.errors import ProgramError
from clusterimport.engine.metrics import EngineMetrics, NullEngineMetrics
from clusterimport.engine.output import Output, OutputSpan
from clusterimport.gotemplate import extensions
from clusterimport.gotemplate.errors import GoTemplateError, LimitError, RefusedFunctionError
from clusterimport.gotemplate.functions import Entry
from clusterimport.gotemplate.template import DEFAULT, Template
from clusterimport.limits.counted import Limit
from clusterimport.limits.templates import COMPILED_TEMPLATES
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.meta import Object
from clusterimport.model.objects import content_of
from clusterimport.traces import without_frames

SELECTOR: Final = "selector"
NAME: Final = "name"
REFERENCE: Final = "reference"
CONDITION: Final = "condition"
TEMPLATE: Final = "template"
KINDS: Final = (SELECTOR, NAME, REFERENCE, CONDITION, TEMPLATE)
"""What `EngineMetrics.evaluated` is told."""

_NO_VALUE: Final = "<no value>"
_UNKNOWN_FUNCTION: Final = re.compile(r'function "[^"]*" not defined')
_GO_PLACE: Final = re.compile(r"template: .*?:\d+(?::\d+)?: ")
FUNCTIONS: Final[Mapping[str, Entry]] = MappingProxyType({**DEFAULT, **extensions.FUNCTIONS})
"""Of a policy's templates: Go's, sprig's and our own."""


class Program(NamedTuple):
    """A compiled template, the field it comes from, and what its failure is called."""

    template: Template
    field: str
    kind: str
    reason: str
    metrics: EngineMetrics

    def text(self, data: Mapping[str, Any]) -> str:
        """Render to text in which missing values are nothing; raises ProgramError."""
        self.metrics.evaluated(self.kind)
        try:
            text = self.template.render(data)
        except GoTemplateError as error:
            raise self._failed(error) from None
        return text.replace(_NO_VALUE, "") if _NO_VALUE in text else text

    def truth(self, data: Mapping[str, Any]) -> bool:
        """Render a condition; raises ProgramError."""
        return self.is_true(self.text(data))

    @staticmethod
    def is_true(text: str) -> bool:
        """Whether a condition printed `true`, whatever its case and the white space around."""
        return text.strip().lower() == "true"

    def output(self, data: Mapping[str, Any], source: str) -> Output:
        """Render to text with the places that actions printed; raises ProgramError."""
        self.metrics.evaluated(self.kind)
        try:
            rendered = self.template.render_traced(data)
        except GoTemplateError as error:
            raise self._failed(error) from None
        spans = tuple(
            OutputSpan(
                span.start, span.end, span.line, span.column + 1, span.structure, span.layout
            )
            for span in rendered.spans
        )
        return Output(rendered.text, spans, source)

    def error(self, problem: str) -> ProgramError:
        """Make the error for an output that is of no use."""
        return ProgramError(self.reason, f"{self.field} {problem}", field=self.field)

    def _failed(self, error: GoTemplateError) -> ProgramError:
        _count(error, self.metrics)
        message = f"{self.field}, {explain(error)}; correct the template, or the data it reads"
        return ProgramError(self.reason, message, field=self.field, cause=error)


class ProgramCache:
    """Compiles each (text, name) once, and forgets the least recently used.

    Templates hold no state between renders, so they are shared freely; only the cache changes.
    """

    def __init__(
        self, max_entries: int = COMPILED_TEMPLATES, *, metrics: EngineMetrics | None = None
    ) -> None:
        self.metrics: EngineMetrics = metrics or NullEngineMetrics()
        self._max_entries = max_entries
        self._programs: OrderedDict[tuple[str, str], Template] = OrderedDict()

    def compile(self, text: str, name: str) -> Template:
        """Return the program of a template; raises GoTemplateError, which is not cached."""
        key = (text, name)
        program = self._programs.get(key)
        if program is None:
            program = Template(text, name=name, functions=FUNCTIONS)
            self._programs[key] = program
            if len(self._programs) > self._max_entries:
                self._programs.popitem(last=False)
        else:
            self._programs.move_to_end(key)
        return program

    def __len__(self) -> int:
        return len(self._programs)


class Compiler:
    """Compiles the templates of one object and gathers what is wrong with them."""

    def __init__(self, programs: ProgramCache) -> None:
        self._programs = programs
        self.problems: list[FieldProblem] = []
        self.causes: dict[str, GoTemplateError] = {}

    def compile(self, text: str, field: str, kind: str, reason: str) -> Program | None:
        """Compile one; None, and a problem noted, if it is no template."""
        try:
            template = self._programs.compile(text, field)
        except GoTemplateError as error:
            _count(error, self._programs.metrics)
            self.problems.append(_problem(field, error))
            self.causes[field] = without_frames(error)
            return None
        return Program(template, field, kind, reason, self._programs.metrics)


def _problem(field: str, error: GoTemplateError) -> FieldProblem:
    match error:
        case RefusedFunctionError():
            rule = Rule.REFUSED_FUNCTION
        case LimitError():
            rule = Rule.TEMPLATE_LIMIT
        case _ if _UNKNOWN_FUNCTION.search(error.safe_message):
            rule = Rule.UNKNOWN_FUNCTION
        case _:
            rule = Rule.TEMPLATE_SYNTAX
    column = 0 if error.column is None else error.column + 1
    return FieldProblem(field, explain(error), rule, error.line, column)


def _count(error: GoTemplateError, metrics: EngineMetrics) -> None:
    if isinstance(error, LimitError):
        metrics.limit_reached(Limit.TEMPLATE)


def explain(error: GoTemplateError) -> str:
    """Say where and what, without the data and without the name that the caller knows."""
    column = "" if error.column is None else f", column {error.column + 1}"
    place = f"line {error.line}{column}: " if error.line else ""
    if isinstance(error, RefusedFunctionError):
        return f"{place}the function {error.function} is refused: {error.reason}"
    return place + _GO_PLACE.sub("", error.safe_message, count=1)


def source_data(source: Object) -> dict[str, Any]:
    """Return the data of templates that see the source alone, decoded for this evaluation."""
    return {"source": content_of(source)}


def full_data(source: Object, references: Mapping[str, Object]) -> dict[str, Any]:
    """Return the data of templates that see source and references, decoded likewise."""
    found = {key: content_of(obj) for key, obj in references.items()}
    return {"source": content_of(source), "references": found}
