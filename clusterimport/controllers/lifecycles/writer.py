"""The writes to PediaClusters: a creation fenced by its name, or the smallest patch."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from clusterimport.controllers.lifecycles.verdict import Held, Verdict, conflict
from clusterimport.controllers.refusals import Refusal, RefusalLedger, is_refusal
from clusterimport.controllers.term import TermContext
from clusterimport.engine.diff import create_body, mark_patch, update_patch
from clusterimport.engine.lifecycle import RenderedCluster
from clusterimport.engine.ownership import Ownership, ownership
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.pediacluster import Digest, redact

log = structlog.get_logger(__name__)


class PediaClusterWriter:
    """Creates and patches; remembers what the server refused and what it answered."""

    def __init__(self, context: TermContext, digest: Digest) -> None:
        self._context = context
        self._digest = digest
        self._refusals: RefusalLedger[str] = RefusalLedger(context.clock)

    def forget(self, name: str) -> None:
        """Forget a lifecycle that is gone."""
        self._refusals.forget(name)
        self._refusals.forget(f"{name}/mark")

    def schemas_changed(self) -> None:
        """Let refused bodies be tried again at once."""
        self._refusals.forget_all()

    def observe(
        self, record: LifecycleRecord, rendered: RenderedCluster, existing: meta.Object | None
    ) -> Verdict:
        """Tell what would be written.

        Raises:
            IncompleteCredentials: an update would be refused.

        """
        if existing is None:
            return Verdict(exists=False, observed="would create the PediaCluster")
        patch = update_patch(rendered, existing, digest=self._digest, lifecycle=record)
        if patch is None:
            return Verdict(exists=True, created_reason="PediaClusterExisted")
        fields = ", ".join(sorted((patch.get("spec") or patch.get("metadata") or {}).keys()))
        return Verdict(
            exists=True, created_reason="PediaClusterExisted", observed=f"would change {fields}"
        )

    async def write(
        self, record: LifecycleRecord, rendered: RenderedCluster, *, created_at: str
    ) -> Verdict:
        """Make the PediaCluster equal to what was rendered.

        ``created_at`` is what ``ownership`` asks for.

        Raises:
            Held: the name is taken, or the server refuses the content.
            IncompleteCredentials: a credential that is set would become empty.
            KubeError: the server failed; to be tried again.

        """
        existing = self._context.pediacluster(record.name)
        if existing is None:
            created = await self._create(record, rendered)
            if created:
                return Verdict(exists=True, created_reason="PediaClusterCreated")
            existing = await self._read(record.name)
        whose = ownership(existing, record, created_at=created_at)
        if whose in {Ownership.CONFLICT, Ownership.ABSENT}:
            raise conflict(existing, record)
        patch = update_patch(rendered, existing, digest=self._digest, lifecycle=record)
        if patch is not None:
            await self._patch(record, patch)
        self._refusals.forget(record.name)
        reason = self._created_reason(record, existing, whose)
        return Verdict(exists=True, created_reason=reason)

    def _created_reason(
        self, record: LifecycleRecord, existing: meta.Object, whose: Ownership
    ) -> str:
        """Tell a PediaCluster that stood before from one whose creation was not reported.

        A look may end between the creation and the status. What carries the lifecycle's mark and
        is not older than it was made for it.
        """
        lifecycle = self._context.lifecycle(record.name)
        if whose is not Ownership.OURS or lifecycle is None:
            return "PediaClusterExisted"
        made, since = meta.creation_timestamp_of(existing), meta.creation_timestamp_of(lifecycle)
        return "PediaClusterCreated" if made >= since else "PediaClusterExisted"

    async def mark(self, record: LifecycleRecord) -> None:
        """Give our mark the form of the deletion policy, and change nothing else.

        Raises KubeError if the server failed; what it refuses for its content is left as it is.
        """
        existing = self._context.pediacluster(record.name)
        if existing is None or meta.is_deleting(existing):
            return
        patch = mark_patch(existing, record)
        key = f"{record.name}/mark"
        if patch is None or self._refusals.standing(key, record.options.deletion_policy):
            return
        try:
            updated = await self._context.clients.pediaclusters.patch(record.name, patch)
        except errors.ApiError as error:
            if not is_refusal(error):
                raise
            self._refusals.refused(key, record.options.deletion_policy, error)
            return
        self._refusals.forget(key)
        self._context.metrics.written("pediaclusters", "patch")
        self._context.written_pediaclusters.wrote(record.name, redact(updated, self._digest))

    async def _create(self, record: LifecycleRecord, rendered: RenderedCluster) -> bool:
        """Create; False if the name is taken."""
        body = create_body(rendered, name=record.name, lifecycle=record)
        fingerprint = self._fingerprint(body)
        self._check_refused(record.name, fingerprint, "CreationFailure")
        try:
            created = await self._context.clients.pediaclusters.create(body)
        except errors.AlreadyExists:
            return False
        except errors.ApiError as error:
            raise self._judge(record.name, fingerprint, "CreationFailure", error) from error
        self._accepted(record.name, created, "create")
        return True

    async def _patch(self, record: LifecycleRecord, patch: Mapping[str, Any]) -> None:
        fingerprint = self._fingerprint(patch.get("spec"))
        self._check_refused(record.name, fingerprint, "FailedPatchPediaCluster")
        try:
            updated = await self._context.clients.pediaclusters.patch(record.name, patch)
        except errors.Conflict:
            raise
        except errors.ApiError as error:
            raise self._judge(record.name, fingerprint, "FailedPatchPediaCluster", error) from error
        self._accepted(record.name, updated, "patch")

    async def _read(self, name: str) -> meta.Object:
        obj = redact(await self._context.clients.pediaclusters.get(name), self._digest)
        self._context.written_pediaclusters.wrote(name, obj)
        return obj

    def _accepted(self, name: str, obj: meta.Object, verb: str) -> None:
        log.info("pediacluster written", verb=verb, pediacluster=name)
        self._refusals.forget(name)
        self._context.metrics.written("pediaclusters", verb)
        self._context.written_pediaclusters.wrote(name, redact(obj, self._digest))

    def _fingerprint(self, body: Any) -> str:
        return self._digest.of(msgspec.json.encode(body, order="deterministic"))

    def _check_refused(self, name: str, fingerprint: str, reason: str) -> None:
        refusal = self._refusals.standing(name, fingerprint)
        if refusal is not None:
            raise self._held(reason, refusal)

    def _judge(
        self, name: str, fingerprint: str, reason: str, error: errors.ApiError
    ) -> errors.ApiError | Held:
        if not is_refusal(error):
            return error
        return self._held(reason, self._refusals.refused(name, fingerprint, error))

    def _held(self, reason: str, refusal: Refusal) -> Held:
        return Held(
            reason,
            f"the server refuses the PediaCluster: {refusal.message}. It is tried again every few "
            "minutes, and at once when the source, its references or the policy change",
            retry_after=self._refusals.seconds_until_due(refusal),
        )
