"""A lifecycle whose templates are compiled: from source and references to a PediaCluster."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster, decode_document
from clusterimport.engine.errors import (
    FAILED_REFERENCE_RESOURCE_PARSE,
    FAILED_RESOLVE_AND_DECODE,
    WAIT_CREATION_CONDITION,
    InvalidPolicy,
)
from clusterimport.engine.evaluation import (
    CONDITION,
    REFERENCE,
    TEMPLATE,
    Compiler,
    Program,
    ProgramCache,
    full_data,
)
from clusterimport.engine.naming import is_namespace, is_path_segment
from clusterimport.engine.policy import CONDITION_FIELD, TEMPLATE_FIELD, reference_field
from clusterimport.engine.references import ReferenceGuard, ReferenceTarget, watched_namespaces
from clusterimport.engine.usage import digest_of, found_at, paths_read, references_read
from clusterimport.model.lifecycle import LifecycleRecord, LifecycleReference
from clusterimport.model.meta import Object, ObjectKey

__all__ = [
    "CompiledLifecycle",
    "ConditionOutcome",
    "ReferenceGuard",
    "ReferenceTarget",
    "RenderedCluster",
    "compile_lifecycle",
]


class ConditionOutcome(NamedTuple):
    """One evaluation of a creation condition."""

    is_met: bool
    printed: str
    """``nothing``, ``false`` in quotes, or how much of something else."""
    inputs: bytes
    """A digest of what the condition reads; equal as long as it need not be asked again."""


class _Reference(NamedTuple):
    """A reference with its programs; without a namespace program it is cluster-scoped."""

    record: LifecycleReference
    namespace: Program | None
    name: Program
    literal_namespace: str


class CompiledLifecycle:
    """The evaluation of one lifecycle. Immutable and free of I/O."""

    def __init__(
        self,
        record: LifecycleRecord,
        guard: ReferenceGuard,
        *,
        references: Sequence[_Reference],
        template: Program,
        condition: Program,
    ) -> None:
        self.record = record
        self._guard = guard
        self._references = tuple(references)
        self._template = template
        self._condition = condition
        self._read_by_template = references_read(template.template)

    def reference_target(
        self, index: int, source: Object, found: Mapping[str, Object]
    ) -> ReferenceTarget:
        """Resolve the reference at an index, given the objects of the earlier ones by key.

        Raises EvaluationError (FailedReferenceResourceParse), ReferenceDenied among them.
        """
        reference = self._references[index]
        data = full_data(source, found)
        namespace = ""
        if reference.namespace is not None:
            namespace = reference.namespace.text(data).strip()
            if not is_namespace(namespace):
                raise reference.namespace.error(_useless("namespace", namespace))
        name = reference.name.text(data).strip()
        if not is_path_segment(name):
            raise reference.name.error(_useless("name", name))
        target = ReferenceTarget(reference.record.key, reference.record.gvr, namespace, name)
        self._guard.check_target(
            self.record.source,
            reference.record,
            target,
            namespace_is_literal=bool(reference.literal_namespace),
        )
        return target

    def reference_namespaces(self, index: int) -> tuple[str, ...] | None:
        """Return the only namespaces in which a reference can be; None means any of them."""
        reference = self._references[index]
        return watched_namespaces(reference.literal_namespace, reference.record.allowed_namespaces)

    def check_reference(self, index: int, obj: Object) -> None:
        """Refuse Secrets that no cluster should be imported with; raises ReferenceDenied."""
        reference = self._references[index].record
        self._guard.check_object(reference, obj, self.record.options)

    def creation_condition_met(self, source: Object, references: Mapping[str, Object]) -> bool:
        """Evaluate the creation condition; raises EvaluationError (WaitCreationCondition)."""
        return self.creation_condition(source, references).is_met

    def creation_condition(
        self, source: Object, references: Mapping[str, Object]
    ) -> ConditionOutcome:
        """Evaluate it and tell what it printed; raises EvaluationError (WaitCreationCondition)."""
        return evaluate_condition(self._condition, full_data(source, references))

    def condition_text(self, source: Object, references: Mapping[str, Object]) -> str:
        """Return what the creation condition prints, which may be data; raises as it does."""
        return self._condition.text(full_data(source, references))

    def render(self, source: Object, references: Mapping[str, Object]) -> RenderedCluster:
        """Render, decode and check the PediaCluster.

        Raises EvaluationError (FailedResolveAndDecodePediaCluster), DocumentError among them,
        CredentialRejected and IncompleteCredentials.
        """
        output = self._template.output(full_data(source, references), self.record.template)
        rendered = decode_document(output)
        origin = self._origin(references)
        return check_connection(rendered, self._guard.rules, self.record.options, origin=origin)

    def _origin(self, references: Mapping[str, Object]) -> str:
        """Name the objects that credentials come from: references, else the source."""
        used = self._read_by_template
        names = [
            _origin(reference.record, obj)
            for reference in self._references
            if (obj := references.get(reference.record.key)) is not None
            and (used is None or reference.record.key in used)
        ]
        return " or ".join(names) if names else str(self.record.source)


def compile_lifecycle(
    record: LifecycleRecord, programs: ProgramCache, guard: ReferenceGuard
) -> CompiledLifecycle:
    """Compile all templates of a lifecycle; raises InvalidPolicy with every problem at once."""
    compiler = Compiler(programs)
    references = [
        compiled
        for reference in record.references
        if (compiled := _compile_reference(reference, compiler))
    ]
    template = compiler.compile(
        record.template, TEMPLATE_FIELD, TEMPLATE, FAILED_RESOLVE_AND_DECODE
    )
    condition = compiler.compile(
        record.creation_condition, CONDITION_FIELD, CONDITION, WAIT_CREATION_CONDITION
    )
    if compiler.problems or template is None or condition is None:
        raise InvalidPolicy(compiler.problems, causes=compiler.causes)
    return CompiledLifecycle(
        record, guard, references=references, template=template, condition=condition
    )


def evaluate_condition(program: Program, data: Mapping[str, Any]) -> ConditionOutcome:
    """Evaluate a condition; raises EvaluationError."""
    # Before the template runs: it may change what it is given.
    inputs = digest_of(found_at(data, path) for path in paths_read(program.template))
    text = program.text(data)
    return ConditionOutcome(program.is_true(text), _described(text.strip()), inputs)


def _described(text: str) -> str:
    if not text:
        return "nothing"
    if text.lower() == "false":
        return "`false`"
    return f"something else of {len(text)} characters"


def _compile_reference(reference: LifecycleReference, compiler: Compiler) -> _Reference | None:
    namespace = None
    literal = ""
    if reference.namespace_template:
        field = reference_field(reference.key, "namespaceTemplate")
        namespace = compiler.compile(
            reference.namespace_template, field, REFERENCE, FAILED_REFERENCE_RESOURCE_PARSE
        )
        if namespace is not None:
            literal = (namespace.template.literal_text() or "").strip()
    name = compiler.compile(
        reference.name_template,
        reference_field(reference.key, "nameTemplate"),
        REFERENCE,
        FAILED_REFERENCE_RESOURCE_PARSE,
    )
    if name is None:
        return None
    return _Reference(reference, namespace, name, literal)


def _origin(reference: LifecycleReference, obj: Object) -> str:
    metadata = obj.get("metadata") or {}
    key = ObjectKey(metadata.get("namespace") or "", metadata.get("name") or "")
    return f"{reference.gvr.group_resource} {key}"


def _useless(what: str, text: str) -> str:
    if not text:
        return f"prints no {what} for this source; check the fields it reads"
    return f"prints something that cannot be a {what} for this source"
