"""What was deleted in the last ten minutes, kept where a restart does not forget it."""

import asyncio
from collections.abc import Iterable

from clusterimport.controllers.deletions.pastdeletions import (
    PastDeletion,
    bounded,
    parse_deletions,
    recent,
)
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.model import meta
from clusterimport.model.gvr import POLICIES
from clusterimport.model.keys import ObjectKey


class Ledger:
    """The deletions of every policy; writes ``status.deletions``, as nobody else does."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        # The newest that is known, by policy. On Clusterpedia's CRDs, which drop the field, it is
        # all there is.
        self._noted: dict[str, tuple[PastDeletion, ...]] = {}
        self._written: dict[str, tuple[PastDeletion, ...]] = {}
        self._answers: MutationCache[str] = MutationCache(context.clock)
        self._writing: dict[str, asyncio.Lock] = {}

    def past(self, policy: str) -> tuple[PastDeletion, ...]:
        """Return the deletions of the window, each once."""
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        told = parse_deletions(((obj or {}).get("status") or {}).get("deletions"))
        known = {each.uid: each for each in (*told, *self._noted.get(policy, ()))}
        return recent(known.values(), self._context.clock.now().timestamp())

    def note(
        self, policy: str, deletions: Iterable[PastDeletion], *, namespace: str, share: int
    ) -> None:
        """Count deletions of one namespace from now on; ``write`` has to follow.

        Args:
            policy: name of the policy.
            deletions: what will be deleted; one that is known already is counted once.
            namespace: of their sources, empty for cluster-scoped ones.
            share: how many of its clusters the namespace may lose within the window.

        """
        known = {each.uid: each for each in (*self.past(policy), *deletions)}
        now = self._context.clock.now().timestamp()
        self._noted[policy] = bounded(known.values(), now, namespace=namespace, share=share)

    async def write(self, policy: str) -> None:
        """Write down what was noted; several callers of one policy share one write.

        Raises:
            KubeError: it is not written, so nothing of it may be deleted.

        """
        async with self._writing.setdefault(policy, asyncio.Lock()):
            noted = self._noted.get(policy)
            cached = self._context.caches.policies.get(ObjectKey("", policy))
            if noted is None or noted is self._written.get(policy) or cached is None:
                return
            if not self._context.schemas.current.policy_keeps("status.deletions"):
                return
            newest = self._answers.newest(policy, cached) or cached
            patch = {
                "metadata": {"resourceVersion": meta.resource_version_of(newest)},
                "status": {"deletions": [each.to_dict() for each in noted]},
            }
            answer = await self._context.hub.client(POLICIES).patch(
                policy, patch, subresource="status"
            )
            self._answers.wrote(policy, answer)
            self._written[policy] = noted
