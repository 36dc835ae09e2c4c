"""Probes of the API servers of imported clusters: one small HTTPS client that trusts nobody.

Addresses, credentials and answers are other people's. The only package that speaks httpcore.
"""

from clusterimport.probing.addresses import AddressPolicy
from clusterimport.probing.connections import Capacity
from clusterimport.probing.dialer import Dialer
from clusterimport.probing.probe import ClusterProbe
from clusterimport.probing.resolver import Resolver
from clusterimport.probing.result import ProbeReason, ProbeResult

__all__ = [
    "AddressPolicy",
    "Capacity",
    "ClusterProbe",
    "Dialer",
    "ProbeReason",
    "ProbeResult",
    "Resolver",
]
