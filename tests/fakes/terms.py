"""A term with all its reconcilers, over caches that a test shows what it wants."""

import asyncio
from typing import Any

from clusterimport.controllers.equipment import Equipment, Workers
from clusterimport.controllers.leading import ImportTerm
from clusterimport.controllers.metrics import NullControllerMetrics
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.workqueue import NullQueueMetrics
from tests.fakes.health import unprobed
from tests.fakes.importing import DIGEST, ImportRig, drain
from tests.fakes.importobjects import CLUSTERS, lifecycle_body, secret_body, source_body


class TermRig(ImportRig):
    """A term over a policy in force and one source with its Secret, which hears the caches."""

    def __init__(self, *, may_write: bool = True, health: HealthOptions | None = None) -> None:
        super().__init__()
        self.health = health or unprobed()
        self.active = self.activate(see=False)
        self.put(CLUSTERS, source_body())
        self.put(SECRETS, secret_body())
        self.see()
        self.queue_names: list[str] = []
        self.subject = ImportTerm(self.equipment(), self.rest, may_write=lambda: may_write)
        self.queues = self.subject._queues
        self.context = self.subject._context
        self.switchboard.term = self.subject

    def restart(self) -> None:
        """Go on as the next leader, over the same caches."""
        self.subject = ImportTerm(self.equipment(), self.rest, may_write=lambda: True)
        self.queues = self.subject._queues
        self.context = self.subject._context
        self.switchboard.term = self.subject

    def equipment(self) -> Equipment:
        """Return what a term is made of."""
        return Equipment(
            clock=self.clock,
            random=self.random,
            caches=self.caches,
            views=self.informers,
            tracker=self.tracker,
            schemas=self.schemas,
            programs=self.programs,
            guard=ReferenceGuard(ImportRules()),
            rules=ImportRules(),
            digest=DIGEST,
            identity="me",
            workers=Workers(sources=2, lifecycles=2, pediaclusters=8, deletions=2),
            health=self.health,
            controller_metrics=NullControllerMetrics(),
            import_metrics=self.metrics,
            limit_metrics=self.limit_metrics,
            health_metrics=self.health_metrics,
            queue_metrics=self._queue_metrics,
        )

    def put_lifecycle(self, name: str = "mcp-one", **metadata: Any) -> dict[str, Any]:
        """Let the policy have a lifecycle on the server."""
        body = lifecycle_body(name, policy_uid=self.active.record.uid)
        return self.put(LIFECYCLES, body, **metadata)

    def taken(self) -> dict[str, list[Any]]:
        """Return all keys that are due, by queue."""
        names = ("policies", "sources", "lifecycles", "pediaclusters", "deletions")
        found = {name: sorted(drain(getattr(self.queues, name))) for name in names}
        return {name: keys for name, keys in found.items() if keys}

    def _queue_metrics(self, name: str) -> NullQueueMetrics:
        self.queue_names.append(name)
        return NullQueueMetrics()


async def follow(rig: TermRig) -> None:
    """Let the caches see what is written, a moment later, as informers do."""
    while True:
        await rig.rest.written.wait()
        rig.rest.written.clear()
        await asyncio.sleep(0.05)
        rig.see(POLICIES, LIFECYCLES, PEDIACLUSTERS)
