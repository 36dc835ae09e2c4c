"""A term with a policy in force and its reconcilers, and sources that are imported already."""

import asyncio
from collections.abc import Sequence
from typing import Any

from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.queues import OWNERLESS_KEY, DeletionKey
from clusterimport.controllers.result import Result
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    GroupVersionResource,
)
from tests.fakes.controllers.importing import DIGEST, ImportRig
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
)

LONG_AGO = "2025-01-01T00:00:00Z"
CREATED = {
    "conditions": [
        {
            "type": "Created",
            "status": "True",
            "reason": "PediaClusterCreated",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
    ]
}


def crd(resource: GroupVersionResource) -> dict[str, Any]:
    """Return the CRD of a type of ours or of the platform."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.resource}.{resource.group}"},
        "spec": {},
    }


class ImportedRig(ImportRig):
    """A policy in force with reconcilers; imported sources as needed."""

    def __init__(self, **spec: Any) -> None:
        super().__init__()
        self.active = self.activate(**spec)
        self.deletions = DeletionReconciler(self.context, self.blocks)
        self.lifecycles = LifecycleReconciler(
            self.context,
            programs=self.programs,
            guard=ReferenceGuard(ImportRules()),
            digest=DIGEST,
        )
        self.sources_reconciler = SourceReconciler(self.context)
        for resource in (CLUSTERS, LIFECYCLES, POLICIES):
            self.put(CUSTOM_RESOURCE_DEFINITIONS, crd(resource), creationTimestamp=LONG_AGO)

    def imported(
        self, name: str = "one", *, uid: str = "", finalizers: Sequence[str] = (), **spec: Any
    ) -> dict[str, Any]:
        """Put a lifecycle with its PediaCluster, as if its source had been imported."""
        body = lifecycle_body(f"mcp-{name}", policy_uid=uid or self.active.record.uid, **spec)
        lifecycle = self.put(LIFECYCLES, body, finalizers=list(finalizers))
        lifecycle["status"] = dict(CREATED)
        owner = lifecycle_owner(f"mcp-{name}", lifecycle["metadata"]["uid"])
        self.put(PEDIACLUSTERS, pediacluster_body(f"mcp-{name}", owners=[owner]))
        return lifecycle

    async def judge(self, policy: str = "mcp") -> Result:
        """Let the window of the candidates close, and judge them."""
        await asyncio.sleep(11)
        key = DeletionKey(policy, "namespace/team") if policy else OWNERLESS_KEY
        return await self.deletions.reconcile(key)

    def names(self, gvr: GroupVersionResource) -> list[str]:
        """Return the names of all objects of a type on the server."""
        return sorted(name for _, name in self.store.types[gvr].objects)
