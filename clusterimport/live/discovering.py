"""Which platforms of the catalogue a live server has, and what would come of their clusters."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import AuthoringError
from clusterimport.authoring.outcomes import Evaluated, Outcome
from clusterimport.engine.ownership import source_of
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import DiscoveredResource, RestClient, errors
from clusterimport.live.errors import LiveError
from clusterimport.live.gathering import Gatherer
from clusterimport.live.reading import Telling, read_names
from clusterimport.live.rights import Right, is_allowed
from clusterimport.model.conditions import conditions_of, is_true
from clusterimport.model.gvr import GroupResource
from clusterimport.model.lifecycle import policy_of
from clusterimport.model.meta import kind_of
from clusterimport.model.names import LIFECYCLE_KIND
from clusterimport.model.policy import PolicyRecord, parse_policy

__all__ = ["DiscoveredPlatforms", "KnownPolicy", "Platform", "PlatformState", "chosen", "discover"]


class KnownPolicy(NamedTuple):
    """A policy of the catalogue."""

    name: str
    """Of its folder."""
    policy: Document


class PlatformState(StrEnum):
    """How it stands with a platform."""

    IMPORTED = "Imported"
    """Every cluster that would be imported is."""
    READY = "Ready"
    """There is something to import."""
    WAITING = "Waiting"
    """Its clusters are not ready, or their credentials are not there."""
    FAILING = "Failing"
    """No cluster can be imported; the reasons say why."""
    EMPTY = "Empty"
    """The type is here, and has no object that the policy selects."""
    NO_RIGHTS = "NoRights"
    """You may not look."""
    UNKNOWN = "Unknown"
    """The type may be a cluster's, and is none of the catalogue's."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What there is of one entry, or of a type that no entry knows."""

    name: str
    source: GroupResource
    state: PlatformState
    sources: int = 0
    """Objects that the policy selects."""
    imported_by: Mapping[str, int] = field(default_factory=dict)
    """How many of these are imported already, by policy."""
    would: Mapping[Outcome, int] = field(default_factory=dict)
    """What would come of the others."""
    reasons: Sequence[str] = ()
    """Why some would not be imported, once for each reason; may quote data."""
    missing_rights: Sequence[str] = ()
    evaluated: Sequence[Evaluated] = ()
    """Of the sources that nobody has imported yet. Holds credentials; never log it."""


@dataclass(frozen=True, slots=True)
class DiscoveredPlatforms:
    """A look at a server."""

    platforms: Sequence[Platform]
    """Those that are here, in the order of the catalogue, and then unknown types."""
    absent: int
    """How many entries have no type here."""
    notes: Sequence[str]


_REASONS: Final = 3
"""Examples of reasons for a platform."""
_CLUSTER_KINDS: Final = ("cluster", "controlplane", "clusterdeployment", "shoot")
"""How kinds end that stand for a cluster."""
_PARTS_OF_CLUSTER_API: Final = ".cluster.x-k8s.io"
_OURS: Final = ".clusterpedia.io"
_ALWAYS_THERE: Final = frozenset((GroupResource("", "secrets"), GroupResource("", "configmaps")))
"""Types that every server has: without a selected object there is no platform."""


async def discover(
    rest: RestClient,
    entries: Sequence[KnownPolicy],
    *,
    rules: ImportRules,
    tell: Telling = lambda _: None,
) -> DiscoveredPlatforms:
    """Look at every platform; raises KubeError where the server does not answer."""
    gatherer = Gatherer(rest, tell=tell)
    await gatherer.look()
    standing = await gatherer.standing()
    imported = dict(_imported(standing.documents))
    rights = _Rights(rest)
    platforms: list[Platform] = []
    absent = 0
    for entry in entries:
        record = parse_policy(entry.policy.obj)
        type_ = record.source.group_resource
        if gatherer.type_of(type_, record.source.versions) is None:
            absent += 1
            continue
        tell(f"looking at {entry.name}")
        platform = await _look(entry, record, gatherer, rights, imported, rules)
        if platform.state is PlatformState.EMPTY and type_ in _ALWAYS_THERE:
            absent += 1
        else:
            platforms.append(platform)
    known = {parse_policy(entry.policy.obj).source.group_resource for entry in entries}
    unknown = [each async for each in _unknown(rest, gatherer.types, known, rights)]
    return DiscoveredPlatforms([*platforms, *unknown], absent, standing.notes)


class _Rights:
    """Asks for each right once."""

    def __init__(self, rest: RestClient) -> None:
        self._rest = rest
        self._known: dict[Right, bool | None] = {}

    async def missing(self, rights: Iterable[Right]) -> list[str]:
        """Return those that the server says are missing."""
        found = []
        for right in dict.fromkeys(rights):
            if right not in self._known:
                self._known[right] = await is_allowed(self._rest, right)
            if self._known[right] is False:
                found.append(str(right))
        return found


