"""Reads from a live API server what policies look at: sources, references, and what stands today.

Like the controller: sources by the selectors that the server applies, a reference by its name when
a source leads to it. Everything is only read.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from clusterimport.aio.tasks import side_by_side
from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs, ObjectId
from clusterimport.authoring.kinds import Kinds
from clusterimport.authoring.outcomes import Evaluated
from clusterimport.authoring.policies import read_policy
from clusterimport.engine.references import ReferenceTarget
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import DiscoveredResource, ResourceClient, RestClient, RESTMapper, errors
from clusterimport.kube.decoding import OpenedObject, open_object
from clusterimport.kube.restmapper import NEEDED_VERBS, explain_missing
from clusterimport.limits.objects import OWN_BOUNDS, SOURCE_BOUNDS
from clusterimport.live.errors import LiveError, NameNotFound, NoAnswer
from clusterimport.live.reading import Selector, Telling, read_all
from clusterimport.model.fields import FieldErrors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, GroupResource
from clusterimport.model.lifecycle import SourceReference
from clusterimport.model.meta import Object, ObjectKey, name_of
from clusterimport.model.policy import PolicyRecord, parse_policy

__all__ = ["Gathered", "Gatherer"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What policies make of a live server."""

    inputs: Inputs
    evaluated: Sequence[Evaluated]
    notes: Sequence[str]
    """What could not be looked at, one line each: the answer is less than complete."""
    knows_standing: bool
    """Whether all that stands today could be read."""


class _Standing(NamedTuple):
    """What stands today."""

    documents: Sequence[Document]
    notes: Sequence[str]
    """What may not be looked at."""


