"""How far an event travels: the files, functions and crossings between it and its write.

    python -m development.trips            # the figures of three trips
    python -m development.trips --list     # and every file that each of them passes

One replica runs over a loopback API server that has a thread of its own, so that nothing of it is
counted. A crossing is one function that calls, or awaits, one of another file; each pair counts
once, however often it is gone through, so that neither chance nor numbers of objects change it.
"""

import argparse
import asyncio
import base64
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import clusterimport
from clusterimport.aio import SystemClock
from clusterimport.app.main import Replica
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    LEASES,
    LIFECYCLES,
    NAMESPACES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
    GroupVersionResource,
)
from clusterimport.observability.logging import configure_logging
from clusterimport.observability.metrics import Metrics
from clusterimport.settings import Settings
from development import manifests
from development.apiserver.objectstore import Change
from development.apiserver.server import FakeAPIServer, running_apiserver

PACKAGE = str(Path(clusterimport.__file__).parent)
CLUSTERS = GroupVersionResource("cluster.mcp.io", "v1alpha1", "clusters")
NAMESPACE = "default"
SERVED = (
    (POLICIES, "ClusterImportPolicy", False),
    (LIFECYCLES, "PediaClusterLifecycle", False),
    (PEDIACLUSTERS, "PediaCluster", False),
    (CUSTOM_RESOURCE_DEFINITIONS, "CustomResourceDefinition", False),
    (API_SERVICES, "APIService", False),
    (NAMESPACES, "Namespace", False),
    (CLUSTERS, "Cluster", False),
    (SECRETS, "Secret", True),
    (LEASES, "Lease", True),
    (EVENTS, "Event", True),
)
KEEPS_ALL = {"x-kubernetes-preserve-unknown-fields": True}
LONGEST_SECONDS = 30.0


@dataclass
class Trip:
    """What was passed on one way."""

    functions: set[CodeType] = field(default_factory=set)
    crossings: set[tuple[CodeType, CodeType]] = field(default_factory=set)

    @property
    def files(self) -> list[str]:
        """The files of the package, from its folder."""
        found = {code.co_filename.removeprefix(f"{PACKAGE}/") for code in self.functions}
        return sorted(found)

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Take note of a call; for ``sys.setprofile``."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGE):
            return
        self.functions.add(code)
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(PACKAGE):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != code.co_filename:
            self.crossings.add((caller.f_code, code))


class Server:
    """The loopback API server in its thread."""

    def __init__(self) -> None:
        self._started = threading.Event()
        self._fake: FakeAPIServer
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    @property
    def url(self) -> str:
        """Where it is."""
        return self._fake.url

    def start(self) -> None:
        """Serve; returns when it does."""
        self._thread.start()
        self._started.wait()

    def stop(self) -> None:
        """End, with its thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def change(self, what: Callable[[FakeAPIServer], object]) -> None:
        """Have something changed there, as another client would."""
        self._loop.call_soon_threadsafe(what, self._fake)

    @contextmanager
    def awaited(self, gvr: GroupVersionResource, kind: str, name: str) -> Iterator[asyncio.Event]:
        """Set an event of the caller's loop when an object is created, changed or deleted."""
        loop, seen = asyncio.get_running_loop(), asyncio.Event()

        def listen(change: Change) -> None:
            is_it = change.object["metadata"]["name"] == name
            if change.gvr == gvr and change.type == kind and is_it:
                loop.call_soon_threadsafe(seen.set)

        self.change(lambda fake: fake.store.listeners.append(listen))
        try:
            yield seen
        finally:
            self.change(lambda fake: fake.store.listeners.remove(listen))

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with running_apiserver() as self._fake:
            _fill(self._fake)
            self._started.set()
            await self._stop.wait()


def _fill(server: FakeAPIServer) -> None:
    """Serve everything; a policy, and one cluster that is imported before anything is traced."""
    store = server.store
    for gvr, kind, namespaced in SERVED:
        store.serve(gvr, kind, namespaced=namespaced)
    for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS, CLUSTERS):
        version = {"name": gvr.version, "schema": {"openAPIV3Schema": KEEPS_ALL}}
        crd = {
            "metadata": {"name": f"{gvr.resource}.{gvr.group}"},
            "spec": {"versions": [version]},
        }
        store.create(CUSTOM_RESOURCE_DEFINITIONS, "", crd)
    (policy,) = manifests.example("mcp", "policy")
    store.create(POLICIES, "", policy)
    source, secret = _sample("one")
    store.create(SECRETS, NAMESPACE, secret)
    store.create(CLUSTERS, "", source)
    store.create(SECRETS, NAMESPACE, _sample("two")[1])


def _sample(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a cluster of the platform MCP that is ready, and its Secret."""
    source, secret, *_ = manifests.example("mcp", "samples")
    for each in (source, secret):
        each["metadata"]["name"] = name
    source["spec"]["authSecretRef"] = {"namespace": NAMESPACE, "name": name}
    return source, secret


def _add_source(server: FakeAPIServer) -> None:
    server.store.create(CLUSTERS, "", _sample("two")[0])


def _rotate(server: FakeAPIServer) -> None:
    _, secret = _sample("two")
    secret["data"]["token"] = base64.b64encode(b"another").decode()
    server.store.update(SECRETS, NAMESPACE, "two", secret)


def _delete_source(server: FakeAPIServer) -> None:
    server.store.delete(CLUSTERS, "", "two")


async def _trace(server: Server) -> dict[str, Trip]:
    settings = Settings(
        master=server.url, leader_elect=False, metrics_address=("", None), probe_interval_seconds=0
    )
    clock = SystemClock()
    program = Replica(settings, metrics=Metrics(clock=clock, lease_name="trips"), clock=clock)
    stop, trips = asyncio.Event(), {}
    async with asyncio.TaskGroup() as group, asyncio.timeout(LONGEST_SECONDS):
        with server.awaited(PEDIACLUSTERS, "ADDED", "mcp-one") as imported:
            group.create_task(program.run(stop))
            await imported.wait()
        for name, kind, change in (
            ("source event", "ADDED", _add_source),
            ("rotation", "MODIFIED", _rotate),
            ("deletion", "DELETED", _delete_source),
        ):
            # What came before has to be over: statuses, and the look that each of them leads to.
            await asyncio.sleep(2.5)
            trips[name] = trip = Trip()
            with server.awaited(PEDIACLUSTERS, kind, "mcp-two") as written:
                sys.setprofile(trip.note)
                try:
                    server.change(change)
                    await written.wait()
                finally:
                    sys.setprofile(None)
        stop.set()
    return trips


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="How far an event travels.")
    parser.add_argument("--list", action="store_true", help="name every file that is passed")
    shows_files = parser.parse_args().list
    configure_logging(level="error", json=False)
    server = Server()
    server.start()
    try:
        trips = asyncio.run(_trace(server))
    finally:
        server.stop()
    for name, trip in trips.items():
        figures = len(trip.files), len(trip.functions), len(trip.crossings)
        print("{:13} {:3} files {:4} functions {:4} crossings".format(name, *figures))
        for file in trip.files if shows_files else ():
            print(f"    {file}")


if __name__ == "__main__":
    main()
