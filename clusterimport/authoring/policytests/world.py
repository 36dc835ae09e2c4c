"""The objects of a test, and what the controller makes of them: PediaClusters that stand.

Each settling does what the reconcilers would until nothing is left to do: it creates, updates with
the controller's own patches, keeps what is renamed until its successor stands, and deletes what
is certain to be unwanted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import DEFAULT_NAMESPACE, Inputs, stored_form
from clusterimport.authoring.kinds import Kinds
from clusterimport.authoring.outcomes import Evaluated, Outcome
from clusterimport.authoring.policies import read_record
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.rules import ImportRules
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.meta import name_of, namespace_of
from clusterimport.model.names import (
    CLUSTER_API_VERSION,
    LIFECYCLE_KIND,
    PEDIACLUSTER_KIND,
    POLICY_API_VERSION,
    POLICY_KIND,
)
from clusterimport.model.patches import merged
from clusterimport.model.policy import DeletionPolicy, MaxDeletions, Mode

__all__ = ["Settled", "Whose", "World", "Write", "whose_of"]

_ROUNDS: Final = 8
"""A name that is given up is taken in the next round; nothing needs more than a few."""
_EPOCH: Final = "1970-01-01T00:00:00Z"
_CREATED: Final = {
    "type": "Created",
    "status": "True",
    "reason": "PediaClusterCreated",
    "lastTransitionTime": _EPOCH,
}


class Whose(NamedTuple):
    """A policy and a source."""

    policy: str
    source: str
    """As ``status.source`` writes it."""


class Write(NamedTuple):
    """What was done to a PediaCluster."""

    verb: str
    """``create``, ``update`` or ``delete``."""
    name: str


class _Identity(NamedTuple):
    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


@dataclass(frozen=True, slots=True)
class _Lifecycle:
    """Who has a name: what a PediaClusterLifecycle says."""

    record: LifecycleRecord
    whose: Whose

    def document(self, *, is_created: bool) -> Document:
        source = self.record.source
        policy = self.record.policy
        assert policy is not None
        return Document(
            {
                "apiVersion": POLICY_API_VERSION,
                "kind": LIFECYCLE_KIND,
                "metadata": {
                    "name": self.record.name,
                    "ownerReferences": [policy._replace(controller=True).to_dict()],
                },
                "spec": {"source": source._asdict()},
                "status": {
                    "source": str(source),
                    "conditions": [_CREATED] if is_created else [],
                },
            }
        )


@dataclass(frozen=True)
class Settled:
    """What a step led to."""

    evaluated: tuple[Evaluated, ...]
    writes: Mapping[Whose, tuple[Write, ...]] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)
    """By policy, why none of its deletions is made."""


class World:
    """What exists in a test. Its one writer is the test's run."""

    def __init__(
        self, policies: tuple[Document, ...], rules: ImportRules, programs: ProgramCache
    ) -> None:
        self._rules = rules
        self._programs = programs
        self._objects: dict[_Identity, Document] = {}
        self._lifecycles: dict[str, _Lifecycle] = {}
        # Names whose PediaCluster was made once: no condition is asked for them again.
        self._created: set[str] = set()
        for document in policies:
            self.apply(document)

    def apply(self, document: Document) -> None:
        """Put an object there as it is."""
        obj = stored_form(document.obj)
        self._objects[self._identity(document)] = Document(obj, document.positions)

    def change(self, document: Document) -> None:
        """Apply a merge patch to an object; raises InvalidInput if there is none."""
        current = self._existing(document)
        obj = stored_form(merged(current.obj, _without_type(document.obj)))
        self._objects[self._identity(document)] = Document(obj, current.positions)

    def delete(self, document: Document) -> None:
        """Take an object away; raises InvalidInput if there is none."""
        self._existing(document)
        del self._objects[self._identity(document)]

    def documents(self) -> tuple[Document, ...]:
        """Return everything there is."""
        return tuple(self._objects.values())

    def pediacluster(self, name: str) -> Document | None:
        """Return the PediaCluster of a name."""
        return self._objects.get(_pediacluster(name))

    def names_of(self, whose: Whose) -> list[str]:
        """Return the names of the PediaClusters that stand for a source."""
        return [
            name
            for name, lifecycle in self._lifecycles.items()
            if lifecycle.whose == whose and self.pediacluster(name) is not None
        ]

    def settle(self) -> Settled:
        """Do all that a controller would do; raises InvalidInput for a policy without its shape."""
        writes: dict[Whose, tuple[Write, ...]] = {}
        blocked: dict[str, str] = {}
        totals = self._totals()
        evaluated: tuple[Evaluated, ...] = ()
        for _ in range(_ROUNDS):
            inputs = self._inputs()
            evaluated = tuple(self._evaluate(inputs))
            made = [*self._written(evaluated, inputs), *self._let_go(evaluated, totals, blocked)]
            for whose, write in made:
                writes[whose] = (*writes.get(whose, ()), write)
            if not made:
                break
        return Settled(evaluated, writes, blocked)

    def _inputs(self, documents: tuple[Document, ...] | None = None) -> Inputs:
        observed = [
            document
            for identity, document in self._objects.items()
            if (identity.group, identity.kind) == _PEDIACLUSTERS
        ]
        observed += [
            lifecycle.document(is_created=name in self._created)
            for name, lifecycle in self._lifecycles.items()
        ]
        return Inputs(self.documents() if documents is None else documents, observed=observed)

    def _evaluate(self, inputs: Inputs) -> list[Evaluated]:
        if not inputs.policies:
            return []
        return evaluate(inputs, rules=self._rules, programs=self._programs)

    def _written(
        self, evaluated: tuple[Evaluated, ...], inputs: Inputs
    ) -> Iterator[tuple[Whose, Write]]:
        """Make what is wanted stand, and keep what has another name yet equal, too."""
        for each in evaluated:
            whose = whose_of(each)
            if each.lifecycle is None or each.outcome is Outcome.NAME_CONFLICT:
                yield from self._former(each, whose, inputs)
                continue
            self._lifecycles[each.name] = _Lifecycle(each.lifecycle, whose)
            if each.outcome is Outcome.IMPORT:
                yield from self._write(each, whose)
            else:
                yield from self._former(each, whose, inputs)

    def _write(self, each: Evaluated, whose: Whose) -> Iterator[tuple[Whose, Write]]:
        assert each.lifecycle is not None
        if each.lifecycle.options.mode is Mode.OBSERVE or each.after is None:
            return
        if each.observed is not None and each.patch is None:
            return
        identity = _pediacluster(each.name)
        verb = "create" if each.observed is None else "update"
        self._objects[identity] = Document(each.after)
        self._created.add(each.name)
        yield whose, Write(verb, each.name)

    def _former(
        self, each: Evaluated, whose: Whose, inputs: Inputs
    ) -> Iterator[tuple[Whose, Write]]:
        """Keep PediaClusters of former names equal while that of the new one cannot be made."""
        for name in self.names_of(whose):
            if name == each.name or not each.name:
                continue
            policy = next(found for found in inputs.policies if name_of(found.obj) == whose.policy)
            former = Document(
                {**policy.obj, "spec": {**policy.obj["spec"], "nameTemplate": name}},
                policy.positions,
            )
            others = (one for one in self.documents() if one.obj["kind"] != POLICY_KIND)
            for again in self._evaluate(self._inputs((former, *others))):
                if whose_of(again) == whose and again.outcome is Outcome.IMPORT:
                    yield from self._write(again, whose)

    def _let_go(
        self,
        evaluated: tuple[Evaluated, ...],
        totals: Mapping[str, tuple[MaxDeletions, int]],
        blocked: dict[str, str],
    ) -> list[tuple[Whose, Write]]:
        """Delete what is certain to be unwanted, unless that is more than a policy may."""
        wanted = {whose_of(each): each for each in evaluated}
        policies = self._follow_policies()
        doomed: dict[str, list[str]] = {}
        renamed: list[str] = []
        for name, lifecycle in self._lifecycles.items():
            whose = lifecycle.whose
            each = wanted.get(whose)
            if whose.policy not in policies:
                renamed.append(name)
            elif each is None or each.outcome is Outcome.NOT_SELECTED:
                doomed.setdefault(whose.policy, []).append(name)
            elif each.name and each.name != name and self._is_replaced(name, each):
                renamed.append(name)
        for policy, names in doomed.items():
            limit, total = totals.get(policy, (MaxDeletions(0), 0))
            count = sum(self._goes(name) for name in names)
            if count > limit.of(total):
                blocked[policy] = (
                    f"{count} PediaClusters of {total} would go at once, which is more than "
                    f"maxDeletions ({limit}) allows, so none does (DeletionBlocked)"
                )
            else:
                renamed += names
        return [gone for name in renamed for gone in self._delete(name)]

    def _follow_policies(self) -> frozenset[str]:
        """Let what policies say now count for what goes; return their names."""
        records = [read_record(document) for document in self._inputs().policies]
        options = {record.name: record.options for record in records}
        for name, lifecycle in self._lifecycles.items():
            if lifecycle.whose.policy in options:
                record = replace(lifecycle.record, options=options[lifecycle.whose.policy])
                self._lifecycles[name] = replace(lifecycle, record=record)
        return frozenset(options)

    def _totals(self) -> dict[str, tuple[MaxDeletions, int]]:
        """Return what each policy may delete at once, and of how many PediaClusters."""
        found = {}
        for document in self._inputs().policies:
            record = read_record(document)
            stand = sum(
                lifecycle.whose.policy == record.name and self.pediacluster(name) is not None
                for name, lifecycle in self._lifecycles.items()
            )
            found[record.name] = (record.max_deletions, stand)
        return found

    def _is_replaced(self, name: str, each: Evaluated) -> bool:
        """Whether what was renamed may go: nothing stands for it, or its successor does."""
        successor = self._lifecycles.get(each.name)
        stands = successor is not None and successor.whose == whose_of(each)
        return self.pediacluster(name) is None or (
            stands and self.pediacluster(each.name) is not None
        )

    def _goes(self, name: str) -> bool:
        """Whether a PediaCluster goes along with its lifecycle."""
        options = self._lifecycles[name].record.options
        return (
            self.pediacluster(name) is not None
            and options.deletion_policy is not DeletionPolicy.ORPHAN
        )

    def _delete(self, name: str) -> Iterator[tuple[Whose, Write]]:
        lifecycle = self._lifecycles[name]
        if lifecycle.record.options.mode is Mode.OBSERVE and self.pediacluster(name) is not None:
            return
        if self._goes(name):
            del self._objects[_pediacluster(name)]
            yield lifecycle.whose, Write("delete", name)
        del self._lifecycles[name]
        self._created.discard(name)

    def _existing(self, document: Document) -> Document:
        found = self._objects.get(self._identity(document))
        if found is None:
            raise InvalidInput(
                f"there is no {self._identity(document)} here", place=document.place()
            )
        return found

    def _identity(self, document: Document) -> _Identity:
        obj = document.obj
        namespace = namespace_of(obj)
        if not namespace and _KINDS.of(obj).is_namespaced:
            namespace = DEFAULT_NAMESPACE
        group = str(obj["apiVersion"]).rpartition("/")[0]
        return _Identity(group, obj["kind"], namespace, name_of(obj))


_KINDS: Final = Kinds()
_PEDIACLUSTERS: Final = (CLUSTER_API_VERSION.partition("/")[0], PEDIACLUSTER_KIND)


def whose_of(evaluated: Evaluated) -> Whose:
    """Return the policy and the source that something came of."""
    return Whose(evaluated.policy, str(evaluated.source))


def _pediacluster(name: str) -> _Identity:
    return _Identity(*_PEDIACLUSTERS, "", name)


def _without_type(patch: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the version of an object as it is: a patch names it only to say whose it is."""
    return {name: value for name, value in patch.items() if name not in {"apiVersion", "kind"}}
