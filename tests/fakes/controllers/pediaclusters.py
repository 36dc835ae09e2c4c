"""Imported clusters with the reconciler of their health, in a test's hands."""

import asyncio
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from clusterimport.controllers.pediaclusters.credentials import CredentialReader
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.controllers.pediaclusters.reconciler import PediaClusterReconciler
from clusterimport.controllers.pediaclusters.targets import ClusterTarget, Targets
from clusterimport.controllers.result import Result
from clusterimport.controllers.shared.duty import Assumptions, Duties, StatusMode
from clusterimport.controllers.shared.health import Health, HealthBoard
from clusterimport.engine.rules import ImportRules
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.model.names import CLUSTER_CREDENTIAL_LABEL, SYNCHRO_FINALIZER
from tests.fakes.controllers.health import ScriptedClusters
from tests.fakes.controllers.importing import DIGEST, ImportRig, condition
from tests.fakes.controllers.importobjects import (
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_body,
)

ONE = "mcp-one"
SERVER = "https://one.example:6443"
STATUS = PEDIACLUSTERS.path(name=ONE, subresource="status")
OBJECT = PEDIACLUSTERS.path(name=ONE)
NAMESPACE = "clusterpedia-system"


def said(kind: str, status: str, reason: str = "X", **more: Any) -> dict[str, Any]:
    """Return a condition as the server has it."""
    told = {"type": kind, "status": status, "reason": reason, "message": ""}
    return told | {"lastTransitionTime": "2025-01-01T00:00:00Z"} | more