async def _look(
    entry: KnownPolicy,
    record: PolicyRecord,
    gatherer: Gatherer,
    rights: _Rights,
    imported: Mapping[str, str],
    rules: ImportRules,
) -> Platform:
    type_ = record.source.group_resource
    missing = await rights.missing([Right("list", type_)])
    if missing:
        return Platform(entry.name, type_, PlatformState.NO_RIGHTS, missing_rights=missing)
    try:
        gathered = await gatherer.gather([entry.policy], rules=rules)
    except errors.Forbidden as error:
        told = str(Right(error.verb, type_))
        return Platform(entry.name, type_, PlatformState.NO_RIGHTS, missing_rights=[told])
    except (AuthoringError, LiveError) as error:
        return Platform(entry.name, type_, PlatformState.FAILING, reasons=[str(error)])
    selected = [each for each in gathered.evaluated if each.outcome is not Outcome.NOT_SELECTED]
    done = Counter(imported[str(each.source)] for each in selected if str(each.source) in imported)
    rest = [each for each in selected if str(each.source) not in imported]
    would = Counter(each.outcome for each in rest)
    if any(each.outcome is Outcome.REFERENCE_NOT_FOUND for each in rest):
        wanted = (each.group_resource for each in record.references)
        missing = await rights.missing(Right("get", each) for each in wanted)
    return Platform(
        entry.name,
        type_,
        _state(len(selected), would, missing),
        sources=len(selected),
        imported_by=dict(done),
        would=dict(would),
        reasons=list(_reasons(rest)),
        missing_rights=missing,
        evaluated=rest,
    )


def _state(selected: int, would: Mapping[Outcome, int], missing: Sequence[str]) -> PlatformState:
    if not selected:
        return PlatformState.EMPTY
    if not would:
        return PlatformState.IMPORTED
    if would.get(Outcome.IMPORT):
        return PlatformState.READY
    if missing:
        return PlatformState.NO_RIGHTS
    return (
        PlatformState.FAILING
        if all(outcome.is_error for outcome in would)
        else PlatformState.WAITING
    )


def _reasons(evaluated: Iterable[Evaluated]) -> Iterator[str]:
    """Yield an example for each outcome that is no import."""
    told: Counter[Outcome] = Counter()
    for each in evaluated:
        if each.outcome is Outcome.IMPORT:
            continue
        told[each.outcome] += 1
        if told[each.outcome] == 1 and len(told) <= _REASONS:
            yield f"{each.source}: {each.outcome}: {each.text}"


def _imported(standing: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Yield each source whose PediaCluster was created, and its policy."""
    for document in standing:
        owner = policy_of(document.obj)
        is_created = is_true(conditions_of(document.obj), "Created")
        if kind_of(document.obj) != LIFECYCLE_KIND or owner is None or not is_created:
            continue
        source = source_of(document.obj, None)
        if source is not None:
            yield str(source), owner.name


async def _unknown(
    rest: RestClient,
    types: Sequence[DiscoveredResource],
    known: set[GroupResource],
    rights: _Rights,
) -> AsyncIterator[Platform]:
    seen: set[GroupResource] = set()
    for each in types:
        type_ = each.gvr.group_resource
        if type_ in seen or type_ in known or not _may_be_cluster(each):
            continue
        seen.add(type_)
        missing = await rights.missing([Right("list", type_)])
        try:
            count = 0 if missing else len(await read_names(rest, each.gvr))
        except (errors.ApiError, LiveError):
            # Nobody has asked about this type: what cannot be read is not worth an error.
            continue
        if count or missing:
            yield Platform(
                each.kind, type_, PlatformState.UNKNOWN, sources=count, missing_rights=missing
            )


def _may_be_cluster(type_: DiscoveredResource) -> bool:
    group = type_.gvr.group
    if not group or group.endswith((_OURS, _PARTS_OF_CLUSTER_API)) or "list" not in type_.verbs:
        return False
    return type_.kind.lower().endswith(_CLUSTER_KINDS)


def chosen(platforms: Iterable[Platform]) -> list[Platform]:
    """Return the platforms whose policies import the rest, each source by one policy.

    Variants of one platform may fit the same clusters; that which imports more counts. What only
    waits is left to a policy that has imported others of its type.
    """
    fitting = [
        each
        for each in platforms
        if each.state is PlatformState.READY
        or (each.state is PlatformState.WAITING and not each.imported_by)
    ]
    fitting.sort(key=lambda each: -each.would.get(Outcome.IMPORT, 0))
    taken: set[str] = set()
    found = []
    for each in fitting:
        sources = {str(one.source) for one in each.evaluated if not one.outcome.is_error}
        if sources - taken:
            found.append(each)
            taken |= sources
    return found
