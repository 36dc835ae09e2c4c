"""Keeps the health of imported clusters true: may one connect to them, and do they answer."""

import dataclasses
from functools import partial
from typing import Final

import structlog

from clusterimport.controllers.pediaclusters.credentials import (
    CredentialReader,
    Inspection,
    Reading,
    policy_name_of,
    tenant_of,
)
from clusterimport.controllers.pediaclusters.lingering import LingeringClusters
from clusterimport.controllers.pediaclusters.options import HealthOptions, Probe
from clusterimport.controllers.pediaclusters.pacing import LookPacing
from clusterimport.controllers.pediaclusters.statuswriter import StatusWriter
from clusterimport.controllers.pediaclusters.targets import (
    IDLE_SECONDS,
    LONGEST_RETRY_SECONDS,
    STALE_SECONDS,
    ClusterTarget,
    Targets,
)
from clusterimport.controllers.pediaclusters.verdicts import (
    HealthFinding,
    judged,
    probed,
    switched_off,
    unknown,
    unprobed,
    untried,
)
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.duty import Duties, Duty, read_synchro
from clusterimport.controllers.shared.health import (
    CredentialNotes,
    Health,
    expiry_notice,
    seconds_until_news,
)
from clusterimport.model import meta
from clusterimport.model.meta import is_older
from clusterimport.model.pediacluster import Digest
from clusterimport.probing import ProbeResult

log = structlog.get_logger(__name__)

SLACK_SECONDS: Final = 0.01
"""How much too early a timer may fire; a look then is not put off again."""


