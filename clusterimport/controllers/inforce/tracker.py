"""Keeps what is in force of every policy; runs in every replica and writes nothing.

A standby replica thereby has compiled templates and warm caches: taking over costs the lease.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.negotiation import negotiate
from clusterimport.controllers.inforce.references import ReferenceIndex
from clusterimport.controllers.inforce.schema import SchemaReader
from clusterimport.controllers.inforce.state import ActivePolicy, Blocker, PolicyState
from clusterimport.controllers.inforce.subscriptions import (
    Subscription,
    SubscriptionSpec,
    reference_spec,
)
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.queues import Queues, Sweep
from clusterimport.controllers.result import DONE, Result
from clusterimport.engine import errors
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import CompiledPolicy, compile_policy
from clusterimport.informers import InformerSpec, Keep
from clusterimport.kube.discovery import DiscoveredResource, GroupVersion
from clusterimport.model import meta, policy
from clusterimport.model.conditions import find
from clusterimport.model.gvr import GroupVersionResource, crd_name
from clusterimport.model.labelselector import LabelSelector
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import EXTENSIONS_ANNOTATION, POLICY_FINALIZER

log = structlog.get_logger(__name__)

EXTENSIONS_LOST = "ExtensionsLost"
API_SERVICE_UNAVAILABLE = "APIServiceUnavailable"


class _Refused(Exception):  # noqa: N818 - not an error: a step's verdict on the way to the state
    def __init__(self, blocker: Blocker) -> None:
        super().__init__(blocker.reason)
        self.blocker = blocker


class PolicyTracker:
    """Reconciler of policy names into ``PolicyState``; owns the subscriptions.

    Implements ``PolicyStates``.
    """

    def __init__(
        self,
        *,
        hub: Hub,
        caches: Caches,
        schemas: SchemaReader,
        programs: ProgramCache,
        queues: Queues,
        references: ReferenceIndex,
        latency: ImportLatency,
    ) -> None:
        self._types = hub.types
        self._policies = caches.policies
        self._schemas = schemas
        self._programs = programs
        self._queues = queues
        self._subscribe = partial(
            Subscription,
            informers=hub.informers,
            caches=caches,
            queues=queues,
            references=references,
            latency=latency,
        )
        self._revisions = itertools.count(1)
        # The newest verdict on every policy that exists; entries are replaced as a whole.
        self._states: dict[str, PolicyState] = {}

    def get(self, name: str) -> PolicyState | None:
        """Return the verdict on a policy, None if it does not exist or was not looked at yet."""
        return self._states.get(name)

    def names(self) -> Iterator[str]:
        """Iterate over the policies that were looked at."""
        return iter(tuple(self._states))

    def type_uid(self, gvr: GroupVersionResource) -> str:
        """Return the uid of the CRD of a type, as it is known; empty for a type without one."""
        return self._types.crd_uid(crd_name(gvr))

    def revision(self, name: str) -> tuple[object, ...]:
        """Return what is equal as long as another look at all sources would find the same."""
        state = self._states.get(name)
        if state is None:
            return ()
        active = state.active
        if active is None:
            return (state.revision,)
        return (state.revision, active.subscription.revision, self.type_uid(active.source_type))

    async def reconcile(self, key: str) -> Result:
        """Judge a policy anew and subscribe to what it needs."""
        if not self._types.is_known or not self._schemas.is_known:
            # Comes again with the first discovery; a verdict before it would be a wrong one.
            return DONE
        obj = self._policies.get(ObjectKey("", key))
        before = self._states.get(key)
        if obj is None:
            self._forget(key, before)
            return DONE
        if before is not None and before.uid != meta.uid_of(obj):
            # Deleted and made again between two looks: nothing of the old one is in force.
            self._forget(key, before)
            before = None
        state = self._judge(obj, before)
        if state.active is not None:
            state.active.subscription.wake()
        if before is None or _differs(before, state):
            state = replace(state, revision=next(self._revisions))
            log.info(
                "policy looked at",
                policy=key,
                generation=state.generation,
                reason=state.blocker.reason if state.blocker else "Success",
            )
        else:
            state = replace(state, revision=before.revision)
        self._states[key] = state
        self._tell(key)
        return DONE

    def _forget(self, name: str, state: PolicyState | None) -> None:
        self._states.pop(name, None)
        if state is not None and state.active is not None:
            state.active.subscription.close()
        self._tell(name)

    def _tell(self, name: str) -> None:
        """Have a policy looked at, and what it has where that rests on something else now."""
        self._queues.policies.add(name)
        self._queues.sweeps.add(Sweep(name))

    def _judge(self, obj: meta.Object, before: PolicyState | None) -> PolicyState:
        name, uid, generation = meta.name_of(obj), meta.uid_of(obj), meta.generation_of(obj)
        active = before.active if before else None
        try:
            self._check_extensions(obj)
            _check_standing(obj)
            record = policy.parse_policy(obj)
            active = self._put_in_force(record, active)
        except _Refused as refusal:
            return PolicyState(name, uid, generation, refusal.blocker, active)
        except policy.FieldErrors as problems:
            blocker = Blocker("InvalidPolicy", str(problems))
            return PolicyState(name, uid, generation, blocker, active)
        except errors.EvaluationError as invalid:
            blocker = Blocker(invalid.reason, invalid.message)
            return PolicyState(name, uid, generation, blocker, active)
        return PolicyState(name, uid, generation, None, active)

    def _check_extensions(self, obj: meta.Object) -> None:
        """Refuse a policy whose fields of ours were erased or pruned (design, section 2)."""
        relied_on = sorted({*policy.named_extensions(obj), *policy.used_extensions(obj)})
        # Asked of the schema alone: pruning changes no resourceVersion, so our copy may have more.
        pruned = [field for field in relied_on if not self._schemas.current.keeps_extension(field)]
        if pruned:
            self._refuse_lost(pruned, "the served CustomResourceDefinitions do not keep it")
        lost = policy.lost_extensions(obj)
        if lost and POLICY_FINALIZER in meta.finalizers_of(obj):
            self._refuse_lost(
                lost, f"Clusterpedia's own controller-manager erased it ({POLICY_FINALIZER})"
            )
        if lost and _is_told_lost(obj):
            self._refuse_lost(lost, "it was not set again since it was found missing")

    def _refuse_lost(self, fields: Sequence[str], why: str) -> None:
        named = ", ".join(f"spec.{field}" for field in fields)
        message = (
            f"this policy relied on {named}, which is lost: {why}. Nothing is created, changed or "
            "deleted. Set the fields again under this program's CustomResourceDefinitions, or "
            f"remove the annotation {EXTENSIONS_ANNOTATION} to go on without them"
        )
        raise _Refused(Blocker(EXTENSIONS_LOST, message, freezes=True))

    def _put_in_force(
        self, record: policy.PolicyRecord, before: ActivePolicy | None
    ) -> ActivePolicy:
        """Compile and negotiate; raises InvalidPolicy with all that is wrong, or _Refused."""
        found = negotiate(record, self._types)
        try:
            compiled = compile_policy(record, self._programs)
        except errors.InvalidPolicy as invalid:
            if not found.problems:
                raise
            raise errors.InvalidPolicy([*invalid.problems, *found.problems]) from None
        if found.misplaced:
            raise errors.InvalidPolicy(found.problems)
        if found.missing:
            raise errors.InvalidPolicy(found.missing, reason=found.reason)
        types = found.types
        if types is None:
            raise _Refused(_unnamed(found.unanswered))
        source, *references = types
        return self._activate(record, compiled, source, references, before)

    def _activate(
        self,
        record: policy.PolicyRecord,
        compiled: CompiledPolicy,
        source: DiscoveredResource,
        found: Sequence[DiscoveredResource],
        before: ActivePolicy | None,
    ) -> ActivePolicy:
        references = {
            each.key: resource.gvr for each, resource in zip(record.references, found, strict=True)
        }
        caches = [
            (each.key, _reference_caches(compiled, index, resource, each.label_selector))
            for index, (each, resource) in enumerate(zip(record.references, found, strict=True))
        ]
        spec = SubscriptionSpec(
            InformerSpec(
                source.gvr,
                label_selector=record.source.label_selector,
                field_selector=record.source.field_selector,
                keep=Keep.COMPACT,
            ),
            record.source.selector_template,
            tuple(caches),
        )
        if before is not None and before.subscription.spec == spec:
            subscription = before.subscription
        else:
            subscription = self._subscribe(record.name, spec, _Selector(compiled))
            if before is not None:
                before.subscription.close()
        subscription.compiled = compiled
        return ActivePolicy(
            record, compiled, source.gvr, source.namespaced, references, subscription
        )


def _unnamed(unanswered: Mapping[GroupVersion, str]) -> Blocker:
    """Say that types may well be there, and that what serves them does not answer."""
    names = [f"{version.version}.{version.group}" for version in unanswered]
    reasons = ", ".join(f"{version} ({reason})" for version, reason in unanswered.items())
    message = (
        f"the API server cannot say whether it has the types of {reasons}, because what serves "
        "them does not answer. Nothing is changed or deleted, and it goes on by itself; kubectl "
        f"describe apiservice {' '.join(names)} tells why"
    )
    return Blocker(API_SERVICE_UNAVAILABLE, message, is_unknown=True)


def _check_standing(obj: meta.Object) -> None:
    """Refuse a policy that is going: in the foreground it waits for its lifecycles to be gone."""
    if meta.is_deleting(obj):
        raise _Refused(Blocker("Terminating", "the policy is being deleted"))


class _Selector:
    """The interest of one policy in sources; one that cannot be judged is kept and told."""

    def __init__(self, compiled: CompiledPolicy) -> None:
        self._compiled = compiled

    def __call__(self, source: meta.Object) -> bool | None:
        try:
            return self._compiled.selects(source)
        except errors.EvaluationError:
            return None


def _is_told_lost(obj: meta.Object) -> bool:
    """Whether the status says so already: only a person ends that, not our CRDs coming back."""
    validated = find((obj.get("status") or {}).get("conditions") or [], "Validated")
    return validated is not None and validated.reason == EXTENSIONS_LOST


def _reference_caches(
    compiled: CompiledPolicy,
    index: int,
    found: DiscoveredResource,
    selector: LabelSelector | None,
) -> tuple[InformerSpec, ...]:
    namespaces = compiled.reference_namespaces(index) if found.namespaced else None
    return tuple(
        reference_spec(found.gvr, selector, namespace)
        for namespace in (namespaces if namespaces is not None else ("",))
    )


def _differs(before: PolicyState, after: PolicyState) -> bool:
    """Whether reconcilers would decide anything otherwise than before."""
    return (
        before.uid != after.uid
        or before.blocker != after.blocker
        or (before.active is None) != (after.active is None)
        or (
            before.active is not None
            and after.active is not None
            and (
                before.active.record != after.active.record
                or before.active.reference_types != after.active.reference_types
                or before.active.subscription is not after.active.subscription
            )
        )
    )
