"""How the health of imported clusters is found out, and who tells it; set once by flags."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clusterimport.controllers.shared.duty import StatusMode
from clusterimport.model.connection import Connection
from clusterimport.model.tenant import Tenant
from clusterimport.probing import ProbeResult


class Probe(Protocol):
    """A look at one cluster, which may be repeated; holds its connection."""

    async def run(self, *, is_first: bool = False) -> ProbeResult:
        """Ask the cluster's API server how it is, maybe for the first time; never fails."""

    @property
    def is_light(self) -> bool:
        """Whether what it holds may stay in memory until its next run."""

    async def aclose(self) -> None:
        """Close the connection."""


MakeProbe = Callable[[Connection, Tenant], Probe]
"""Prepares the look at a cluster, which counts against the share of a tenant."""


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """What the PediaCluster reconciler was told to do."""

    make_probe: MakeProbe
    status: StatusMode = StatusMode.AUTO
    interval_seconds: float = 30.0
    """Seconds between two probes of a cluster that answers; 0 probes none."""
    secrets_namespace: str = ""
    """Where the Secrets of ``authenticationFrom`` lie: the namespace of this process."""
