"""Everything that belongs to one API server, as one value: a second server is a second value."""

from dataclasses import dataclass, replace
from typing import Self

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.types import TypeRegistry
from clusterimport.informers import InformerFactory
from clusterimport.kube.resources import NO_HOOK, RequestHook, ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.kube.restmapper import RESTMapper
from clusterimport.model.gvr import GroupVersionResource


@dataclass(frozen=True, slots=True)
class Hub:
    """The connection, what follows the server over it, and what is known of its types."""

    rest: RestClient
    informers: InformerFactory
    types: TypeRegistry
    hook: RequestHook = NO_HOOK

    @classmethod
    def of(cls, rest: RestClient, informers: InformerFactory, clock: Clock) -> Self:
        """Make what a connection and its informers need beside them."""
        return cls(rest, informers, TypeRegistry(RESTMapper(rest), informers, clock))

    def led(self, rest: RestClient, hook: RequestHook) -> Self:
        """Return the same server as a leader's term uses it, through a gated connection."""
        return replace(self, rest=rest, hook=hook)

    def client(self, gvr: GroupVersionResource) -> ResourceClient:
        """Return a client for any type."""
        return ResourceClient(self.rest, gvr, hook=self.hook)
