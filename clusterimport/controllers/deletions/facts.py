"""What many deletions rest on, asked of the server once for all of them: policies and CRDs."""

import asyncio
from typing import NamedTuple

from clusterimport.controllers.shared.context import TermContext
from clusterimport.kube import errors
from clusterimport.limits.deletions import FACTS_SECONDS
from clusterimport.model import meta
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.traces import without_frames


class Fact(NamedTuple):
    """The server's answer about one cluster-scoped object."""

    obj: meta.Object | None
    error: errors.KubeError | None
    asked_at: float
    """When the question was sent, on the monotonic clock: the answer is not older."""
    answered_at: float

    def get(self) -> meta.Object:
        """Return the object; raises what the server answered in its place."""
        if self.obj is None:
            # One instance for many: it must not gather the traceback of each.
            raise (self.error or errors.NotFound(404)).with_traceback(None)
        return self.obj


class Facts:
    """Live answers of the last seconds; one question serves all that wait for it.

    An answer is only as good as what it was asked after. What was missed first, and whose type is
    looked at then, must not rest on a look at the type from before: hence ``since``.
    """

    def __init__(self, context: TermContext) -> None:
        self._context = context
        self._known: dict[tuple[GroupVersionResource, str], Fact] = {}
        self._asking: dict[tuple[GroupVersionResource, str], asyncio.Lock] = {}

    async def of(self, gvr: GroupVersionResource, name: str, *, since: float) -> Fact:
        """Return an answer to a question that was asked at ``since`` or later.

        A failure of the server is an answer, too, for those who wait for it and the next second.

        Raises:
            GateClosed: the lease is lost.

        """
        key = (gvr, name)
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                known = self._known.get(key)
                if known is None or not self._will_do(known, since):
                    known = await self._ask(gvr, name)
                    self._keep(key, known)
                return known
        finally:
            if not lock.locked() and self._asking.get(key) is lock:
                del self._asking[key]

    async def _ask(self, gvr: GroupVersionResource, name: str) -> Fact:
        asked_at = self._context.clock.monotonic()
        try:
            obj = await self._context.hub.client(gvr).get(name)
        except errors.GateClosed:
            raise
        except errors.KubeError as error:
            return Fact(None, without_frames(error), asked_at, self._context.clock.monotonic())
        return Fact(obj, None, asked_at, self._context.clock.monotonic())

    def _will_do(self, known: Fact, since: float) -> bool:
        is_answer = known.error is None or isinstance(known.error, errors.NotFound)
        age = self._context.clock.monotonic() - known.asked_at
        return known.asked_at >= since and age < (FACTS_SECONDS if is_answer else 1.0)

    def _keep(self, key: tuple[GroupVersionResource, str], fact: Fact) -> None:
        start = self._context.clock.monotonic() - FACTS_SECONDS
        self._known = {
            other: known for other, known in self._known.items() if known.asked_at > start
        }
        self._known[key] = fact
