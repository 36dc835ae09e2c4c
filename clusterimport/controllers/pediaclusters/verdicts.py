"""From what was found out to conditions of the PediaCluster and to the health of its lifecycle.

The PediaCluster keeps Clusterpedia's coarse reasons, the lifecycle tells the fine one. Texts are
the same as long as the fault is, so that nothing is written twice.
"""

from typing import Any, Final, NamedTuple

from clusterimport.controllers.pediaclusters.credentials import ConnectionProblem
from clusterimport.controllers.shared.health import UNWATCHED, Health, HealthState
from clusterimport.model import meta
from clusterimport.model.conditions import Condition, conditions_of, find, set_condition
from clusterimport.probing import ProbeResult

_NOT_CONNECTED: Final = "it is not connected to"
_SWITCHED_OFF: Final = "no cluster is probed (--probe-interval=0)"


class HealthFinding(NamedTuple):
    """One look at one cluster."""

    health: Health
    conditions: tuple[Condition, ...]
    """``Validated``, ``ClusterHealthy`` and ``Ready`` of the PediaCluster."""
    apiserver: str = ""
    version: str = ""
    """Empty where it was not told; what the status says then stays."""


def probed(result: ProbeResult, server: str, generation: int) -> HealthFinding:
    """Tell the result of a probe."""
    reason = result.reason.value
    validated = Condition("Validated", "True", "Validated", "", generation)
    if result.is_healthy:
        healthy = Condition("ClusterHealthy", "True", "Healthy", result.message, generation)
        ready = Condition("Ready", "True", "Ready", "", generation)
        health = Health(HealthState.HEALTHY, reason, result.message)
    else:
        coarse = "Unhealthy" if result.is_answer else "NotReachable"
        text = f"{reason}: {result.message}"
        healthy = Condition("ClusterHealthy", "False", coarse, text, generation)
        ready = Condition("Ready", "False", "NotReady", text, generation)
        health = Health(HealthState.UNHEALTHY, reason, result.message)
    return HealthFinding(health, (validated, healthy, ready), server, result.version)


def judged(problem: ConnectionProblem, generation: int) -> HealthFinding:
    """Tell why nobody should, or can, connect to a cluster."""
    text = f"{problem.reason}: {problem.message}"
    conditions = (
        Condition("Validated", "False", "InvalidConfig", text, generation),
        Condition("ClusterHealthy", "Unknown", "MonitorStop", _NOT_CONNECTED, generation),
        Condition("Ready", "False", "NotReady", text, generation),
    )
    return HealthFinding(Health(HealthState.UNHEALTHY, problem.reason, problem.message), conditions)


def switched_off(obj: meta.Object, generation: int) -> HealthFinding:
    """Tell that nothing is probed at all: no more than that it is imported.

    Only where a verdict of before stands, which nobody would keep true, the PediaCluster says so.
    """
    if find(conditions_of(obj), "Ready") is None:
        return HealthFinding(UNWATCHED, ())
    return unprobed(_SWITCHED_OFF, generation)._replace(health=UNWATCHED)


def unprobed(message: str, generation: int) -> HealthFinding:
    """Tell why this process does not connect, although others may."""
    conditions = (
        Condition("Validated", "True", "Validated", "", generation),
        Condition("ClusterHealthy", "Unknown", "MonitorStop", message, generation),
        Condition("Ready", "Unknown", "NotReady", message, generation),
    )
    return HealthFinding(Health(HealthState.UNWATCHED, message=message), conditions)


def untried(result: ProbeResult, generation: int) -> HealthFinding:
    """Tell that a verdict has become old because we could not get a newer one."""
    return unprobed(result.message, generation)._replace(health=unknown(result, is_news=True))


def unknown(result: ProbeResult, *, is_news: bool) -> Health:
    """Return what a lifecycle says then; where it is no news, only if it said nothing before."""
    return Health(HealthState.PENDING, result.reason.value if is_news else "", result.message)


def status_patch(obj: meta.Object, finding: HealthFinding, now: str) -> dict[str, Any] | None:
    """Return what has to change in the status of a PediaCluster; None if nothing has."""
    present = obj.get("status") or {}
    conditions = conditions_of(obj)
    wished: list[dict[str, Any]] = [dict(raw) for raw in conditions]
    for condition in finding.conditions:
        wished = set_condition(wished, condition, now)
    changed: dict[str, Any] = {} if wished == conditions else {"conditions": wished}
    told = {"apiserver": finding.apiserver, "version": finding.version}
    changed |= {name: text for name, text in told.items() if text and present.get(name) != text}
    if "apiserver" in changed and present.get("version") and not finding.version:
        # That of the server which stood at the old address.
        changed["version"] = None
    return changed or None
