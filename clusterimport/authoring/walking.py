"""One policy with one source, step by step as the controller goes.

This is the one place that knows the order of the steps and what each outcome is called.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final, NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.hints import absent_data
from clusterimport.authoring.inputs import Inputs, ObjectId
from clusterimport.authoring.outcomes import Evaluated, Outcome, StepKind
from clusterimport.authoring.policies import Policy
from clusterimport.authoring.selectors import SelectorProblem, matches_fields, matches_labels
from clusterimport.authoring.standing import Destination, standing_of, without_unknown_uids
from clusterimport.authoring.trail import Ended, Trail
from clusterimport.engine.diff import create_body
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import FAILED_RESOLVE_AND_DECODE, EvaluationError
from clusterimport.engine.evaluation import Program, ProgramCache
from clusterimport.engine.lifecycle import CompiledLifecycle, ReferenceGuard, compile_lifecycle
from clusterimport.engine.ownership import taken_by_policy, taken_by_source
from clusterimport.engine.policy import (
    CONDITION_FIELD,
    NAME_FIELD,
    SELECTOR_FIELD,
    TEMPLATE_FIELD,
    reference_field,
)
from clusterimport.engine.references import ReferenceTarget, called, unlabelled_message
from clusterimport.model.lifecycle import SourceReference
from clusterimport.model.meta import Object, labels_of
from clusterimport.model.policy import Mode, UpdatePolicy

_LABELS_FIELD: Final = "spec.source.labelSelector"
_FIELDS_FIELD: Final = "spec.source.fieldSelector"


class Claim(NamedTuple):
    """Who has a name."""

    policy: str
    source: SourceReference


class Walk:
    """The steps of one policy with one source; made for one use."""

    def __init__(
        self,
        policy: Policy,
        document: Document,
        inputs: Inputs,
        *,
        programs: ProgramCache,
        guard: ReferenceGuard,
        claims: MutableMapping[str, Claim],
    ) -> None:
        self._policy = policy
        self._source = document.obj
        self._inputs = inputs
        self._programs = programs
        self._guard = guard
        self._claims = claims
        gvr = inputs.kinds.of(document.obj).gvr
        key = inputs.id_of(document.obj).key
        self._reference = SourceReference(
            gvr.group, gvr.version, gvr.resource, key.namespace, key.name
        )
        self._name = ""
        self._standing: Destination | None = None
        self._missing: ReferenceTarget | None = None
        self._trail = Trail(document.obj, policy.document)

    def evaluated(self) -> Evaluated:
        """Go as far as it goes."""
        try:
            return self._import()
        except Ended as ended:
            failure, steps = ended.failure, self._trail.steps
            hint = absent_data(steps[-1], self._programs) if steps else ""
            return self._result(
                ended.outcome,
                message="; ".join(filter(None, (failure.message, hint))),
                excerpt=failure.excerpt,
                place=failure.place,
                reason=failure.reason,
                missing=self._missing,
            )

    def _result(self, outcome: Outcome, **more: Any) -> Evaluated:
        standing = self._standing
        return Evaluated(
            policy=self._policy.record.name,
            source=self._reference,
            outcome=outcome,
            name=self._name,
            lifecycle=standing.lifecycle if standing else None,
            observed=standing.pediacluster if standing else None,
            steps=tuple(self._trail.steps),
            **more,
        )

    def _import(self) -> Evaluated:
        if self._policy.invalid is not None:
            raise Ended(self._policy.invalid.kind.error, self._policy.invalid)
        self._select()
        self._name = self._named()
        standing = self._standing = self._claimed()
        lifecycle = compile_lifecycle(standing.lifecycle, self._programs, self._guard)
        references = self._resolve(lifecycle)
        if standing.is_new:
            self._wait(lifecycle, references)
        return self._render(lifecycle, references, standing)

    def _select(self) -> None:
        source, record = self._source, self._policy.record.source
        for field, text, matches in (
            (_LABELS_FIELD, record.label_selector, matches_labels),
            (_FIELDS_FIELD, record.field_selector, matches_fields),
        ):
            if text:
                try:
                    is_taken = matches(text, source)
                except SelectorProblem as problem:
                    raise self._trail.stopped(
                        StepKind.SELECTOR, field, f"{field} {problem}"
                    ) from None
                self._trail.add(
                    StepKind.SELECTOR, field, text, str(is_taken).lower(), passed=is_taken
                )
                if not is_taken:
                    raise Ended(
                        Outcome.NOT_SELECTED,
                        self._trail.failure(field, f"{field} does not take it"),
                    )
        excess = self._inputs.excess_of(source)
        if excess is not None:
            told = f"the source cannot be read, and what was imported stays: {excess.message}"
            reason = excess.reason("Source")
            raise self._trail.stopped(StepKind.SELECTOR, "spec.source", told, reason=reason)
        if not record.selector_template.strip():
            return
        assert self._policy.compiled is not None
        field, text = SELECTOR_FIELD, record.selector_template
        try:
            printed = self._policy.compiled.selector_text(source)
        except EvaluationError as error:
            raise self._trail.failed(StepKind.SELECTOR, field, text, error) from None
        is_taken = Program.is_true(printed)
        self._trail.add(StepKind.SELECTOR, field, text, printed, passed=is_taken)
        if not is_taken:
            told = f"{field} prints {_quoted(printed)}, not true"
            raise Ended(Outcome.NOT_SELECTED, self._trail.failure(field, told))

    def _named(self) -> str:
        assert self._policy.compiled is not None
        text = self._policy.record.name_template
        try:
            name = self._policy.compiled.lifecycle_name(self._source)
        except EvaluationError as error:
            raise self._trail.failed(StepKind.NAME, NAME_FIELD, text, error) from None
        self._trail.add(StepKind.NAME, NAME_FIELD, text, name, passed=True)
        return name

    def _claimed(self) -> Destination:
        """Take the name, which the first keeps; raises Ended where another has it."""
        record = self._policy.record
        mine = Claim(record.name, self._reference)
        standing = standing_of(
            self._inputs, record, self._name, self._reference, self._policy.reference_versions
        )
        told = standing.conflict
        # What stands for another one is no claim that would keep that one out.
        claim = mine if told else self._claims.setdefault(self._name, mine)
        if claim != mine and claim.policy == record.name:
            told = taken_by_source(self._name, claim.source)
        elif claim != mine:
            told = taken_by_policy(self._name, claim.policy)
        told_or_waits = told.message if told else standing.waits
        self._trail.add(
            StepKind.CLAIM, NAME_FIELD, "", told_or_waits or self._name, passed=not told_or_waits
        )
        if told:
            failure = self._trail.failure(NAME_FIELD, told.message, reason=told.reason)
            raise Ended(Outcome.NAME_CONFLICT, failure)
        if standing.waits:
            failure = self._trail.failure(
                NAME_FIELD, standing.waits, reason="PediaClusterTerminating"
            )
            raise Ended(Outcome.WAITING, failure)
        return standing

    def _resolve(self, lifecycle: CompiledLifecycle) -> dict[str, Object]:
        found: dict[str, Object] = {}
        for position, reference in enumerate(lifecycle.record.references):
            field = reference_field(reference.key, "nameTemplate")
            text = reference.name_template
            try:
                target = lifecycle.reference_target(position, self._source, found)
                document = self._look_up(target, field, text, found)
                lifecycle.check_reference(position, document.obj)
            except EvaluationError as error:
                raise self._trail.failed(StepKind.REFERENCE, field, text, error, found) from None
            self._trail.add(
                StepKind.REFERENCE, field, text, called(target), passed=True, found=found
            )
            found[reference.key] = document.obj
        return found

    def _look_up(
        self, target: ReferenceTarget, field: str, text: str, found: Mapping[str, Object]
    ) -> Document:
        inputs = self._inputs
        id_ = ObjectId(target.gvr.group_resource, target.object_key)
        document = inputs.find(id_)
        selector = self._policy.record.label_selector(target.key)
        if document and selector and not selector.takes(labels_of(document.obj)):
            told = unlabelled_message(target, selector)
            raise self._not_found(field, text, told, found, reason="ReferenceNotSelected")
        excess = inputs.excess_of(document.obj) if document is not None else None
        if excess is not None:
            told = f"{called(target)} cannot be read: {excess.message}"
            reason = excess.reason("Reference")
            raise self._trail.stopped(StepKind.REFERENCE, field, told, reason=reason, found=found)
        if document is not None:
            return document
        self._missing = target
        told = inputs.unreadable.get(id_) or (
            f"{called(target)} is not there: add it to what is given, or see whether "
            f"spec.references[{target.key}] leads where it should"
        )
        raise self._not_found(field, text, told, found, reason="ReferenceResourceNotFound")

    def _not_found(
        self, field: str, text: str, told: str, found: Mapping[str, Object], *, reason: str
    ) -> Ended:
        self._trail.add(StepKind.REFERENCE, field, text, told, passed=False, found=found)
        return Ended(Outcome.REFERENCE_NOT_FOUND, self._trail.failure(field, told, reason=reason))

    def _wait(self, lifecycle: CompiledLifecycle, references: Mapping[str, Object]) -> None:
        field, text = CONDITION_FIELD, lifecycle.record.creation_condition
        try:
            printed = lifecycle.condition_text(self._source, references)
        except EvaluationError as error:
            raise self._trail.failed(StepKind.CONDITION, field, text, error, references) from None
        is_met = Program.is_true(printed)
        self._trail.add(StepKind.CONDITION, field, text, printed, passed=is_met, found=references)
        if not is_met:
            told = f"{field} prints {_quoted(printed)}, not true"
            failure = self._trail.failure(field, told, reason="WaitCreationCondition")
            raise Ended(Outcome.WAITING, failure)

    def _render(
        self, lifecycle: CompiledLifecycle, references: Mapping[str, Object], standing: Destination
    ) -> Evaluated:
        record, field, text = lifecycle.record, TEMPLATE_FIELD, self._policy.record.template
        patch: Mapping[str, Any] | None = None
        try:
            rendered = lifecycle.render(self._source, references)
            if standing.pediacluster is not None:
                patch = standing.patch(rendered)
        except EvaluationError as error:
            raise self._trail.failed(StepKind.TEMPLATE, field, text, error, references) from None
        writes_metadata = record.options.update_policy is UpdatePolicy.ALL
        if rendered.metadata_problems and (standing.pediacluster is None or writes_metadata):
            told = "; ".join(rendered.metadata_problems)
            self._trail.add(StepKind.TEMPLATE, field, text, told, passed=False, found=references)
            failure = self._trail.failure(field, told, reason=FAILED_RESOLVE_AND_DECODE)
            raise Ended(Outcome.INVALID_PEDIACLUSTER, failure)
        body = create_body(rendered, name=record.name, lifecycle=record)
        body = without_unknown_uids(body)
        self._trail.add(StepKind.TEMPLATE, field, text, record.name, passed=True, found=references)
        return self._result(
            Outcome.IMPORT,
            message="; ".join(self._notes(rendered, record.options.mode)),
            pedia_cluster=body,
            after=body if standing.pediacluster is None else standing.after(patch),
            patch=patch,
            rendered=rendered,
        )

    def _notes(self, rendered: RenderedCluster, mode: Mode) -> Iterator[str]:
        yield from rendered.warnings
        versions, version = self._policy.record.source.versions, self._reference.version
        if versions and version not in versions:
            yield f"it was given in {version}, and the policy reads it in {', '.join(versions)}"
        if mode is Mode.OBSERVE:
            yield "the policy only observes (mode: Observe), so nothing is written"


def _quoted(printed: str) -> str:
    text = " ".join(printed.split())
    return f"`{text}`" if text else "nothing"
