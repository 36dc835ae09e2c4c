"""Policies on sources, step by step as the controller goes, with its engine and without a server.

This is the one place that knows the order of the steps and what each outcome is called.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.authoring.inputs import Inputs, ObjectId
from clusterimport.authoring.outcomes import Evaluated, Outcome, Step, StepKind
from clusterimport.authoring.policies import Policy, read_policy
from clusterimport.authoring.selectors import SelectorProblem, matches_fields, matches_labels
from clusterimport.authoring.telling import Failure, failure_of
from clusterimport.engine.diff import create_body
from clusterimport.engine.errors import (
    FAILED_RESOLVE_AND_DECODE,
    CredentialRejected,
    DocumentError,
    EvaluationError,
    IncompleteCredentials,
)
from clusterimport.engine.evaluation import Program
from clusterimport.engine.lifecycle import CompiledLifecycle, ReferenceGuard, compile_lifecycle
from clusterimport.engine.policy import (
    CONDITION_FIELD,
    NAME_FIELD,
    SELECTOR_FIELD,
    TEMPLATE_FIELD,
    reference_field,
)
from clusterimport.engine.programs import ProgramCache
from clusterimport.engine.references import ReferenceTarget
from clusterimport.engine.rules import ImportRules
from clusterimport.model.keys import ObjectKey
from clusterimport.model.lifecycle import LifecycleRecord, SourceReference, lifecycle_under
from clusterimport.model.meta import Object, OwnerReference, name_of
from clusterimport.model.names import POLICY_API_VERSION, POLICY_KIND
from clusterimport.model.policy import Mode

_LABELS_FIELD: Final = "spec.source.labelSelector"
_FIELDS_FIELD: Final = "spec.source.fieldSelector"


def evaluate(
    inputs: Inputs, *, rules: ImportRules | None = None, only: Collection[str] = ()
) -> list[Evaluated]:
    """Evaluate every policy on every source of its type, in the order of the inputs.

    ``only`` names the policies that count; with none all do. A policy that cannot work is told
    with each of its sources. Raises InvalidInput for one that has not the shape of its kind, or
    that cannot work and has no source, and NothingFound where there is no policy of the name.
    """
    evaluation = _Evaluation(inputs, rules or ImportRules())
    return [
        evaluated
        for document in _chosen(inputs, only)
        for evaluated in evaluation.of_policy(read_policy(document, inputs))
    ]


def _chosen(inputs: Inputs, only: Collection[str]) -> list[Document]:
    names = [name_of(document.obj) for document in inputs.policies]
    if not names:
        raise NothingFound(f"there is no {POLICY_KIND} among what was given")
    unknown = [name for name in only if name not in names]
    if unknown:
        raise NothingFound(
            f"there is no policy {', '.join(unknown)} among what was given, but {', '.join(names)}"
        )
    return [each for each in inputs.policies if not only or name_of(each.obj) in only]


class _Claim(NamedTuple):
    """Who has a name."""

    policy: str
    source: SourceReference


class _Evaluation:
    """One run over all policies; knows which names are taken."""

    def __init__(self, inputs: Inputs, rules: ImportRules) -> None:
        self.inputs = inputs
        self.programs = ProgramCache()
        self.guard = ReferenceGuard(rules)
        self.claims: dict[str, _Claim] = {}

    def of_policy(self, policy: Policy) -> Iterator[Evaluated]:
        sources = self.inputs.of_type(policy.record.source.group_resource)
        if policy.invalid is not None and not sources:
            raise InvalidInput(policy.invalid.text, place=policy.invalid.place)
        for document in sources.values():
            yield _Walk(self, policy, document).evaluated()


class _Ended(Exception):  # noqa: N818 - not an error: an evaluation goes no further
    """The evaluation of one source is at its end."""

    def __init__(self, outcome: Outcome, failure: Failure) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.failure = failure


class _Walk:
    """The steps of one policy with one source."""

    def __init__(self, evaluation: _Evaluation, policy: Policy, document: Document) -> None:
        self._evaluation = evaluation
        self._policy = policy
        self._source = document.obj
        gvr = evaluation.inputs.kinds.of(document.obj).gvr
        key = evaluation.inputs.id_of(document.obj).key
        self._reference = SourceReference(
            gvr.group, gvr.version, gvr.resource, key.namespace, key.name
        )
        self._name = ""
        self._lifecycle: LifecycleRecord | None = None
        self._missing: ReferenceTarget | None = None
        self._steps: list[Step] = []

    def evaluated(self) -> Evaluated:
        """Go as far as it goes."""
        try:
            return self._import()
        except _Ended as ended:
            failure = ended.failure
            return Evaluated(
                policy=self._policy.record.name,
                source=self._reference,
                outcome=ended.outcome,
                name=self._name,
                message=failure.message,
                excerpt=failure.excerpt,
                place=failure.place,
                reason=failure.reason,
                lifecycle=self._lifecycle,
                missing=self._missing,
                steps=tuple(self._steps),
            )

    def _import(self) -> Evaluated:
        compiled = self._policy.compiled
        if compiled is None:
            assert self._policy.invalid is not None
            raise _Ended(_OUTCOMES[self._policy.invalid.kind], self._policy.invalid)
        self._select()
        self._name = self._named()
        self._lifecycle = self._claimed()
        lifecycle = compile_lifecycle(
            self._lifecycle, self._evaluation.programs, self._evaluation.guard
        )
        references = self._resolve(lifecycle)
        self._wait(lifecycle, references)
        return self._render(lifecycle, references)

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
                    raise self._at(StepKind.SELECTOR, field, f"{field} {problem}") from None
                self._step(StepKind.SELECTOR, field, text, str(is_taken).lower(), passed=is_taken)
                if not is_taken:
                    raise _Ended(
                        Outcome.NOT_SELECTED, self._failure(field, f"{field} does not take it")
                    )
        if not record.selector_template.strip():
            return
        assert self._policy.compiled is not None
        field, text = SELECTOR_FIELD, record.selector_template
        try:
            printed = self._policy.compiled.selector_text(source)
        except EvaluationError as error:
            raise self._failed(StepKind.SELECTOR, field, text, error) from None
        is_taken = Program.is_true(printed)
        self._step(StepKind.SELECTOR, field, text, printed, passed=is_taken)
        if not is_taken:
            told = f"{field} prints {_quoted(printed)}, not true"
            raise _Ended(Outcome.NOT_SELECTED, self._failure(field, told))

    def _named(self) -> str:
        assert self._policy.compiled is not None
        text = self._policy.record.name_template
        try:
            name = self._policy.compiled.lifecycle_name(self._source)
        except EvaluationError as error:
            raise self._failed(StepKind.NAME, NAME_FIELD, text, error) from None
        self._step(StepKind.NAME, NAME_FIELD, text, name, passed=True)
        return name

    def _claimed(self) -> LifecycleRecord:
        """Take the name, which the first keeps; raises _Ended where another has it."""
        record = self._policy.record
        mine = _Claim(record.name, self._reference)
        claim = self._evaluation.claims.setdefault(self._name, mine)
        if claim != mine:
            whose = "" if claim.policy == record.name else f" by policy {claim.policy}"
            told = (
                f"the name {self._name} is taken{whose} for {claim.source}; the first keeps it, "
                "change the name template"
            )
            self._step(StepKind.CLAIM, NAME_FIELD, "", told, passed=False)
            failure = self._failure(NAME_FIELD, told, reason="NameConflict")
            raise _Ended(Outcome.NAME_CONFLICT, failure)
        self._step(StepKind.CLAIM, NAME_FIELD, "", self._name, passed=True)
        owner = OwnerReference(
            POLICY_API_VERSION, POLICY_KIND, record.name, record.uid, controller=True
        )
        return lifecycle_under(
            record,
            {"metadata": {"name": self._name, "ownerReferences": [owner.to_dict()]}},
            self._reference,
            self._policy.reference_versions,
        )

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
                raise self._failed(StepKind.REFERENCE, field, text, error, found) from None
            self._step(StepKind.REFERENCE, field, text, _called(target), passed=True, found=found)
            found[reference.key] = document.obj
        return found

    def _look_up(
        self, target: ReferenceTarget, field: str, text: str, found: Mapping[str, Object]
    ) -> Document:
        inputs = self._evaluation.inputs
        id_ = ObjectId(target.gvr.group_resource, target.object_key)
        document = inputs.find(id_)
        if document is not None:
            return document
        self._missing = target
        told = inputs.unreadable.get(id_) or (
            f"{_called(target)} is not there: add it to what is given, or see whether "
            f"spec.references[{target.key}] leads where it should"
        )
        self._step(StepKind.REFERENCE, field, text, told, passed=False, found=found)
        failure = self._failure(field, told, reason="ReferenceResourceNotFound")
        raise _Ended(Outcome.REFERENCE_NOT_FOUND, failure)

    def _wait(self, lifecycle: CompiledLifecycle, references: Mapping[str, Object]) -> None:
        field, text = CONDITION_FIELD, lifecycle.record.creation_condition
        try:
            printed = lifecycle.condition_text(self._source, references)
        except EvaluationError as error:
            raise self._failed(StepKind.CONDITION, field, text, error, references) from None
        is_met = Program.is_true(printed)
        self._step(StepKind.CONDITION, field, text, printed, passed=is_met, found=references)
        if not is_met:
            told = f"{field} prints {_quoted(printed)}, not true"
            failure = self._failure(field, told, reason="WaitCreationCondition")
            raise _Ended(Outcome.WAITING, failure)

    def _render(self, lifecycle: CompiledLifecycle, references: Mapping[str, Object]) -> Evaluated:
        record, field, text = lifecycle.record, TEMPLATE_FIELD, self._policy.record.template
        try:
            rendered = lifecycle.render(self._source, references)
        except EvaluationError as error:
            raise self._failed(StepKind.TEMPLATE, field, text, error, references) from None
        if rendered.metadata_problems:
            told = "; ".join(rendered.metadata_problems)
            self._step(StepKind.TEMPLATE, field, text, told, passed=False, found=references)
            failure = self._failure(field, told, reason=FAILED_RESOLVE_AND_DECODE)
            raise _Ended(Outcome.INVALID_PEDIACLUSTER, failure)
        body = create_body(rendered, name=record.name, lifecycle=record)
        self._step(StepKind.TEMPLATE, field, text, record.name, passed=True, found=references)
        notes = list(rendered.warnings)
        if record.options.mode is Mode.OBSERVE:
            notes.append("the policy only observes (mode: Observe), so nothing is written")
        return Evaluated(
            policy=self._policy.record.name,
            source=self._reference,
            outcome=Outcome.IMPORT,
            name=self._name,
            message="; ".join(notes),
            pedia_cluster=_without_unknown_uids(body),
            rendered=rendered,
            lifecycle=record,
            steps=tuple(self._steps),
        )

    def _step(
        self,
        kind: StepKind,
        field: str,
        text: str,
        result: str,
        *,
        passed: bool,
        found: Mapping[str, Object] | None = None,
    ) -> None:
        data: dict[str, Any] = {"source": self._source}
        if kind not in {StepKind.SELECTOR, StepKind.NAME, StepKind.CLAIM}:
            data["references"] = dict(found or {})
        self._steps.append(Step(kind, passed, field, text, result, data))

    def _failure(self, field: str, message: str, *, reason: str = "") -> Failure:
        return Failure(field, message, reason, place=self._policy.document.place(field))

    def _at(self, kind: StepKind, field: str, message: str) -> _Ended:
        self._step(kind, field, "", message, passed=False)
        return _Ended(_OUTCOMES[kind], self._failure(field, message))

    def _failed(
        self,
        kind: StepKind,
        field: str,
        text: str,
        error: EvaluationError,
        found: Mapping[str, Object] | None = None,
    ) -> _Ended:
        failure = failure_of(error, field, self._policy.document)
        self._step(kind, failure.field, text, failure.text, passed=False, found=found)
        match error:
            case CredentialRejected():
                outcome = Outcome.CREDENTIAL_REJECTED
            case IncompleteCredentials():
                outcome = Outcome.INCOMPLETE_CREDENTIALS
            case DocumentError():
                outcome = Outcome.INVALID_PEDIACLUSTER
            case _:
                outcome = _OUTCOMES[kind]
        return _Ended(outcome, failure)


_OUTCOMES: Final = {
    StepKind.SELECTOR: Outcome.SELECTOR_ERROR,
    StepKind.NAME: Outcome.NAME_ERROR,
    StepKind.CLAIM: Outcome.NAME_CONFLICT,
    StepKind.REFERENCE: Outcome.REFERENCE_ERROR,
    StepKind.CONDITION: Outcome.CONDITION_ERROR,
    StepKind.TEMPLATE: Outcome.TEMPLATE_ERROR,
}
"""What an error of each step is called."""


def _called(target: ReferenceTarget) -> str:
    key = ObjectKey(target.namespace, target.name)
    return f"{target.gvr.group_resource} {key}"


def _quoted(printed: str) -> str:
    text = " ".join(printed.split())
    return f"`{text}`" if text else "nothing"


def _without_unknown_uids(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out the uids of owners, which only the server knows."""
    metadata = dict(body["metadata"])
    if "ownerReferences" in metadata:
        metadata["ownerReferences"] = [
            {name: value for name, value in owner.items() if name != "uid" or value}
            for owner in metadata["ownerReferences"]
        ]
    return body | {"metadata": metadata}
