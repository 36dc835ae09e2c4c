"""The reconcilers, each with a source or more and a policy in force."""

import asyncio
from typing import Any

from clusterimport.controllers.deletions.confirm import Confirmer
from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import Finding
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.deletions.settling import Settler
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.queues import OWNERLESS_KEY, DeletionKey, SourceKey
from clusterimport.controllers.result import Result
from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.controllers.shared.tally import Standing
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
    GroupVersionResource,
)
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION
from tests.fakes.controllers.importing import DIGEST, ONE, ImportRig, condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_body,
    secret_body,
    source_body,
)

KEY = SourceKey("mcp", ONE)
LONG_AGO = "2025-12-31T23:59:59Z"
"""A second before everything else here was created."""


class SourceRig(ImportRig):
    """A policy in force with one source, and the reconciler."""

    def __init__(
        self, *, cluster: dict[str, Any] | None = None, see: bool = True, **spec: Any
    ) -> None:
        super().__init__()
        self.active = self.activate(see=False, **spec)
        self.put(CLUSTERS, cluster or source_body())
        if see:
            self.see()
        self.subject = SourceReconciler(self.context)

    async def look(self, key: SourceKey = KEY) -> Result:
        """Reconcile a source."""
        return await self.subject.reconcile(key)

    def owned(self, name: str = "mcp-one", **spec: Any) -> dict[str, Any]:
        """Let the server have a lifecycle of the policy."""
        body = lifecycle_body(name, policy_uid=self.active.record.uid, **spec)
        obj = self.put(LIFECYCLES, body)
        self.see()
        return obj

    def standing(self, key: ObjectKey = ONE) -> Standing | None:
        """Return where a source stands."""
        return self.context.tally.find("mcp", key)

    def candidates(self) -> list[str]:
        """Return the names of the lifecycles that seem to be unwanted."""
        return sorted(candidate.name for candidate in self.context.candidates.of_policy("mcp"))


class LifecycleRig(ImportRig):
    """A source with its Secret and lifecycle under a policy in force."""

    def __init__(
        self,
        *,
        see: bool = True,
        policy: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        **spec: Any,
    ) -> None:
        super().__init__()
        self.active = self.activate(see=False, **(policy or {}))
        self.put(CLUSTERS, source_body())
        self.put(SECRETS, secret_body())
        body = lifecycle_body(policy_uid=self.active.record.uid, **spec)
        self.lifecycle_object = self.put(LIFECYCLES, body, **(metadata or {}))
        self.owners = [lifecycle_owner("mcp-one", self.lifecycle_object["metadata"]["uid"])]
        self.see(*(() if see else (LIFECYCLES,)))
        self.restart()

    def restart(self) -> None:
        """Go on as a reconciler that remembers nothing."""
        self.subject = LifecycleReconciler(
            self.context,
            programs=self.programs,
            guard=ReferenceGuard(ImportRules()),
            digest=DIGEST,
        )

    async def look(self) -> Result:
        """Reconcile the lifecycle."""
        return await self.subject.reconcile("mcp-one")

    def ready(self) -> str | None:
        """Return the reason of its condition ``Ready``."""
        return condition(self.get(LIFECYCLES, "mcp-one"), "Ready").get("reason")

    def exists(
        self, *, owners: list[dict[str, Any]] | None = None, **metadata: Any
    ) -> dict[str, Any]:
        """Let its PediaCluster exist, owned by it unless said otherwise."""
        body = pediacluster_body(owners=self.owners if owners is None else owners)
        obj = self.put(PEDIACLUSTERS, body, **metadata)
        self.see()
        return obj


