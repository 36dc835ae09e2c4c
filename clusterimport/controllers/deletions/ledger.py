"""What was deleted, and what was released to be, kept where a restart does not forget it."""

import asyncio
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clusterimport.controllers.deletions.budget import WINDOW_SECONDS, Loss
from clusterimport.controllers.deletions.releases import Releases, parse_releases
from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.limits.deletions import DELETIONS_REMEMBERED
from clusterimport.model import meta
from clusterimport.model.gvr import POLICIES
from clusterimport.model.meta import ObjectKey

_OPTIONAL = ("namespace", "created")


class PastDeletion(NamedTuple):
    """One deletion, as remembered in ``status.deletions`` of its policy."""

    name: str
    uid: str
    time: str
    namespace: str = ""
    """Of the source; empty for a cluster-scoped one."""
    created: str = ""
    """When the PediaCluster came; empty, as written by an older version, for long ago."""

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            name: value for name, value in self._asdict().items() if value or name not in _OPTIONAL
        }

    @property
    def loss(self) -> Loss:
        """The two moments that the budget is about."""
        return Loss(unix_seconds(self.created) or 0.0, unix_seconds(self.time) or 0.0)


class _Noted(NamedTuple):
    """The newest that is known of one policy; None where that is what its status says."""

    deletions: tuple[PastDeletion, ...] | None = None
    releases: Releases | None = None


class Ledger:
    """The deletions of the last ten minutes of every policy, and what is released of it.

    Writes ``status.deletions`` and ``status.releasedDeletions``, as nobody else does.
    """

    def __init__(self, context: TermContext) -> None:
        self._context = context
        # By policy. On Clusterpedia's CRDs, which drop the fields, it is all there is.
        self._noted: dict[str, _Noted] = {}
        self._written: dict[str, _Noted] = {}
        self._answers: MutationCache[str] = MutationCache(context.clock)
        self._writing: dict[str, asyncio.Lock] = {}

    def past(self, policy: str) -> tuple[PastDeletion, ...]:
        """Return the deletions of the window, each once."""
        told = parse_deletions(self._status(policy).get("deletions"))
        known = {each.uid: each for each in (*told, *(self._of(policy).deletions or ()))}
        return recent(known.values(), self._context.clock.now().timestamp())

    def releases(self, policy: str) -> Releases:
        """Return what was released and is not gone yet."""
        noted = self._of(policy).releases
        if noted is not None:
            return noted
        return parse_releases(policy, self._status(policy).get("releasedDeletions"))

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
        counted = bounded(known.values(), now, namespace=namespace, share=share)
        self._noted[policy] = self._of(policy)._replace(deletions=counted)

    def release(self, key: DeletionKey, uids: Iterable[str]) -> None:
        """Remember that a person has released these; ``write`` has to follow."""
        self._note_releases(key, self.releases(key.policy).adding(key.tenant, uids))

    def keep_released(self, key: DeletionKey, uids: AbstractSet[str]) -> None:
        """Forget what is released and no candidate any more; ``write`` has to follow."""
        before = self.releases(key.policy)
        left = before.keeping(key.tenant, uids)
        if left is not before:
            self._note_releases(key, left)

    async def write(self, policy: str) -> None:
        """Write down what was noted; several callers of one policy share one write.

        Raises:
            KubeError: it is not written, so nothing of it may be deleted.

        """
        async with self._writing.setdefault(policy, asyncio.Lock()):
            noted, written = self._of(policy), self._written.get(policy, _Noted())
            cached = self._context.caches.policies.get(ObjectKey("", policy))
            if cached is None:
                return
            status: dict[str, Any] = {}
            if noted.deletions is not written.deletions and self._is_kept("deletions"):
                status["deletions"] = [each.to_dict() for each in noted.deletions or ()]
            if noted.releases is not written.releases and self._is_kept("releasedDeletions"):
                released = noted.releases.to_list() if noted.releases else []
                status["releasedDeletions"] = released or None
            if not status:
                return
            newest = self._answers.newest(policy, cached) or cached
            metadata = {"resourceVersion": meta.resource_version_of(newest)}
            answer = await self._context.hub.client(POLICIES).patch(
                policy, {"metadata": metadata, "status": status}, subresource="status"
            )
            self._answers.wrote(policy, answer)
            self._written[policy] = noted

    def _of(self, policy: str) -> _Noted:
        return self._noted.get(policy, _Noted())

    def _note_releases(self, key: DeletionKey, releases: Releases) -> None:
        self._noted[key.policy] = self._of(key.policy)._replace(releases=releases)

    def _status(self, policy: str) -> meta.Object:
        obj = self._context.caches.policies.get(ObjectKey("", policy)) or {}
        return obj.get("status") or {}

    def _is_kept(self, field: str) -> bool:
        return self._context.schemas.current.policy_keeps(f"status.{field}")


def parse_deletions(raw: Any) -> tuple[PastDeletion, ...]:
    """Read ``status.deletions``; entries that make no sense are left out."""
    if not isinstance(raw, list):
        return ()
    return tuple(
        PastDeletion(
            str(entry["name"]),
            str(entry.get("uid", "")),
            str(entry["time"]),
            str(entry.get("namespace") or ""),
            str(entry.get("created") or ""),
        )
        for entry in raw
        if isinstance(entry, dict) and "name" in entry and unix_seconds(entry.get("time"))
    )


def recent(deletions: Iterable[PastDeletion], now: float) -> tuple[PastDeletion, ...]:
    """Return the deletions that are younger than the window."""
    return tuple(each for each in deletions if now - each.loss.gone < WINDOW_SECONDS)


def bounded(
    deletions: Iterable[PastDeletion], now: float, *, namespace: str, share: int
) -> tuple[PastDeletion, ...]:
    """Forget what a tenant's churn would pile up, and in any case what nobody could store.

    Of the short-lived clusters of a namespace the last ``share`` are kept. That forgets nothing of
    a mass deletion, which is held before it gets there. Oldest first.
    """
    start = now - WINDOW_SECONDS
    ordered = sorted(deletions, key=lambda each: each.loss.gone)
    is_young = {each: each.loss.created > start for each in ordered}
    churn = [each for each in ordered if each.namespace == namespace and is_young[each]]
    dropped = set(churn[: max(0, len(churn) - share)])
    kept = [each for each in ordered if each not in dropped]
    surplus = max(0, len(kept) - DELETIONS_REMEMBERED)
    # A sort is stable: the oldest of the young go first.
    dropped = set(sorted(kept, key=lambda each: not is_young[each])[:surplus])
    return tuple(each for each in kept if each not in dropped)


def created_at(obj: meta.Object) -> float:
    """Return when an object was created, in Unix seconds; long ago where it does not say."""
    return unix_seconds(meta.creation_timestamp_of(obj)) or 0.0


def unix_seconds(text: Any) -> float | None:
    """Return a moment of RFC 3339 in Unix seconds, None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
