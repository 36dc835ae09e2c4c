"""The heap, as a replica has it."""

import asyncio
import asyncio.sslproto
import ctypes
import gc
import ssl
import subprocess
import sys
import tracemalloc

import pytest

from clusterimport.app.heap import TLS_READ_BYTES, settle_heap
from development.manifests import ROOT
from tests.fakes.pki.certificates import Authority, server_context

CONNECTIONS = 4


@pytest.fixture
def collector():
    """Put back what the other tests have."""
    threshold, read_bytes = gc.get_threshold(), asyncio.sslproto.SSLProtocol.max_size
    yield
    asyncio.sslproto.SSLProtocol.max_size = read_bytes
    gc.set_threshold(*threshold)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_is_loaded_is_never_looked_at_again():
    """Modules stay for ever; only what comes later is anybody's garbage."""
    settle_heap()

    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 1000
    assert gc.get_threshold()[0] > 700
    assert gc.isenabled()


@pytest.mark.usefixtures("collector")
async def test_a_tls_connection_holds_little(tmp_path):
    """The 256 KiB of asyncio for each would be more than all else that one has."""
    authority = Authority()
    settle_heap()
    tls = server_context(authority.issue(), tmp_path)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=authority.pem.decode())
    async with await asyncio.start_server(_until_it_ends, "127.0.0.1", 0, ssl=tls) as server:
        host, port = server.sockets[0].getsockname()
        tracemalloc.start()
        try:
            open_ones = [
                await asyncio.open_connection(host, port, ssl=trusting) for _ in range(CONNECTIONS)
            ]
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        for _, writer in open_ones:
            writer.close()

    # Of each both ends are here.
    assert held / (2 * CONNECTIONS) < 2 * TLS_READ_BYTES


async def _until_it_ends(reader, writer):
    await reader.read()
    writer.close()


_BODIES = """
import ctypes, sys
from pathlib import Path
from clusterimport.app.heap import settle_heap
from development.manifests import ROOT

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "settled":
    settle_heap()
kept, before = [], resident_mib()
for _ in range(4):
    bodies = []
    for _ in range(64):
        bodies.append(bytearray(1_000_000))
        # Small things that stay, between large ones that go.
        kept.append(bytearray(4_000))
    del bodies
print(resident_mib() - before)
"""


_EVENTS = """
import resource
from clusterimport.app.heap import settle_heap
from clusterimport.model.deflating import deflated

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

settle_heap()
text = b"text " * 400
deflated(text)
before = faults()
for _ in range(100):
    deflated(text)
print(faults() - before)
"""

on_glibc = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc"
)


@on_glibc
@pytest.mark.parametrize(("how", "is_given_back"), [("settled", True), ("as it is", False)])
def test_t51_large_bodies_are_given_back_to_the_system(how, is_given_back):
    """Four times 64 MB that are freed leave nothing but the MiB that was kept between them."""
    command = [sys.executable, "-c", _BODIES, how]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert (float(answer.stdout) < 16) is is_given_back


@on_glibc
def test_what_each_event_needs_for_a_moment_is_not_given_back_meanwhile():
    """A hundred texts are deflated, and the system has not to find pages for it again."""
    command = [sys.executable, "-c", _EVENTS]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    assert int(answer.stdout) < 100