def synchro_says(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return a status of clustersynchro-manager: ready, but for these conditions."""
    conditions = {
        each["type"]: each
        for each in (
            said("Validated", "True", "Validated"),
            said("SynchroRunning", "True", "Running"),
            said("ClusterHealthy", "True", "Healthy"),
            said("Ready", "True", "Ready"),
            *changes,
        )
    }
    return {"conditions": list(conditions.values())}


class PediaRig(ImportRig):
    """A policy in force, with lifecycles and PediaClusters as needed, and the reconciler."""

    def __init__(
        self,
        *,
        status: StatusMode = StatusMode.AUTO,
        interval: float = 30.0,
        rules: ImportRules | None = None,
    ) -> None:
        super().__init__()
        self.active = self.activate(see=False)
        self.clusters = ScriptedClusters()
        self.options = HealthOptions(
            make_probe=self.clusters.make_probe,
            status=status,
            interval_seconds=interval,
            secrets_namespace=NAMESPACE,
        )
        pediaclusters = self.caches.pediaclusters
        self.duties = Duties(status, pediaclusters=pediaclusters, lifecycles=self.caches.lifecycles)
        assumptions = Assumptions(self.duties, pediaclusters, is_probing=interval > 0)
        board = HealthBoard(self.queues.lifecycles, unknown=assumptions.of)
        self.context = dataclasses.replace(self.context, health=board)
        self.targets = Targets(self.random)
        self.credentials = CredentialReader(
            self.context, rules or ImportRules(), DIGEST, secrets_namespace=NAMESPACE
        )
        self.subject = PediaClusterReconciler(
            self.context,
            credentials=self.credentials,
            duties=self.duties,
            targets=self.targets,
            options=self.options,
            digest=DIGEST,
        )

    def imported(
        self,
        name: str = ONE,
        *,
        told: Sequence[dict[str, Any]] = (),
        allowed: Sequence[str] = (),
        **fields: Any,
    ) -> dict[str, Any]:
        """Let there be a lifecycle, whose conditions are given, and its PediaCluster.

        ``allowed`` is what the policy says now.
        """
        self.allow(*allowed)
        body = lifecycle_body(name, policy_uid=self.active.record.uid)
        lifecycle = self.put(LIFECYCLES, body | {"status": {"conditions": list(told)}})
        owner = lifecycle_owner(name, lifecycle["metadata"]["uid"])
        return self.pediacluster(name, owners=[owner], **fields)

    def allow(self, *features: str) -> None:
        """Let the policy allow these features of credentials, and no others."""
        self.put(POLICIES, policy_body(allowedCredentialFeatures=list(features)))
        self.see(POLICIES)

    def pediacluster(
        self,
        name: str = ONE,
        *,
        owners: list[dict[str, Any]] | None = None,
        status: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        **spec: Any,
    ) -> dict[str, Any]:
        """Let there be a PediaCluster, made by hand unless owned; a status is kept if not given."""
        present = self.get(PEDIACLUSTERS, name) or {}
        body = pediacluster_body(name, owners=owners, **spec)
        kept = status if status is not None else present.get("status")
        if owners is None and present:
            del body["metadata"]["ownerReferences"]
        obj = self.put(PEDIACLUSTERS, body | ({"status": kept} if kept else {}), **(metadata or {}))
        self.see()
        return obj

    def gone(self, name: str = ONE) -> None:
        """Let a PediaCluster be gone, and everybody know it."""
        obj = self.get(PEDIACLUSTERS, name)
        assert obj is not None
        self.drop(PEDIACLUSTERS, name)
        self.see()
        self.context.newest.written_pediaclusters.observed_deletion(name, obj["metadata"]["uid"])

    def observe(self, name: str = ONE) -> None:
        """Let a lifecycle be one that only observes."""
        lifecycle = self.get(LIFECYCLES, name)
        assert lifecycle is not None
        self.put(LIFECYCLES, lifecycle | {"spec": lifecycle["spec"] | {"mode": "Observe"}})
        self.see()

    def secret(self, name: str = "auth", **data: str) -> None:
        """Let there be a Secret for ``authenticationFrom``."""
        body = {
            "metadata": {"name": name, "namespace": NAMESPACE},
            "data": data,
        }
        self.put(SECRETS, body, labels={CLUSTER_CREDENTIAL_LABEL: "true"})

    def arrive(self, name: str = "other", **spec: Any) -> None:
        """Let clustersynchro-manager take a cluster."""
        self.pediacluster(name, metadata={"finalizers": [SYNCHRO_FINALIZER]}, **spec)

    def leave(self, name: str = "other") -> None:
        """Let clustersynchro-manager leave it without a trace."""
        self.pediacluster(name, metadata={"finalizers": []})

    async def look(self, name: str = ONE, *, see: bool = True) -> Result:
        """Reconcile a PediaCluster, seen as it is on the server unless said otherwise."""
        if see:
            self.see(PEDIACLUSTERS, LIFECYCLES)
        return await self.subject.reconcile(name)

    async def go(self, seconds: float, name: str = ONE) -> None:
        """Reconcile whenever it is due, for a while."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            result = await self.look(name)
            pause = math.inf if result.requeue_after is None else result.requeue_after
            if loop.time() + pause > end:
                break
            await asyncio.sleep(pause)
        await asyncio.sleep(end - loop.time())

    def target(self, name: str = ONE) -> ClusterTarget:
        """Return the target of a cluster."""
        target = self.targets.get(name)
        assert target is not None
        return target

    def health(self, name: str = ONE) -> Health:
        """Return the verdict on a cluster."""
        return self.context.health.of(name)

    def status(self, name: str = ONE) -> dict[str, Any]:
        """Return the status of a PediaCluster as the server has it."""
        obj = self.get(PEDIACLUSTERS, name)
        assert obj is not None
        found: dict[str, Any] = obj.get("status") or {}
        return found

    def conditions(self, name: str = ONE) -> dict[str, tuple[str, str]]:
        """Return status and reason of each condition of a PediaCluster."""
        obj = self.get(PEDIACLUSTERS, name)
        kinds = [each["type"] for each in self.status(name).get("conditions") or ()]
        told = {kind: condition(obj, kind) for kind in kinds}
        return {kind: (each["status"], each["reason"]) for kind, each in told.items()}

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of every write so far."""
        return self.rest.writes(events=True)
