"""A policy whose templates are compiled: which sources it selects, and what it calls them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from clusterimport.engine.ambiguity import Ambiguity, name_ambiguity
from clusterimport.engine.errors import (
    FAILED_PARSE_LIFECYCLE_NAME,
    FAILED_PARSE_SOURCE_SELECTOR,
    FAILED_REFERENCE_RESOURCE_PARSE,
    FAILED_RESOLVE_AND_DECODE,
    INVALID_POLICY,
    WAIT_CREATION_CONDITION,
    InvalidPolicy,
)
from clusterimport.engine.evaluation import (
    CONDITION,
    NAME,
    REFERENCE,
    SELECTOR,
    TEMPLATE,
    Compiler,
    Program,
    ProgramCache,
    source_data,
)
from clusterimport.engine.literals import constant_problem, document_problem
from clusterimport.engine.naming import is_namespace, is_subdomain, label_problem, refused_type
from clusterimport.engine.references import literal_problem, watched_namespaces
from clusterimport.engine.usage import SourceInputs, unknown_data
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Object
from clusterimport.model.policy import PolicyRecord, ReferenceType

SELECTOR_FIELD: Final = "spec.source.selectorTemplate"
NAME_FIELD: Final = "spec.nameTemplate"
TEMPLATE_FIELD: Final = "spec.template"
CONDITION_FIELD: Final = "spec.creationCondition"


class CompiledPolicy:
    """The part of a policy that looks at sources alone. Immutable and free of I/O."""

    def __init__(
        self,
        record: PolicyRecord,
        *,
        selector: Program | None,
        name: Program,
        namespaces: tuple[tuple[str, ...] | None, ...],
        fixed_namespaces: Mapping[str, str],
        inputs: SourceInputs,
        awaited: SourceInputs,
    ) -> None:
        self.record = record
        self.inputs = inputs
        """What the templates of name, references and PediaCluster read of a source."""
        self.awaited = awaited
        """What the creation condition reads of it, which counts until the PediaCluster is there."""
        self.fixed_namespaces = fixed_namespaces
        """The namespace of each reference that has a literal one, by its key."""
        self._selector = selector
        self._name = name
        self._namespaces = namespaces

    @cached_property
    def name_ambiguity(self) -> Ambiguity | None:
        """Why sources of two namespaces may have one name, should the type be namespaced."""
        return name_ambiguity(self.record.source, self._name.template)

    def selects(self, source: Object) -> bool:
        """Whether the selector takes a source.

        Raises EvaluationError (FailedParseSourceSelector), which is neither yes nor no.
        """
        return self._selector is None or self._selector.truth(source_data(source))

    def selector_text(self, source: Object) -> str:
        """Return what the selector prints, which may be data; raises as ``selects`` does."""
        return "true" if self._selector is None else self._selector.text(source_data(source))

    def lifecycle_name(self, source: Object) -> str:
        """Return the name of the source's lifecycle and PediaCluster, a valid RFC 1123 subdomain.

        Raises EvaluationError (FailedParseLifecycleName).
        """
        name = self._name.text(source_data(source)).strip()
        if not name:
            raise self._name.error("prints no name for this source; check the fields it reads")
        if not is_subdomain(name):
            raise self._name.error(
                "prints something that cannot be a name for this source: use at most 253 lower "
                "case letters, digits, `-` and `.`, beginning and ending with a letter or digit"
            )
        return name

    def reference_namespaces(self, index: int) -> tuple[str, ...] | None:
        """Return the only namespaces in which a reference can be; None means any of them."""
        return self._namespaces[index]


def compile_policy(record: PolicyRecord, programs: ProgramCache) -> CompiledPolicy:
    """Compile all templates of a policy; raises InvalidPolicy with every problem at once.

    Its reason is Clusterpedia's for the selector or the name where only that is at fault.
    """
    compiler = Compiler(programs)
    problems = compiler.problems
    reason = refused_type(record.source.group, record.source.resource)
    if reason:
        problems.append(FieldProblem("spec.source", reason, Rule.REFUSED_TYPE))
    selector = None
    if record.source.selector_template.strip():
        selector = compiler.compile(
            record.source.selector_template, SELECTOR_FIELD, SELECTOR, FAILED_PARSE_SOURCE_SELECTOR
        )
    name = compiler.compile(record.name_template, NAME_FIELD, NAME, FAILED_PARSE_LIFECYCLE_NAME)
    for program in (selector, name):
        problems += unknown_data(program, (), has_references=False)
    namespaces, fixed, resolving = _compile_references(record.references, compiler)
    keys = [reference.key for reference in record.references]
    template = compiler.compile(
        record.template, TEMPLATE_FIELD, TEMPLATE, FAILED_RESOLVE_AND_DECODE
    )
    condition = compiler.compile(
        record.creation_condition, CONDITION_FIELD, CONDITION, WAIT_CREATION_CONDITION
    )
    for program in (template, condition):
        problems += unknown_data(program, keys)
    problems += filter(None, (document_problem(template), constant_problem(condition)))
    if problems or name is None or template is None:
        raise InvalidPolicy(problems, reason=_reason(problems), causes=compiler.causes)
    is_secret = record.source.group_resource == SECRETS.group_resource
    return CompiledPolicy(
        record,
        selector=selector,
        name=name,
        namespaces=namespaces,
        fixed_namespaces=fixed,
        inputs=SourceInputs([name, *resolving, template], is_secret=is_secret),
        awaited=SourceInputs(filter(None, [condition]), is_secret=is_secret),
    )


def reference_field(key: str, name: str) -> str:
    """Return how messages call a field of a reference."""
    return f"spec.references[{key}].{name}"


def _compile_references(
    references: Sequence[ReferenceType], compiler: Compiler
) -> tuple[tuple[tuple[str, ...] | None, ...], Mapping[str, str], list[Program]]:
    namespaces: list[tuple[str, ...] | None] = []
    programs: list[Program] = []
    fixed: dict[str, str] = {}
    earlier: list[str] = []
    for reference in references:
        where = f"spec.references[{reference.key}]"
        reason = refused_type(reference.group, reference.resource)
        if reason:
            compiler.problems.append(FieldProblem(where, reason, Rule.REFUSED_TYPE))
        if reference.key in earlier:
            told = "this key is used twice"
            compiler.problems.append(FieldProblem(where, told, Rule.DUPLICATE_KEY))
        compiler.problems += _selector_problems(reference)
        literal = ""
        for text, name in (
            (reference.namespace_template, "namespaceTemplate"),
            (reference.name_template, "nameTemplate"),
        ):
            if not text:
                continue
            field = reference_field(reference.key, name)
            program = compiler.compile(text, field, REFERENCE, FAILED_REFERENCE_RESOURCE_PARSE)
            compiler.problems += unknown_data(program, earlier)
            programs += [program] if program is not None else []
            if program is not None and name == "namespaceTemplate":
                literal = (program.template.literal_text() or "").strip()
                if literal and not is_namespace(literal):
                    told = "is not the name of a namespace"
                    compiler.problems.append(FieldProblem(field, told, Rule.NAMESPACE_NAME))
        problem = literal_problem(
            reference, literal, reference_field(reference.key, "allowedNamespaces")
        )
        if problem:
            compiler.problems.append(problem)
        namespaces.append(watched_namespaces(literal, reference.allowed_namespaces))
        if literal:
            fixed[reference.key] = literal
        earlier.append(reference.key)
    return tuple(namespaces), fixed, programs


def _selector_problems(reference: ReferenceType) -> Iterator[FieldProblem]:
    """Yield the labels of a selector that no object can have; the server would refuse to list."""
    selector = reference.label_selector
    for each in selector.requirements if selector is not None else ():
        if any(label_problem(each.key, value) for value in each.values or ("",)):
            field = reference_field(reference.key, "labelSelector")
            yield FieldProblem(field, f"no object can have such a label, or such a value: {each}")


def _reason(problems: Sequence[FieldProblem]) -> str:
    fields = {problem.path for problem in problems}
    if fields == {SELECTOR_FIELD}:
        return FAILED_PARSE_SOURCE_SELECTOR
    return FAILED_PARSE_LIFECYCLE_NAME if fields == {NAME_FIELD} else INVALID_POLICY