class ConfirmRig(ImportRig):
    """A lifecycle whose source is there, of a type whose CRD is old; the policy is in force."""

    def __init__(self, **spec: Any) -> None:
        super().__init__()
        self.active = self.activate(see=False, **spec)
        self.put(CLUSTERS, source_body())
        self.crd(CLUSTERS)
        self.obj = self.put(LIFECYCLES, lifecycle_body(policy_uid=self.active.record.uid))
        self.see()

    def crd(
        self, gvr: GroupVersionResource, created: str = LONG_AGO, **metadata: Any
    ) -> dict[str, Any]:
        """Install the CRD of a type."""
        body = {"metadata": {"name": f"{gvr.resource}.{gvr.group}"}}
        return self.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=created, **metadata)

    def gone(self) -> None:
        """Let the source be gone from the server."""
        self.drop(CLUSTERS, "one", "team")

    async def ask(self) -> Finding:
        """Look at the lifecycle live, and at the type of what is missing."""
        facts = Facts(self.context)
        found = await Confirmer(self.context, facts).confirm(self.obj, parse_lifecycle(self.obj))
        return await Settler(self.context, facts).settle(self.obj, found, since=found.missed_at)

    async def verdict(self) -> tuple[str, str]:
        """Return certainty and reason of a look."""
        finding = await self.ask()
        return str(finding.certainty), finding.reason


class DeletionRig(ImportRig):
    """Imported lifecycles whose sources are gone, and others, under a policy in force."""

    def __init__(
        self, *, gone: int = 1, there: int = 0, created: str = LONG_AGO, **spec: Any
    ) -> None:
        super().__init__()
        self.active = self.activate(see=False, **spec)
        for gvr, since in ((POLICIES, LONG_AGO), (LIFECYCLES, LONG_AGO), (CLUSTERS, created)):
            body = {"metadata": {"name": f"{gvr.resource}.{gvr.group}"}}
            self.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp=since)
        self.objects = [self.add(f"gone{number}") for number in range(gone)]
        for number in range(there):
            self.put(CLUSTERS, source_body(f"there{number}"))
            self.add(f"there{number}")
        self.see()
        self.subject = DeletionReconciler(self.context, self.blocks)

    def add(
        self, name: str, *, namespace: str = "team", came: str = LONG_AGO, imported: bool = True
    ) -> dict[str, Any]:
        """Let the policy have a lifecycle for a source, and its PediaCluster since a moment."""
        body = lifecycle_body(f"mcp-{name}", policy_uid=self.active.record.uid)
        body["spec"]["source"]["namespace"] = namespace
        obj = self.put(LIFECYCLES, body)
        if imported:
            owners = [lifecycle_owner(f"mcp-{name}", obj["metadata"]["uid"])]
            cluster = pediacluster_body(f"mcp-{name}", owners=owners)
            self.put(PEDIACLUSTERS, cluster, creationTimestamp=came)
        return obj

    async def propose_all(self, policy: str = "mcp") -> None:
        """Make the objects candidates, and wait for the window to close."""
        for obj in self.objects:
            self.propose(obj, policy)
        await asyncio.sleep(GATHER_SECONDS + 0.01)

    async def look(self, policy: str = "mcp", *, namespace: str = "team") -> Result:
        """Reconcile a namespace of the policy."""
        key = DeletionKey(policy, f"namespace/{namespace}") if policy else OWNERLESS_KEY
        return await self.subject.reconcile(key)

    def left(self) -> int:
        """Return how many lifecycles are there."""
        return len(self.store.types[LIFECYCLES].objects)

    def allow(self, token: str) -> None:
        """Annotate the policy with a token."""
        self.put(POLICIES, policy_body(), annotations={ALLOW_DELETIONS_ANNOTATION: token})
        self.see(POLICIES)

    def deletions(self) -> list[str]:
        """Return the names in ``status.deletions``."""
        status = (self.get(POLICIES, "mcp") or {}).get("status") or {}
        return [entry["name"] for entry in status.get("deletions") or ()]

    def released(self) -> int:
        """Return how many lifecycles ``status.releasedDeletions`` counts."""
        status = (self.get(POLICIES, "mcp") or {}).get("status") or {}
        return sum(entry["count"] for entry in status.get("releasedDeletions") or ())

    def token(self, namespace: str = "team") -> str:
        """Return the token that is shown for a namespace."""
        held = self.blocks.of("mcp", f"namespace/{namespace}")
        assert held is not None
        return held.token

    def restart(self) -> None:
        """Go on as the next leader, who knows what the server knows."""
        self.see()
        for tenant in self.context.candidates.tenants("mcp"):
            self.blocks.clear("mcp", tenant)
        self.subject = DeletionReconciler(self.context, self.blocks)