class PediaClusterReconciler:
    """Reconciler of PediaCluster names; owns their probes."""

    def __init__(
        self,
        context: TermContext,
        *,
        credentials: CredentialReader,
        duties: Duties,
        targets: Targets,
        options: HealthOptions,
        digest: Digest,
    ) -> None:
        self._context = context
        self._credentials = credentials
        self._duties = duties
        self._targets = targets
        self._options = options
        self._writer = StatusWriter(context, digest)
        self._lingering = LingeringClusters(context)
        self._pacing = LookPacing(context, targets, interval_seconds=options.interval_seconds)

    async def reconcile(self, key: str) -> Result:
        """Look at one cluster, if it is due or its credentials have changed."""
        obj = self._context.newest.pediacluster(key)
        if obj is None or meta.is_deleting(obj):
            return await self._let_go(key, obj)
        again = partial(self._context.queues.pediaclusters.add, key)
        if self._context.newest.written_pediaclusters.put_off(key, again):
            # What is to be looked at is on its way.
            return DONE
        target = await self._target(key, obj)
        if self._is_changed(obj, target):
            target.renew(*self._identity(obj), self._now)
        await self._take_over(obj, target)
        try:
            return await self._attend(key, obj, target)
        finally:
            await self._targets.put_away(target)

    async def aclose(self) -> None:
        """Close all connections; what this replica knows of clusters is true no more."""
        for name in self._targets.names():
            self._context.health_metrics.forget_cluster(name)
        await self._targets.aclose()

    async def _attend(self, key: str, obj: meta.Object, target: ClusterTarget) -> Result:
        """Look at a cluster whose turn it is, or write what is still to be told."""
        if target.duty is Duty.READ:
            self._tell(key, read_synchro(obj), target)
        if target.due_at > self._now + SLACK_SECONDS:
            return self._after(target, await self._write(obj, target))
        if self._costs_a_request(obj, target):
            seconds = self._pacing.seconds_to_give_up(obj, target)
            if seconds > 0:
                return Result(seconds)
        return await self._look(key, obj, target)

    @property
    def _now(self) -> float:
        return self._context.clock.monotonic()

    async def _let_go(self, key: str, obj: meta.Object | None) -> Result:
        await self._targets.drop(key)
        self._context.handover.forget(key)
        self._context.health.forget(key)
        self._context.health_metrics.forget_cluster(key)
        self._writer.forget(key)
        if obj is not None:
            return self._lingering.look(obj)
        self._lingering.forget(key)
        return DONE

    async def _target(self, key: str, obj: meta.Object) -> ClusterTarget:
        """Return the target of a cluster, a new one if we have another duty than before."""
        duty = self._duties.of(obj)
        target = self._targets.get(key)
        if target is not None and target.duty is duty:
            return target
        await self._targets.drop(key)
        self._context.health_metrics.forget_cluster(key)
        due_at = self._now + self._pacing.seconds_until_first_look(obj, duty)
        return self._targets.add(key, ClusterTarget(duty, due_at, *self._identity(obj)))

    async def _take_over(self, obj: meta.Object, target: ClusterTarget) -> None:
        """Take what the import has judged, if it has, before it is dropped."""
        found = self._credentials.handed_over(obj)
        if found is None or target.inspection is not None:
            return
        await self._targets.unplug(target)
        self._plug(obj, target, found)
        if target.probe is None:
            # Nobody waits for it, and there is nothing to wait for.
            target.due_at = self._now

    def _costs_a_request(self, obj: meta.Object, target: ClusterTarget) -> bool:
        """Whether a look would ask the API server or the cluster for something."""
        is_known = target.inspection is not None and not target.is_put_away
        return not is_known or target.probe is not None or self._credentials.needs_secrets(obj)

    def _identity(self, obj: meta.Object) -> tuple[str, str]:
        return self._credentials.fingerprint(obj), meta.resource_version_of(obj)

    def _is_changed(self, obj: meta.Object, target: ClusterTarget) -> bool:
        """Whether a PediaCluster connects in another way than its target knows.

        What was read live may be newer than the cache, which then is no news.
        """
        if self._credentials.fingerprint(obj) == target.fingerprint:
            return False
        return not is_older(meta.resource_version_of(obj), target.version)

    async def _look(self, key: str, obj: meta.Object, target: ClusterTarget) -> Result:
        """Find out and tell how a cluster is."""
        inspection = await self._inspect(obj, target)
        if inspection is None:
            # It is gone, and the event that says so is on its way.
            return DONE
        self._count_credentials(key, obj, inspection)
        generation = meta.generation_of(obj)
        if target.duty is Duty.READ:
            # Events tell of its verdict; only the end of the credentials comes without one.
            self._tell(key, read_synchro(obj), target)
            self._postpone(target, IDLE_SECONDS)
            return self._after(target, None)
        if target.probe is not None:
            result = await self._probe(key, target, target.probe)
            if result.is_untried:
                return await self._put_off(key, target, result)
            target.judged(self._now, cpu_seconds=result.cpu_seconds, is_healthy=result.is_healthy)
            self._count_failures(key, target, result)
            finding = probed(result, target.server, generation)
            pause = self._targets.pause(
                target, self._options.interval_seconds, cpu_seconds=result.cpu_seconds
            )
        elif inspection.problem is not None:
            finding = judged(inspection.problem, generation)
            pause = self._pause_without_probe(obj, target)
        elif inspection.unprobed and self._options.interval_seconds > 0:
            finding = unprobed(inspection.unprobed, generation)
            pause = self._pause_without_probe(obj, target)
        else:
            finding = switched_off(obj, generation)
            pause = IDLE_SECONDS
        newest = self._context.newest.pediacluster(key)
        if newest is None or not self._is_about(newest, target):
            # About what counts no more: the next look is at what counts now.
            return Result(0.0)
        return await self._conclude(newest, target, finding, pause)

    def _count_credentials(self, key: str, obj: meta.Object, inspection: Inspection) -> None:
        expires_at = inspection.expiry.at.timestamp() if inspection.expiry else None
        policy = policy_name_of(self._context, obj)
        self._context.health_metrics.credential_read(policy, key, expires_at, inspection.features)

    async def _inspect(self, obj: meta.Object, target: ClusterTarget) -> Inspection | None:
        """Read the credentials where they are not those that the probe has; None if it is gone."""
        known = target.inspection
        is_kept = known is not None and not target.is_put_away
        if is_kept and not self._credentials.needs_secrets(obj):
            return known
        found = await self._credentials.read(obj)
        if found is None:
            return None
        if known is not None and found.fingerprint == target.fingerprint:
            is_same = found.inspection.secrets == known.secrets
        else:
            is_same = False
        if is_same and is_kept:
            return known
        await self._targets.unplug(target)
        if not is_same:
            target.failures = 0
        self._plug(obj, target, found)
        return found.inspection

    def _plug(self, obj: meta.Object, target: ClusterTarget, found: Reading) -> None:
        target.fingerprint, target.version = found.fingerprint, found.version
        target.inspection = found.inspection
        target.is_put_away = False
        if found.connection is not None:
            target.server = found.connection.server
            if self._options.interval_seconds > 0 and target.duty is not Duty.READ:
                # It alone keeps the credentials.
                tenant = tenant_of(self._context, obj)
                target.probe = self._options.make_probe(found.connection, tenant)
        if target.probe is None:
            self._context.health_metrics.forget_cluster(meta.name_of(obj))

    def _pause_without_probe(self, obj: meta.Object, target: ClusterTarget) -> float:
        """Return when to look again at what is not probed: events tell of all but Secrets."""
        if not self._credentials.needs_secrets(obj):
            return LONGEST_RETRY_SECONDS
        target.failures += 1
        return self._targets.pause(target, self._options.interval_seconds)

    async def _probe(self, key: str, target: ClusterTarget, probe: Probe) -> ProbeResult:
        started = self._now
        result = await probe.run(is_first=not target.is_judged)
        obj = self._context.newest.pediacluster(key)
        policy = policy_name_of(self._context, obj) if obj is not None else ""
        seconds = self._now - started
        self._context.health_metrics.probed(policy, key, result.reason.value, seconds)
        return result

    async def _put_off(self, key: str, target: ClusterTarget, result: ProbeResult) -> Result:
        """Leave the verdict as it was, for want of our own, until it is too old to be believed."""
        newest = self._context.newest.pediacluster(key)
        if newest is None or not self._is_about(newest, target):
            return Result(0.0)
        seconds = target.could_not_try(self._now)
        pause = self._targets.pause_untried(target)
        log.info("cluster not probed", pediacluster=key, reason=result.message)
        if seconds > STALE_SECONDS:
            finding = untried(result, meta.generation_of(newest))
            return await self._conclude(newest, target, finding, pause)
        self._postpone(target, pause)
        if not target.is_judged:
            self._tell(key, unknown(result, is_news=False), target)
        return self._after(target, await self._write(newest, target))

    def _is_about(self, newest: meta.Object, target: ClusterTarget) -> bool:
        """Whether a result is still one about this PediaCluster, and ours to tell."""
        if meta.is_deleting(newest) or self._is_changed(newest, target):
            return False
        return self._duties.of(newest) is target.duty

    def _count_failures(self, key: str, target: ClusterTarget, result: ProbeResult) -> None:
        target.failures = 0 if result.is_healthy else target.failures + 1
        if target.is_told_failing is not result.is_healthy:
            return
        target.is_told_failing = not result.is_healthy
        if result.is_healthy:
            log.info("cluster ready", pediacluster=key)
        else:
            log.info("cluster not ready", pediacluster=key, reason=result.reason.value)

    async def _conclude(
        self, obj: meta.Object, target: ClusterTarget, finding: HealthFinding, pause_seconds: float
    ) -> Result:
        """Tell a finding in the PediaCluster, and then to whoever waits for its lifecycle."""
        self._postpone(target, pause_seconds)
        target.unwritten = finding
        try:
            wait = await self._write(obj, target)
        finally:
            self._tell(meta.name_of(obj), finding.health, target)
        return self._after(target, wait)

    async def _write(self, obj: meta.Object, target: ClusterTarget) -> float | None:
        """Write what is still to be told; return the seconds after which to try again."""
        if target.unwritten is None or target.duty is not Duty.PROBE_AND_WRITE:
            return None
        wait = await self._writer.write(obj, target.unwritten)
        if wait is None:
            target.unwritten = None
        return wait

    def _postpone(self, target: ClusterTarget, seconds: float) -> None:
        expiry = target.inspection.expiry if target.inspection else None
        pause = min(seconds, seconds_until_news(expiry, self._context.clock.now()))
        target.due_at = self._now + pause

    def _after(self, target: ClusterTarget, wait: float | None) -> Result:
        """Come back when the target is due, or earlier to write."""
        left = max(target.due_at - self._now, 0.0)
        return Result(left if wait is None else min(left, wait))

    def _tell(self, key: str, health: Health, target: ClusterTarget) -> None:
        known = target.inspection
        notes = None
        if known is not None:
            expiry = expiry_notice(known.expiry, self._context.clock.now())
            notes = CredentialNotes(expiry, known.features)
        self._context.health.set(key, dataclasses.replace(health, notes=notes))
