"""Which resource types the server has, kept up to date, and version negotiation.

A platform's CRD may be installed after its policy, gain a version, or go. CRDs and APIServices
are watched metadata-only; a change there leads to a discovery a moment later, because the
server's own discovery document follows its objects with a delay.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from clusterimport.aio import Clock
from clusterimport.informers import (
    InformerFactory,
    InformerSpec,
    InformerStatus,
    Keep,
    Lister,
)
from clusterimport.kube import errors
from clusterimport.kube.discovery import DiscoveredResource, GroupVersion
from clusterimport.kube.restmapper import NEEDED_VERBS, RESTMapper, explain_missing
from clusterimport.model import meta
from clusterimport.model.gvr import API_SERVICES, CUSTOM_RESOURCE_DEFINITIONS, GroupResource
from clusterimport.model.meta import ObjectKey

log = structlog.get_logger(__name__)

SETTLE_SECONDS = (0.1, 0.5, 2.0, 5.0)
"""When to ask again after a CRD has changed: measured, discovery shows it within 0.1 to 3 s."""
RETRY_SECONDS = 15.0
"""When to ask again if the server did not answer, and no change of a CRD comes before."""
REFRESH_SECONDS = 600.0
"""A refresh without a cause, for types whose change no watch tells (a broken aggregated API)."""


class TypeRegistry:
    """The server's types; runs in every replica. Listeners are told when anything changed."""

    def __init__(self, mapper: RESTMapper, informers: InformerFactory, clock: Clock) -> None:
        self._mapper = mapper
        self._informers = informers
        self._clock = clock
        self._changed = asyncio.Event()
        # Whether the log says that the server does not answer.
        self._is_failing = False
        self._listeners: list[Callable[[], None]] = []
        self._crd_listeners: list[Callable[[str, bool], None]] = []
        self._crds: Lister | None = None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every discovery that found a difference."""
        self._listeners.append(listener)

    def on_crd_event(self, listener: Callable[[str, bool], None]) -> None:
        """Call ``listener`` with a CRD's name whenever that CRD is added, changed or removed.

        And with whether it is another one than there was of its name.
        """
        self._crd_listeners.append(listener)

    @property
    def is_known(self) -> bool:
        """Whether the server was asked for its types at least once."""
        return self._mapper.generation > 0

    def negotiate(
        self, group_resource: GroupResource, versions: Sequence[str]
    ) -> DiscoveredResource | None:
        """Choose the version to watch: the server's first preference among the allowed ones.

        No ``versions`` allows all. None if the server has no such type, or not with the verbs
        that an informer needs.
        """
        for found in self._mapper.find(group_resource):
            if versions and found.gvr.version not in versions:
                continue
            if set(found.verbs) >= NEEDED_VERBS:
                return found
        return None

    def unanswered(self, group: str, versions: Sequence[str]) -> Mapping[GroupVersion, str]:
        """Return the versions of a group whose server did not say what it has, with the reason."""
        return {
            version: reason
            for version, reason in self._mapper.failed_groups.items()
            if version.group == group and (not versions or version.version in versions)
        }

    def explain_missing(self, group_resource: GroupResource, versions: Sequence[str]) -> str:
        """Say why ``negotiate`` finds nothing, and what may have been meant."""
        return explain_missing(group_resource, versions, self._mapper.resources)

    async def run(self) -> None:
        """Follow the server's types until cancelled."""
        for gvr in (CUSTOM_RESOURCE_DEFINITIONS, API_SERVICES):
            informer = self._informers.acquire(InformerSpec(gvr, keep=Keep.IDENTITY))
            if gvr == CUSTOM_RESOURCE_DEFINITIONS:
                self._crds = informer.store
            informer.add_handler(_Poke(self, is_crd=gvr == CUSTOM_RESOURCE_DEFINITIONS))
        pauses = iter(SETTLE_SECONDS)
        while True:
            answered = await self._refresh()
            pause = next(pauses, REFRESH_SECONDS)
            if await self._is_poked_within(pause if answered else min(pause, RETRY_SECONDS)):
                pauses = iter(SETTLE_SECONDS)

    async def _is_poked_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        # Creating a CRD makes several events in a row; one discovery answers them all.
        await self._clock.sleep(SETTLE_SECONDS[0])
        self._changed.clear()
        return True

    def poke(self) -> None:
        """Have the types looked up soon."""
        self._changed.set()

    def crd_uid(self, name: str) -> str:
        """Return the uid of a CRD, empty if there is none of that name, or none is known yet."""
        crd = self._crds.get(ObjectKey("", name)) if self._crds is not None else None
        return meta.uid_of(crd) if crd is not None else ""

    def poke_crd(self, name: str, *, is_new: bool) -> None:
        """Tell who follows a single CRD, and have the types looked up soon."""
        for listener in self._crd_listeners:
            listener(name, is_new)
        self._changed.set()

    async def _refresh(self) -> bool:
        """Ask the server and tell the listeners; False if it did not answer."""
        before = self._mapper.generation
        try:
            await self._mapper.refresh()
        except errors.KubeError as error:
            say = log.debug if self._is_failing else log.warning
            self._is_failing = True
            say("discovery failed", error=str(error))
            return False
        if self._is_failing:
            self._is_failing = False
            log.info("discovery recovered")
        if self._mapper.generation != before:
            log.info("resource types changed", failed_groups=sorted(self._mapper.failed_groups))
            for listener in self._listeners:
                listener()
        return True


class _Poke:
    """Handler of the CRD and APIService informers."""

    def __init__(self, registry: TypeRegistry, *, is_crd: bool) -> None:
        self._registry = registry
        self._is_crd = is_crd

    def on_change(
        self, key: ObjectKey, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        del initial
        if self._is_crd:
            is_new = new is not None and (old is None or meta.uid_of(old) != meta.uid_of(new))
            self._registry.poke_crd(key.name, is_new=is_new)
        else:
            self._registry.poke()

    def on_status(self, status: InformerStatus) -> None:
        del status
