"""CPU and memory of what a watch brings: `python -m tests.bench.decoding WHAT`.

A stream of real bytes is read into an informer, without a server. The objects are shaped like those
of Cluster API: some 2 KiB of their own and as much of managedFields.
"""

import asyncio
import ctypes
import gc
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from clusterimport.aio import SystemClock
from clusterimport.informers import (
    InformerOptions,
    InformerSpec,
    Keep,
    NullInformerMetrics,
    ServerInformerFactory,
)
from clusterimport.kube.metrics import NullRestMetrics
from clusterimport.kube.resources import ListOptions, ListPage
from clusterimport.kube.watch import WatchOptions, WatchStream
from clusterimport.model.gvr import GroupVersionResource

CLUSTERS = GroupVersionResource("cluster.x-k8s.io", "v1beta1", "clusters")
OBJECTS = 10_000


class Bytes:
    """A stream of chunks that is silent at its end."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = iter(lines)
        self.is_read = asyncio.Event()

    async def read(self) -> bytes:
        """Return the next chunk."""
        chunk = next(self._lines, b"")
        if not chunk:
            self.is_read.set()
            await asyncio.Event().wait()
        return chunk


class OneWatch:
    """A server that lists nothing and has one watch to give."""

    def __init__(self, stream: Bytes) -> None:
        self._stream = stream

    async def list(self, _: ListOptions) -> ListPage:
        """Answer an empty list."""
        return ListPage([], "1", "", None)

    @asynccontextmanager
    async def watch(self, _: WatchOptions) -> AsyncIterator[WatchStream]:
        """Give the stream."""
        yield WatchStream(self._stream, CLUSTERS, NullRestMetrics())  # type: ignore[arg-type]


def cluster(number: int, *, version: int, is_partial: bool = False) -> bytes:
    """Return a watch event of a cluster."""
    conditions = [
        {
            "type": name,
            "status": "True",
            "severity": "",
            "reason": f"{name}Reason",
            "message": f"{name} of cluster {number} is as it should be",
            "lastTransitionTime": f"2026-01-01T00:00:{number % 60:02}Z",
        }
        for name in ("Ready", "InfrastructureReady", "ControlPlaneReady", "TopologyReconciled")
    ]
    fields: dict[str, Any] = {f"f:field{n}": {".": {}, f"f:inner{n}": {}} for n in range(40)}
    metadata = {
        "name": f"cluster-{number:06}",
        "namespace": f"team-{number % 50}",
        "uid": f"00000000-0000-0000-0000-{number:012}",
        "resourceVersion": str(version),
        "generation": 3,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {f"label-{n}": f"value-{n}" for n in range(6)},
        "annotations": {"note": "text " * 20},
        "finalizers": ["cluster.cluster.x-k8s.io"],
        "managedFields": [
            {
                "manager": name,
                "operation": "Update",
                "apiVersion": "cluster.x-k8s.io/v1beta1",
                "time": "2026-01-01T00:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
            }
            for name in ("manager",)
        ],
    }
    body: dict[str, Any] = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "kind": "Cluster",
        "metadata": metadata,
    }
    if is_partial:
        body |= {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata"}
    else:
        body["spec"] = {
            "clusterNetwork": {
                "pods": {"cidrBlocks": ["10.0.0.0/16"]},
                "services": {"cidrBlocks": ["10.1.0.0/16"]},
                "serviceDomain": "cluster.local",
            },
            "controlPlaneEndpoint": {"host": f"10.2.{number % 250}.7", "port": 6443},
            "controlPlaneRef": {"kind": "KubeadmControlPlane", "name": f"cp-{number}"},
            "infrastructureRef": {"kind": "AWSCluster", "name": f"infra-{number}"},
        }
        body["status"] = {
            "phase": "Provisioned",
            "infrastructureReady": True,
            "controlPlaneReady": True,
            "observedGeneration": 3,
            "conditions": conditions,
            "failureDomains": {f"eu-{n}": {"controlPlane": True} for n in range(3)},
        }
    event = {"type": "ADDED" if version < OBJECTS + 10 else "MODIFIED", "object": body}
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def resident_mebibytes() -> float:
    """Return what this process holds, and not what its allocator does."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def measure(name: str, spec: InformerSpec, *, selects: bool) -> None:
    """Read every object once as new and once as changed; print CPU per event and memory."""
    base, is_partial = 10, spec.metadata_only
    lines = [cluster(n, version=base + n, is_partial=is_partial) for n in range(OBJECTS)]
    changed = [
        cluster(n, version=base + OBJECTS + n, is_partial=is_partial) for n in range(OBJECTS)
    ]
    size = sum(map(len, lines)) / len(lines)
    chunks = [
        b"".join(both[n : n + 16]) for both in (lines, changed) for n in range(0, OBJECTS, 16)
    ]
    del lines, changed
    before = resident_mebibytes()
    stream = Bytes(chunks)
    factory = ServerInformerFactory(
        lambda _: OneWatch(stream),
        clock=SystemClock(),
        random=Random(1),
        metrics=NullInformerMetrics(),
        options=InformerOptions(watch_list=False),
    )
    informer = factory.acquire(spec)
    if selects:
        informer.add_interest("all", lambda obj: obj["metadata"]["name"] != "")
    started = time.process_time()
    task = asyncio.create_task(factory.run())
    await stream.is_read.wait()
    seconds = time.process_time() - started
    held = resident_mebibytes() - before
    assert len(informer.store) == OBJECTS
    task.cancel()
    print(
        f"{name:10} {size:6.0f} bytes an event, {1e6 * seconds / OBJECTS / 2:6.1f} us of CPU each, "
        f"{1024 * held / OBJECTS:5.2f} KiB held per object"
    )


async def main() -> None:
    """Measure each way to keep objects."""
    for what in sys.argv[1:] or [keep.value for keep in Keep]:
        keep = Keep(what)
        await measure(what, InformerSpec(CLUSTERS, keep=keep), selects=keep is Keep.COMPACT)


if __name__ == "__main__":
    asyncio.run(main())
