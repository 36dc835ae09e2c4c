"""Telling of a source of which nothing is made, once for each reason."""

from collections.abc import Sequence

import structlog

from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import Regarding
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.model import meta
from clusterimport.model.conditions import conditions_of, is_true
from clusterimport.model.meta import ObjectKey
from clusterimport.model.rejections import Rejection, was_told

log = structlog.get_logger(__name__)


class SourceRejections:
    """Counts rejected sources, and tells of what is new about them."""

    def __init__(self, context: TermContext) -> None:
        self._context = context

    def reject(
        self,
        key: SourceKey,
        source: meta.Object,
        reason: str,
        message: str,
        existing: Sequence[meta.Object],
    ) -> None:
        """Count a source as rejected; log and make an Event of a reason that it did not have.

        ``existing``: the lifecycles that it has all the same.
        """
        state = State.OUTDATED if any(map(self._is_imported, existing)) else State.FAILED
        standing = Standing(state, reason, message, has_lifecycle=bool(existing), is_rejected=True)
        before = self._context.tally.find(key.policy, key.source)
        self._context.tally.set(key.policy, key.source, standing)
        if before is not None and before.reason == reason:
            return
        self._context.metrics.rejected(key.policy, reason)
        log.warning("source rejected", reason=reason, policy=key.policy, source=str(key.source))
        tally = self._context.tally.of(key.policy)
        # Before all were looked at once, nobody knows what is new: an event may come first.
        is_another_look = tally.is_renewed or not tally.is_complete
        if is_another_look and self._was_told(key, reason):
            return
        note = f"policy {key.policy}: {message}"
        self._context.events.warning(Regarding.of(source), reason, "Import", note)

    def _is_imported(self, obj: meta.Object) -> bool:
        """Whether the PediaCluster of a lifecycle stands, as far as that says so itself."""
        is_created = is_true(conditions_of(obj), "Created")
        return is_created and self._context.newest.pediacluster(meta.name_of(obj)) is not None

    def _was_told(self, key: SourceKey, reason: str) -> bool:
        """Whether an earlier look, maybe another leader's, made an Event of this rejection."""
        policy = self._context.caches.policies.get(ObjectKey("", key.policy)) or {}
        keeps_status = self._context.schemas.current.policy_keeps("status.rejected")
        rejection = Rejection(str(key.source), reason)
        return was_told(policy, rejection, keeps_status=keeps_status)
