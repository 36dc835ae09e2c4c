"""What is in force of each policy, over a server whose types are known."""

import dataclasses
from typing import Any

from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.inforce.types import TypeRegistry
from clusterimport.controllers.queues import Sweep
from clusterimport.kube.restmapper import RESTMapper
from clusterimport.model.gvr import POLICIES
from tests.fakes.controllers.importing import ImportRig, taken
from tests.fakes.controllers.importobjects import MACHINES, policy_body

SOURCE = {"group": "cluster.mcp.io", "resource": "clusters"}
SELECTING = SOURCE | {"selectorTemplate": "{{ .source.spec.selected }}"}
MACHINE = {"resource": "machines", "group": MACHINES.group, "namespaceTemplate": ""}


class TrackerRig(ImportRig):
    """A tracker over a server whose types are known."""

    def __init__(self) -> None:
        super().__init__()
        self.mapper = RESTMapper(self.rest)
        self.subject = PolicyTracker(
            hub=dataclasses.replace(
                self.hub, types=TypeRegistry(self.mapper, self.informers, self.clock)
            ),
            caches=self.caches,
            schemas=self.schemas,
            programs=self.programs,
            queues=self.hearing,
            references=self.references,
            latency=self.latency,
        )

    async def look(self, name: str = "mcp") -> Any:
        """Discover, catch up, and look at a policy; return the verdict."""
        await self.mapper.refresh()
        self.see(POLICIES)
        taken(self.hearing)
        self.before = self.subject.revision(name)
        await self.subject.reconcile(name)
        return self.subject.get(name)

    def looked_at(self) -> str:
        """Say what is looked at again, after the last look at the policy."""
        assert taken(self.hearing)["sweeps"] == [Sweep("mcp")]
        is_another = self.subject.get("mcp") and self.subject.revision("mcp") != self.before
        return "policy and sources" if is_another else "policy"

    async def judge(self, body: dict[str, Any] | None = None, **metadata: Any) -> Any:
        """Store a policy and look at it."""
        self.put(POLICIES, body or policy_body(), **metadata)
        return await self.look()

    def serve_machines(self) -> None:
        self.store.serve(MACHINES, "Machine", namespaced=False)
