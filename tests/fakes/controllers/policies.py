"""The reconciler of policies, with one in force."""

from typing import Any

from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.result import Result
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ONE, ImportRig

IMPORTED = Standing(State.IMPORTED)
REJECTED = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
OBJECT = POLICIES.path(name="mcp")
STATUS = POLICIES.path(name="mcp", subresource="status")


class PolicyRig(ImportRig):
    """A policy in force, and its reconciler."""

    def __init__(self, **spec: Any) -> None:
        super().__init__()
        self.activate(**spec)
        self.subject = PolicyReconciler(self.context, self.blocks, self.random)

    async def look(self) -> Result:
        """Reconcile the policy, as the caches show it now."""
        self.see(POLICIES, LIFECYCLES)
        return await self.subject.reconcile("mcp")

    def status(self) -> dict[str, Any]:
        """Return the status that the server has of it."""
        policy = self.get(POLICIES, "mcp")
        assert policy is not None
        return policy.get("status") or {}

    def set(self, standing: Standing, source: ObjectKey = ONE) -> None:
        """Say where a source stands."""
        self.context.tally.set("mcp", source, standing)
