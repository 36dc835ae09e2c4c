"""A term with all its reconcilers, over caches that a test shows what it wants."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.subscriptions import _ReferenceHandler, _SourceHandler
from clusterimport.controllers.manager import ImportManager
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.controllers.queues import EVERYTHING, Sweep, Workers
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS, GroupResource
from clusterimport.model.meta import Object, ObjectKey
from clusterimport.settings import Settings
from clusterimport.workqueue import RateLimitingQueue
from tests.fakes.controllers.health import unprobed
from tests.fakes.controllers.importing import DIGEST, KEEPS_ALL, QUEUES, ImportRig, drain, taken
from tests.fakes.controllers.importobjects import CLUSTERS, lifecycle_body, secret_body, source_body
from tests.fakes.informers.handinformers import HandInformers


class TermRig(ImportRig):
    """A term over a policy in force and one source with its Secret, which hears the caches."""

    def __init__(self, *, may_write: bool = True, health: HealthOptions | None = None) -> None:
        super().__init__()
        self._follow(health or unprobed())
        self.active = self.activate(see=False)
        self.put(CLUSTERS, source_body())
        self.put(SECRETS, secret_body())
        self.see()
        self.tracker.is_followed = True
        self._begin(may_write=may_write)
        # As if all had been looked at already.
        self.latency.clear()
        self.taken()
        self.context.tally.suspend("mcp", self.tracker.revision("mcp"))

    def _follow(self, health: HealthOptions) -> None:
        """Have the wiring of the program in the place of the rig's own."""
        self.informers = HandInformers()
        self.manager = manager = manager_of(self, health)
        self.hub, self.queues = manager._hub, manager.queues
        self.caches, self.newest = manager._caches, manager._newest
        self.references, self.latency = manager._references, manager._latency
        self.schemas = manager._schemas
        self.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL)
        for queue in self.queues:
            queue.reopen()
        self.hearing, self.hearing_latency = self.queues, self.latency

    def _begin(self, *, may_write: bool) -> None:
        self.context = replace(self.manager.context(self.rest), tracker=self.tracker)
        self.subject = self.manager.term(self.context, may_write=lambda: may_write)
        names = zip(QUEUES, self.subject.controllers, strict=True)
        self.reconcilers = SimpleNamespace(**{name: each._reconciler for name, each in names})

    def restart(self) -> None:
        """Go on as the next leader, over the same caches."""
        self._begin(may_write=True)
        self.manager.open_queues()
        drain(self.queues.sweeps)

    def restart_term(self) -> None:
        """Make the next leader's term over the same caches; ``subject.run`` leads."""
        self._begin(may_write=True)
        self.manager.open_queues()

    async def run(self) -> None:
        """Lead until cancelled; nothing counts as looked at any more."""
        self.context.tally.outdate("mcp")
        self.manager.open_queues()
        await self.subject.run()

    def put_lifecycle(self, name: str = "mcp-one", **metadata: Any) -> dict[str, Any]:
        """Let the policy have a lifecycle on the server."""
        body = lifecycle_body(name, policy_uid=self.active.record.uid)
        return self.put(LIFECYCLES, body, **metadata)

    def taken(self) -> dict[str, list[Any]]:
        """Return all keys that are due, by queue, after all sweeps."""
        self.sweep()
        return taken(self.queues)

    def sweep(self) -> None:
        """Do all sweeps that are due."""
        while keys := drain(self.queues.sweeps):
            for key in keys:
                _finish(self.reconcilers.sweeps.reconcile(key))

    def policy_changed(self, policy: str, *, sources: bool) -> None:
        """Tell of a policy as the tracker does; ``sources``: all of them are looked at again."""
        if sources:
            self.tracker.renew(policy)
        self.queues.policies.add(policy)
        self.queues.sweeps.add(Sweep(policy))
        self.sweep()

    def source_changed(self, policy: str, key: ObjectKey, *, initial: bool) -> None:
        """Tell of a source as its cache does."""
        handler = _SourceHandler(policy, self.active.subscription, self.queues, self.latency)
        handler.on_change(key, None, {}, initial=initial)

    def reference_changed(self, kind: GroupResource, key: ObjectKey, *, initial: bool) -> None:
        """Tell of a Secret as its cache does."""
        informer = self.informers.of(SECRETS)
        assert informer.spec.gvr.group_resource == kind
        handler = _ReferenceHandler(
            "mcp", self.active.subscription, informer, self.queues, self.references
        )
        handler.on_change(key, None, {}, initial=initial)

    def lifecycle_changed(self, old: Object | None, new: Object | None, *, initial: bool) -> None:
        """Tell of a lifecycle as its cache does."""
        self.informers.of(LIFECYCLES).change(old, new, initial=initial)

    def pediacluster_changed(
        self, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        """Tell of a PediaCluster as its cache does."""
        self.informers.of(PEDIACLUSTERS).change(old, new, initial=initial)

    def schemas_changed(self) -> None:
        """Tell that the CRDs of what is written are others."""
        super().schemas_changed()
        self.look_at_everything()

    def look_at_everything(self) -> None:
        """Sweep all, as at the beginning of a term."""
        self.queues.sweeps.add(EVERYTHING)
        self.sweep()


def manager_of(rig: ImportRig, health: HealthOptions | None = None) -> ImportManager:
    """Return the wiring of the program over a rig's server, clock and counters."""
    health = health or unprobed()
    settings = Settings(
        identity="me",
        pediacluster_status=health.status,
        probe_interval_seconds=health.interval_seconds,
        namespace=health.secrets_namespace,
    )
    return ImportManager(
        Hub.of(rig.rest, rig.informers, rig.clock),
        settings,
        make_probe=health.make_probe,
        workers=Workers(sources=2, lifecycles=2, pediaclusters=8, deletions=2),
        digest=DIGEST,
        clock=rig.clock,
        random=rig.random,
        metrics=rig.counters,
    )


def _finish(work: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine that waits for nothing but its turn."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return


async def follow(rig: TermRig) -> None:
    """Let the caches see what is written, a moment later, as informers do."""
    while True:
        await rig.rest.written.wait()
        rig.rest.written.clear()
        await asyncio.sleep(0.05)
        rig.see(POLICIES, LIFECYCLES, PEDIACLUSTERS)


def priorities(queue: RateLimitingQueue[Any]) -> set[int]:
    """Return the priorities of what is due from a queue."""
    return set(queue._turns.priorities)
