"""Whether the namespaces that policies name are there; looked at now and then, never watched."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from clusterimport.aio import Clock
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient

FOUND_SECONDS: Final = 3600.0
"""How long one that is there is not asked for again: what goes with it shows by itself."""
MISSING_SECONDS: Final = 30.0
"""When one that is not there is asked for again, since no event tells of it."""
UNKNOWN_SECONDS: Final = 300.0
"""The same where it cannot be told, as for want of the right."""


class _Known(NamedTuple):
    is_missing: bool
    until: float


class NamespaceLooks:
    """What is known of namespaces; owned by the policy reconciler."""

    def __init__(self, client: ResourceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def missing(self, names: Iterable[str]) -> frozenset[str]:
        """Return those that certainly do not exist; never raises."""
        now = self._clock.monotonic()
        self._known = {name: known for name, known in self._known.items() if now < known.until}
        return frozenset([name for name in sorted(set(names)) if await self._is_missing(name)])

    async def _is_missing(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = await self._look(name)
            self._known[name] = known
        return known.is_missing

    async def _look(self, name: str) -> _Known:
        is_missing, seconds = False, FOUND_SECONDS
        try:
            await self._client.get(name, metadata_only=True)
        except errors.KubeError as error:
            is_missing = isinstance(error, errors.NotFound) and not errors.is_type_missing(error)
            seconds = MISSING_SECONDS if is_missing else UNKNOWN_SECONDS
        return _Known(is_missing, self._clock.monotonic() + seconds)
