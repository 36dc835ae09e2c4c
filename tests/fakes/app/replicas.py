"""One replica of the program, and the loopback API server that it works on."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from clusterimport.aio import SystemClock
from clusterimport.app.main import Replica
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    LEASES,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from clusterimport.observability.metrics import Metrics
from clusterimport.settings import Settings
from development.apiserver.objectstore import ObjectStore
from development.apiserver.server import FakeAPIServer
from tests.fakes.controllers.importobjects import CLUSTERS, policy_body, secret_body, source_body

LEASE = "clusterpedia-controller-manager"
KEEPS_ALL = {"x-kubernetes-preserve-unknown-fields": True}
SERVED = (
    (POLICIES, "ClusterImportPolicy", False),
    (LIFECYCLES, "PediaClusterLifecycle", False),
    (PEDIACLUSTERS, "PediaCluster", False),
    (CUSTOM_RESOURCE_DEFINITIONS, "CustomResourceDefinition", False),
    (API_SERVICES, "APIService", False),
    (CLUSTERS, "Cluster", True),
    (SECRETS, "Secret", True),
    (LEASES, "Lease", True),
    (EVENTS, "Event", True),
)


def fill(store: ObjectStore) -> None:
    """Serve everything, with our CRDs, a policy and its source."""
    for gvr, kind, namespaced in SERVED:
        store.serve(gvr, kind, namespaced=namespaced)
    for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS):
        version = {"name": gvr.version, "schema": {"openAPIV3Schema": KEEPS_ALL}}
        crd = {
            "metadata": {"name": f"{gvr.resource}.{gvr.group}"},
            "spec": {"versions": [version]},
        }
        store.create(CUSTOM_RESOURCE_DEFINITIONS, "", crd)
    store.create(POLICIES, "", policy_body())
    store.create(CLUSTERS, "team", source_body())
    store.create(SECRETS, "team", secret_body())


def kubeconfig(path: Path, url: str) -> str:
    """Write a kubeconfig for a server that asks for nothing."""
    path.write_text(
        f"""
apiVersion: v1
kind: Config
current-context: x
contexts: [{{name: x, context: {{cluster: x, user: x}}}}]
clusters: [{{name: x, cluster: {{server: "{url}"}}}}]
users: [{{name: x, user: {{}}}}]
"""
    )
    return str(path)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Replica]:
    """Run a replica for the block, and let it stop in the orderly way."""
    clock = SystemClock()
    program = Replica(settings, metrics=Metrics(clock=clock), clock=clock)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(program.run(stop))
        yield program
        stop.set()


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something to be true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the world outside makes no events
            await asyncio.sleep(0.01)


def holder(server: FakeAPIServer) -> str | None:
    """Return who holds the lease, None if there is none."""
    lease = server.store.types[LEASES].objects.get(("system", LEASE))
    return lease["spec"].get("holderIdentity") if lease else None


def imported(server: FakeAPIServer) -> bool:
    return ("", "mcp-one") in server.store.types[PEDIACLUSTERS].objects


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