@dataclass(slots=True)
class _Content:
    """What has been read so far."""

    documents: dict[ObjectId, Document] = field(default_factory=dict)
    unreadable: dict[ObjectId, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Gatherer:
    """Reads with one connection; knows the server's types after ``look``."""

    def __init__(self, rest: RestClient, *, tell: Telling = lambda _: None) -> None:
        self._rest = rest
        self._tell = tell
        self._mapper = RESTMapper(rest)
        self._standing: _Standing | None = None
        self.kinds = Kinds()

    @property
    def types(self) -> Sequence[DiscoveredResource]:
        """Everything that the server serves."""
        return self._mapper.resources

    async def look(self) -> None:
        """Learn which types the server has; raises KubeError."""
        self._tell("reading the types of the server")
        await self._mapper.refresh()
        self.kinds = Kinds.of_server(
            (each.gvr, each.kind, each.namespaced) for each in self._mapper.resources
        )

    def type_of(
        self, group_resource: GroupResource, versions: Collection[str] = ()
    ) -> DiscoveredResource | None:
        """Return a type in the version that the controller would read; None if there is none."""
        for found in self._mapper.find(group_resource):
            is_allowed = not versions or found.gvr.version in versions
            if is_allowed and set(found.verbs) >= NEEDED_VERBS:
                return found
        return None

    def find_type(self, name: str) -> DiscoveredResource | None:
        """Return the type that a person names as for kubectl: ``clusters.cluster.x-k8s.io``."""
        wanted = name.lower()
        for each in self._mapper.resources:
            group = each.gvr.group
            names = {each.gvr.resource, each.kind.lower(), *map(str.lower, each.aliases)}
            if wanted in names or (group and wanted in {f"{one}.{group}" for one in names}):
                return each
        return None

    async def gather(
        self,
        given: Sequence[Document],
        *,
        rules: ImportRules,
        only: Collection[str] = (),
        source: SourceReference | None = None,
    ) -> Gathered:
        """Evaluate the policies among what is given on the server's sources.

        Args:
            given: policies, and maybe other objects, which count in place of the server's.
            rules: the installation's, as for the controller.
            only: names of the policies that count; with none all do.
            source: the one source that counts; with none all do.

        One of several policies that cannot be judged is noted, and the others are judged.

        Raises:
            NoAnswer: the server refuses a selector.
            NameNotFound: it does not have a source type, or not this source.
            KubeError: it does not answer, or does not allow to read the sources.
            AuthoringError: as ``evaluate`` does.

        """
        content = _Content()
        plain = Inputs(given, kinds=self.kinds)
        content.documents = {plain.id_of(document.obj): document for document in given}
        wanted = [each for each in plain.policies if not only or name_of(each.obj) in only]
        if len(wanted) > 1:
            only = [
                name_of(each.obj) for each in wanted if await self._can_judge(content, each, source)
            ]
            if not only:
                raise NameNotFound("; ".join(content.notes))
        else:
            for record in _records(each.obj for each in wanted):
                await self._read_sources(content, record, source)
        standing = await self.standing()
        asked: set[ReferenceTarget] = set()
        while True:
            inputs = Inputs(
                content.documents.values(),
                observed=standing.documents,
                unreadable=content.unreadable,
                kinds=self.kinds,
            )
            self._tell("evaluating")
            evaluated = evaluate(inputs, rules=rules, only=only)
            targets = {each.missing for each in evaluated if each.missing is not None} - asked
            if not targets:
                notes = [*standing.notes, *content.notes]
                return Gathered(inputs, evaluated, notes, knows_standing=not standing.notes)
            await self._read_references(content, targets)
            asked |= targets

    async def _can_judge(
        self, content: _Content, policy: Document, source: SourceReference | None
    ) -> bool:
        """Read the sources of one of several policies; note what keeps it from being judged."""
        try:
            for record in _records([policy.obj]):
                await self._read_sources(content, record, source)
            inputs = Inputs(content.documents.values(), kinds=self.kinds)
            read = read_policy(policy, inputs)
        except (LiveError, AuthoringError) as error:
            content.notes.append(str(error))
            return False
        except errors.Forbidden as error:
            content.notes.append(f"policy {name_of(policy.obj)}: {error}")
            return False
        if read.invalid is None or inputs.of_type(read.record.source.group_resource):
            return True
        content.notes.append(f"policy {name_of(policy.obj)}: {read.invalid.text}")
        return False

    async def _read_sources(
        self, content: _Content, record: PolicyRecord, source: SourceReference | None
    ) -> None:
        type_ = record.source
        found = self.type_of(type_.group_resource, type_.versions)
        if found is None:
            why = explain_missing(type_.group_resource, type_.versions, self._mapper.resources)
            raise NameNotFound(f"policy {record.name}: spec.source: {why}")
        if source is not None:
            await self._read_one(content, found, source)
            return
        selector = Selector(labels=type_.label_selector, fields=type_.field_selector)
        try:
            read = await read_all(self._rest, found.gvr, selector, tell=self._tell)
        except errors.BadRequest as error:
            raise NoAnswer(
                f"policy {record.name}: the server refuses a selector: {error}"
            ) from None
        self._add(content, read.objects)
        content.notes += [
            f"{found.gvr.group_resource}/{ObjectKey(each.namespace, each.name)} cannot be used: "
            f"{each.problem.message}"
            for each in read.unusable
        ]

    async def _read_one(
        self, content: _Content, found: DiscoveredResource, source: SourceReference
    ) -> None:
        if found.gvr.group_resource != source.gvr.group_resource:
            return
        client = ResourceClient(self._rest, found.gvr)
        opened = open_object(
            await client.read(source.name, namespace=source.namespace), SOURCE_BOUNDS
        )
        if not isinstance(opened, OpenedObject):
            raise NameNotFound(f"{source} cannot be used: {opened.problem.message}")
        self._add(content, [opened.content])

    async def standing(self) -> _Standing:
        """Return the lifecycles and PediaClusters that stand; read once."""
        if self._standing is None:
            self._standing = await self._read_standing()
        return self._standing

    async def _read_standing(self) -> _Standing:
        documents: list[Document] = []
        notes: list[str] = []
        for gvr in (LIFECYCLES, PEDIACLUSTERS):
            try:
                read = await read_all(self._rest, gvr, bounds=OWN_BOUNDS, tell=self._tell)
            except errors.Forbidden:
                notes.append(
                    f"you may not list {gvr.group_resource}, so what stands today is not known: "
                    "a name that is taken is not noticed"
                )
            except errors.NotFound:
                # A dry run before anything is installed.
                continue
            else:
                documents += map(Document, read.objects)
        return _Standing(documents, notes)

    async def _read_references(self, content: _Content, targets: Iterable[ReferenceTarget]) -> None:
        pending = list(targets)
        self._tell(f"reading {len(pending)} references")
        # The connection bounds how many are under way at a time.
        await side_by_side(*(self._read_reference(content, target) for target in pending))

    async def _read_reference(self, content: _Content, target: ReferenceTarget) -> None:
        id_ = _id_of(target)
        called = f"{target.gvr.group_resource} {target.object_key}"
        if self._mapper.get(target.gvr) is None:
            content.unreadable[id_] = explain_missing(
                target.gvr.group_resource, (), self._mapper.resources
            )
            return
        client = ResourceClient(self._rest, target.gvr)
        try:
            identity = await client.read(target.name, namespace=target.namespace)
        except errors.NotFound:
            content.unreadable[id_] = f"{called} does not exist"
            return
        except errors.Forbidden as error:
            content.unreadable[id_] = f"you may not read {called}: {error}"
            return
        opened = open_object(identity, SOURCE_BOUNDS)
        if isinstance(opened, OpenedObject):
            content.documents[id_] = Document(opened.content)
        else:
            content.unreadable[id_] = f"{called} cannot be used: {opened.problem.message}"

    def _add(self, content: _Content, objects: Iterable[Object]) -> None:
        plain = Inputs((), kinds=self.kinds)
        for obj in objects:
            # What was given comes first: it is what the person is about to apply.
            content.documents.setdefault(plain.id_of(obj), Document(obj))


def _records(policies: Iterable[Object]) -> Iterable[PolicyRecord]:
    for obj in policies:
        try:
            yield parse_policy(obj)
        except FieldErrors:
            # Told by the evaluation, with the place in the file.
            continue


def _id_of(target: ReferenceTarget) -> ObjectId:
    return ObjectId(target.gvr.group_resource, target.object_key)
