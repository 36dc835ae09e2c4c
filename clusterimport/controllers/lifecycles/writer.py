"""The writes to PediaClusters: a creation fenced by its name, or the smallest patch."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict, conflict
from clusterimport.controllers.shared.contested import (
    FIELD_CONTESTED,
    Contested,
    ContestedFields,
    without_fields,
)
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.refusals import Refusal, RefusalLedger, is_refusal
from clusterimport.engine.diff import (
    connection_patch,
    content_patch,
    create_body,
    mark_patch,
    update_patch,
)
from clusterimport.engine.errors import FAILED_RESOLVE_AND_DECODE
from clusterimport.engine.lifecycle import RenderedCluster
from clusterimport.engine.ownership import Ownership, ownership
from clusterimport.engine.preview import preview_creation, preview_update
from clusterimport.kube import errors
from clusterimport.limits.messages import METADATA_PROBLEMS_NAMED
from clusterimport.model import meta
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.pediacluster import (
    AUTHENTICATION_FROM,
    CONNECTION_FIELDS,
    Digest,
    redact,
)
from clusterimport.model.policy import UpdatePolicy
from clusterimport.traces import without_frames

log = structlog.get_logger(__name__)


_CREATION, _CONNECTION, _CONTENT, _MARK = "creation", "connection", "content", "mark"
"""The writes to one PediaCluster, each refused or accepted by itself."""


class PediaClusterWriter:
    """Creates and patches; remembers what the server refused and what it answered."""

    def __init__(self, context: TermContext, digest: Digest) -> None:
        self._context = context
        self._digest = digest
        self._refusals: RefusalLedger[str] = RefusalLedger(context.clock, context.schemas)
        self._contested: ContestedFields[str] = ContestedFields(context.clock)

    def forget(self, name: str) -> None:
        """Forget a lifecycle that is gone."""
        self._refusals.forget(name)
        self._contested.forget(name)

    def observe(
        self, record: LifecycleRecord, rendered: RenderedCluster, existing: meta.Object | None
    ) -> ImportVerdict:
        """Tell what would be written.

        Raises:
            IncompleteCredentials: an update would be refused.

        """
        if existing is None:
            _check_metadata(rendered)
            return ImportVerdict(exists=False, observed=preview_creation(rendered))
        patch = update_patch(rendered, existing, digest=self._digest, lifecycle=record)
        if patch is None:
            return ImportVerdict(exists=True, created_reason="PediaClusterExisted")
        observed = preview_update(rendered, existing, patch)
        return ImportVerdict(exists=True, created_reason="PediaClusterExisted", observed=observed)

    async def write(
        self, record: LifecycleRecord, rendered: RenderedCluster, *, created_at: str
    ) -> ImportVerdict:
        """Make the PediaCluster equal to what was rendered.

        ``created_at`` is what ``ownership`` asks for.

        Raises:
            Held: the name is taken, or the server refuses the content.
            IncompleteCredentials: a credential that is set would become empty.
            KubeError: the server failed; to be tried again.

        """
        existing = self._context.newest.pediacluster(record.name)
        if existing is None:
            created = await self._create(record, rendered)
            if created:
                return ImportVerdict(exists=True, created_reason="PediaClusterCreated")
            existing = await self._read(record.name)
        whose = ownership(existing, record, created_at=created_at)
        if whose in {Ownership.CONFLICT, Ownership.ABSENT}:
            raise conflict(existing, record)
        reason = self._created_reason(record, existing, whose)
        held = await self._update(record, rendered, existing)
        return ImportVerdict(exists=True, created_reason=reason, held=held)

    async def _update(
        self, record: LifecycleRecord, rendered: RenderedCluster, existing: meta.Object
    ) -> Held | None:
        """Write the connection, then the rest; return why one of them is not as it should be.

        Each goes by itself, whatever comes of the other: labels that the server refuses never
        hold a rotation back.
        """
        patch = connection_patch(rendered, existing, digest=self._digest, lifecycle=record)
        held = await self._bring(record, _CONNECTION, patch, rendered)
        newest = self._context.newest.pediacluster(record.name) or existing
        patch = content_patch(rendered, newest, lifecycle=record)
        content_held = await self._bring(record, _CONTENT, patch)
        if held is None and record.options.update_policy is UpdatePolicy.ALL:
            held = _metadata_refused(rendered)
        return held or content_held

    def _created_reason(
        self, record: LifecycleRecord, existing: meta.Object, whose: Ownership
    ) -> str:
        """Tell a PediaCluster that stood before from one whose creation was not reported.

        A look may end between the creation and the status. What carries the lifecycle's mark and
        is not older than it was made for it.
        """
        lifecycle = self._context.newest.lifecycle(record.name)
        if whose is not Ownership.OURS or lifecycle is None:
            return "PediaClusterExisted"
        made, since = meta.creation_timestamp_of(existing), meta.creation_timestamp_of(lifecycle)
        return "PediaClusterCreated" if made >= since else "PediaClusterExisted"

    async def mark(self, record: LifecycleRecord) -> None:
        """Give our mark the form of the deletion policy, and change nothing else.

        Raises KubeError if the server failed; what it refuses for its content is left as it is.
        """
        existing = self._context.newest.pediacluster(record.name)
        if existing is None or meta.is_deleting(existing):
            return
        await self._bring(record, _MARK, mark_patch(existing, record))

    async def _create(self, record: LifecycleRecord, rendered: RenderedCluster) -> bool:
        """Create; False if the name is taken."""
        _check_metadata(rendered)
        body = create_body(rendered, name=record.name, lifecycle=record)
        self._check_refused(record.name, _CREATION, body)
        with self._context.newest.written_pediaclusters.writing(record.name):
            try:
                created = await self._context.hub.client(PEDIACLUSTERS).create(body)
            except errors.AlreadyExists:
                return False
            except errors.ApiError as error:
                raise self._judge(record.name, _CREATION, body, error) from error
            self._accepted(record, _CREATION, created, "create", rendered)
        return True

    async def _bring(
        self,
        record: LifecycleRecord,
        part: str,
        patch: Mapping[str, Any] | None,
        rendered: RenderedCluster | None = None,
    ) -> Held | None:
        """Send what may be sent of a patch; return why it, or some of it, is not.

        ``rendered`` is what a connection is of.
        """
        if patch is None:
            self._refusals.accepted(record.name, part)
            return None
        withheld = self._contested.withheld(record.name, patch)
        allowed = without_fields(patch, frozenset(field.path for field in withheld))
        if allowed is not None:
            try:
                await self._patch(record, part, allowed, rendered)
            except Held as held:
                return without_frames(held)
        return await self._tell_contested(record.name, withheld) if withheld else None

    async def _patch(
        self,
        record: LifecycleRecord,
        part: str,
        patch: Mapping[str, Any],
        rendered: RenderedCluster | None,
    ) -> None:
        self._check_refused(record.name, part, patch)
        with self._context.newest.written_pediaclusters.writing(record.name):
            try:
                updated = await self._context.hub.client(PEDIACLUSTERS).patch(record.name, patch)
            except errors.Conflict:
                raise
            except errors.ApiError as error:
                raise self._judge(record.name, part, patch, error) from error
            self._contested.wrote(record.name, patch)
            self._accepted(record, part, updated, "patch", rendered)

    async def _tell_contested(self, name: str, fields: Sequence[Contested]) -> Held:
        """Name the fields that another writer holds, and who that is."""
        client = self._context.hub.client(PEDIACLUSTERS)
        message = await self._contested.describe(
            name, fields, f"PediaCluster {name}", lambda: client.get(name, metadata_only=True)
        )
        return Held(FIELD_CONTESTED, message, retry_after=self._contested.seconds_until_due(fields))

    async def _read(self, name: str) -> meta.Object:
        obj = redact(await self._context.hub.client(PEDIACLUSTERS).get(name), self._digest)
        self._context.newest.written_pediaclusters.wrote(name, obj)
        return obj

    def _accepted(
        self,
        record: LifecycleRecord,
        part: str,
        obj: meta.Object,
        verb: str,
        rendered: RenderedCluster | None,
    ) -> None:
        name = record.name
        log.info(
            "pediacluster written",
            verb=verb,
            reason=part,
            pediacluster=name,
            policy=record.policy.name if record.policy else "",
            source=str(record.source),
        )
        self._refusals.accepted(name, part)
        self._context.metrics.written("pediaclusters", verb)
        written = redact(obj, self._digest)
        self._context.newest.written_pediaclusters.wrote(name, written)
        if rendered is not None and rendered.judged is not None and _connects_as(rendered, obj):
            self._context.handover.give(name, written, rendered.judged)

    def _check_refused(self, name: str, part: str, body: Mapping[str, Any]) -> None:
        refusal = self._refusals.standing(name, part, body)
        if refusal is not None:
            raise self._held(part, refusal)

    def _judge(
        self, name: str, part: str, body: Mapping[str, Any], error: errors.ApiError
    ) -> errors.ApiError | Held:
        if not is_refusal(error):
            return error
        return self._held(part, self._refusals.refused(name, part, body, error))

    def _held(self, part: str, refusal: Refusal) -> Held:
        return Held(
            "CreationFailure" if part == _CREATION else "FailedPatchPediaCluster",
            f"the server refuses the PediaCluster: {refusal.message}. It is tried again every few "
            "minutes, and at once when the source, its references or the policy change",
            retry_after=self._refusals.seconds_until_due(refusal),
        )


def _connects_as(rendered: RenderedCluster, obj: meta.Object) -> bool:
    """Whether the connection of a PediaCluster is the one that was rendered, and nothing else."""
    spec = obj.get("spec") or {}
    return not spec.get(AUTHENTICATION_FROM) and all(
        (spec.get(field) or "") == (rendered.spec.get(field) or "") for field in CONNECTION_FIELDS
    )


def _metadata_refused(rendered: RenderedCluster) -> Held | None:
    """Return why the server would refuse labels or annotations, None if it would not."""
    problems = rendered.metadata_problems
    if not problems:
        return None
    more = len(problems) - METADATA_PROBLEMS_NAMED
    named = "; ".join(problems[:METADATA_PROBLEMS_NAMED])
    return Held(FAILED_RESOLVE_AND_DECODE, f"{named}; and {more} more" if more > 0 else named)


def _check_metadata(rendered: RenderedCluster) -> None:
    held = _metadata_refused(rendered)
    if held is not None:
        raise held
