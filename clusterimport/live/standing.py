"""What stands on a live API server of our three types: read once, or followed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from clusterimport.aio import SystemClock, background
from clusterimport.informers import (
    InformerSpec,
    InformerStatus,
    NullInformerMetrics,
    ServerInformerFactory,
    SharedInformer,
)
from clusterimport.informers.cache import same_version
from clusterimport.kube import ResourceClient, RestClient, errors
from clusterimport.limits.objects import OWN_BOUNDS
from clusterimport.live.errors import NotInstalled
from clusterimport.live.reading import Telling, read_all
from clusterimport.live.tables import TABLES
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object, ObjectKey, name_of

OUR_TYPES = tuple(table.gvr for table in TABLES)

SETTLE_SECONDS = 0.1
"""Changes that come in one go are shown in one go."""


@dataclass(slots=True)
class StandingObjects:
    """The objects of our types, as far as they may be read."""

    content: dict[GroupVersionResource, Sequence[Object]] = field(default_factory=dict)
    """By name."""
    refused: list[errors.Forbidden] = field(default_factory=list)
    """One for each type that may not be listed, which is then no part of the content."""


async def read_standing(rest: RestClient, *, tell: Telling = lambda _: None) -> StandingObjects:
    """Read all objects of our types.

    A type that may not be listed is told beside the others: PediaClusters hold credentials, and
    many who may look at policies may not read them.

    Raises:
        NotInstalled: the server lacks one of the types.
        Forbidden: it allows to list none of them.
        KubeError: it does not answer, or not as it should.

    """
    standing = StandingObjects()
    for gvr in OUR_TYPES:
        try:
            read = await read_all(rest, gvr, bounds=OWN_BOUNDS, tell=tell)
        except errors.Forbidden as error:
            standing.refused.append(error)
        except errors.NotFound as error:
            raise NotInstalled(gvr.group_resource) from error
        else:
            standing.content[gvr] = sorted([*read.objects, *read.unusable], key=name_of)
    if not standing.content:
        raise standing.refused[0]
    return standing


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is new, different, or gone."""

    gvr: GroupVersionResource
    object: Object
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """What has happened within a moment."""

    content: dict[GroupVersionResource, Sequence[Object]]
    """What stands now."""
    changes: Sequence[Change]
    """In the order in which they came; empty where only ``troubles`` have changed."""
    troubles: Sequence[str]
    """Why the content may be old, one line for each type that cannot be followed."""


@asynccontextmanager
async def follow(rest: RestClient, known: StandingObjects) -> AsyncIterator[AsyncIterator[Moment]]:
    """Give every change of the types that could be read, for as long as the block lasts.

    A server that does not answer is a trouble of a turn and no end: it is asked again.
    """
    informers = ServerInformerFactory(
        lambda gvr: ResourceClient(rest, gvr),
        clock=SystemClock(),
        random=Random(),  # noqa: S311 - spreads retries over time
        metrics=NullInformerMetrics(),
    )
    news = asyncio.Event()
    ears = [
        _Ear(informers.acquire(InformerSpec(gvr)), objects, news)
        for gvr, objects in known.content.items()
    ]
    async with background(informers=informers.run()):
        yield _turns(ears, news)


async def _turns(ears: Sequence["_Ear"], news: asyncio.Event) -> AsyncIterator[Moment]:
    while True:
        await news.wait()
        await asyncio.sleep(SETTLE_SECONDS)
        news.clear()
        yield Moment(
            {ear.gvr: ear.content() for ear in ears},
            [change for ear in ears for change in ear.take()],
            [ear.trouble for ear in ears if ear.trouble],
        )


class _Ear:
    """Listens to one informer; what was read before it began is no news."""

    def __init__(
        self, informer: SharedInformer, known: Sequence[Object], news: asyncio.Event
    ) -> None:
        self.gvr = informer.spec.gvr
        self.trouble = ""
        self._informer = informer
        self._read = known
        # Of these the informer has not told yet.
        self._known = {name_of(obj): obj for obj in known}
        self._changes: list[Change] = []
        self._news = news
        informer.add_handler(self)

    def content(self) -> Sequence[Object]:
        """Return what stands, and until the informer has everything what was read before."""
        if not self._informer.has_synced.is_set:
            return self._read
        return sorted(self._informer.store.list(), key=name_of)

    def take(self) -> list[Change]:
        """Return what was heard since the last time."""
        changes, self._changes = self._changes, []
        return changes

    def on_change(
        self,
        key: ObjectKey,
        old: Object | None,
        new: Object | None,
        *,
        initial: bool,  # noqa: ARG002 - what was read before is known by its version
    ) -> None:
        """Note a change."""
        known = self._known.pop(key.name, None)
        current = new if new is not None else old
        if current is None or (
            new is not None and known is not None and same_version(known, current)
        ):
            return
        self._changes.append(Change(self.gvr, current, is_gone=new is None))
        self._news.set()

    def on_status(self, status: InformerStatus) -> None:
        """Note that the server can, or cannot, be followed."""
        self.trouble = f"not up to date: {status.error}" if status.error else ""
        if status.synced:
            # What the informer did not tell of went before it began.
            gone = [Change(self.gvr, obj, is_gone=True) for obj in self._known.values()]
            self._known.clear()
            self._changes += gone
        self._news.set()
