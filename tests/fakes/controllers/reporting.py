"""The reporter of lifecycles, and what it may be told of a cluster."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from clusterimport.controllers.lifecycles.report import Reporter
from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict
from clusterimport.controllers.shared.health import (
    EXPIRED,
    EXPIRING,
    NOTHING_TO_NOTE,
    PENDING,
    ExpiryNotice,
    Health,
    HealthBoard,
    HealthState,
)
from clusterimport.controllers.shared.tally import Standing
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.meta import Object
from clusterimport.model.policy import CredentialFeature
from tests.fakes.controllers.importing import ONE, ImportRig, condition
from tests.fakes.controllers.importobjects import CLUSTERS, lifecycle_body, source_body

CREATED = ImportVerdict(exists=True, created_reason="PediaClusterCreated")
HELD = ImportVerdict(exists=True, held=Held("IncompleteCredentials", "no token"))
HEALTHY = Health(HealthState.HEALTHY, "Reachable", "it answers")
SLOW = Health(HealthState.UNHEALTHY, "Timeout", "look at the firewall")
WRONG = Health(HealthState.UNHEALTHY, "Unauthorized", "renew it")
PROXIED = Health(HealthState.UNWATCHED, message="it is behind a proxy")
SOON = ExpiryNotice(EXPIRING, "the token expires tomorrow; renew it")
LATER = ExpiryNotice(EXPIRING, "the token expires in three days; renew it")
OVER = ExpiryNotice(EXPIRED, "the token expired yesterday; renew it")


class LookRig(ImportRig):
    """A lifecycle with its source, and the reporter of what a look at it has found."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        super().__init__()
        self.active = self.activate()
        self.put(CLUSTERS, source_body())
        body = lifecycle_body(policy_uid=self.active.record.uid)
        if allowed:
            body["spec"]["allowedCredentialFeatures"] = list(allowed)
        self.put(LIFECYCLES, body)
        self.see()
        self.subject = Reporter(self.context)

    async def report(
        self, verdict: ImportVerdict, references: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Report a verdict on the lifecycle as it is now."""
        obj = self._lifecycle()
        await self.subject.tell(obj, parse_lifecycle(obj), verdict, references)

    async def fail(
        self, error: errors.KubeError, *, stands: bool = False, obj: Object | None = None
    ) -> None:
        """Report a look that ended in a failure of the server."""
        obj = obj or self._lifecycle()
        record = parse_lifecycle(obj)
        await self.subject.failed(obj, record, error, [], stands=stands, is_certain=True)

    def condition(self, kind: str = "Ready") -> dict[str, Any]:
        """Return a condition of the lifecycle as the server has it, empty if it has none."""
        return condition(self.get(LIFECYCLES, "mcp-one"), kind)

    def said(self) -> dict[str, tuple[str, str]]:
        """Return every condition as status and reason."""
        return {
            kind: (self.condition(kind)["status"], self.condition(kind)["reason"])
            for kind in ("Created", "Updating", "Ready")
            if self.condition(kind)
        }

    def _lifecycle(self) -> Object:
        self.see(LIFECYCLES)
        obj = self.context.newest.lifecycle("mcp-one")
        assert obj is not None
        return obj


class ReportRig(LookRig):
    """The same of an imported cluster whose health is what a test says."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        super().__init__(allowed)
        self.restart()

    def restart(self) -> None:
        """Go on as the next leader, who has asked nobody yet."""
        board = HealthBoard(self.queues.lifecycles, unknown=lambda _: PENDING)
        self.context = dataclasses.replace(self.context, health=board)
        self.context.tally.forget("mcp")
        self.subject = Reporter(self.context)

    async def tell(self, health: Health | None = None, verdict: ImportVerdict = CREATED) -> None:
        """Report a look, after a verdict on the cluster if there is a new one."""
        if health is not None:
            self.context.health.set("mcp-one", health)
        await self.report(verdict)

    def ready(self) -> tuple[Any, Any, Any]:
        """Return status, reason and message of `Ready`."""
        told = self.condition()
        return told.get("status"), told.get("reason"), told.get("message")

    def standing(self) -> Standing | None:
        """Return how the source counts in the sums of its policy."""
        return self.context.tally.find("mcp", ONE)

    def heard(self) -> list[tuple[str, str, str]]:
        """Return type, reason and note of the Events since the last time."""
        return [(event["type"], event["reason"], event["note"]) for event in self.told()]

    def count(self) -> int:
        """Return how much was written, Events aside."""
        return len(self.rest.writes())


def expiring(notice: ExpiryNotice, health: Health = HEALTHY) -> Health:
    """Return the health of a cluster whose credential ends."""
    return dataclasses.replace(health, notes=NOTHING_TO_NOTE._replace(expiry=notice))


def using(*features: str) -> Health:
    """Return the health of a cluster whose credential uses features that had to be allowed."""
    notes = NOTHING_TO_NOTE._replace(features=frozenset(map(CredentialFeature, features)))
    return dataclasses.replace(HEALTHY, notes=notes)
