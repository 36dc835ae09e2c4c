"""SIGTERM ends the process within 10 s, whatever the API server does (E12).

The worst case has two parts: reconciles that wait for an answer (4 s), and a lease that cannot be
given back (4.5 s). A client of ``/metrics`` that does not read is not waited for. The process
itself is gone a fraction of a second later.
"""

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from clusterimport.settings import Settings
from development.controller import ControllerProcess
from development.world import PEDIACLUSTER, World
from tests.harness import platforms
from tests.harness.holding import HoldingProxy

NAMES = [f"c{number}" for number in range(Settings().lifecycle_workers // 2)]
"""As many as one namespace has looked at, or written, at the same time."""
STOP_SECONDS = 10.0
PROMPT_STOP_SECONDS = 3.0
"""For a stop that waits for nothing: what a busy machine needs to end a process."""
REQUESTS = 1000
"""More than would be read, were it not that a connection has one."""


def seconds_to_stop(process: ControllerProcess) -> float:
    """Send SIGTERM; return how long it takes until the process is gone, in good order."""
    told = time.monotonic()
    assert process.terminate(timeout_seconds=60) == 0
    return time.monotonic() - told


@contextlib.contextmanager
def slow_scrape(process: ControllerProcess) -> Iterator[None]:
    """Ask a controller for its metrics, and do not read the answer."""
    with socket.create_connection(("127.0.0.1", process.port)) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: controller\r\n\r\n" * REQUESTS)
        yield


@pytest.mark.timeout(120)
def test_e12_a_stop_does_not_wait_for_a_server_that_hangs(world: World) -> None:
    """With writes under way and no answer to anything any more, SIGTERM ends a leader in 10 s."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), *(platforms.cluster(name) for name in NAMES))
    with HoldingProxy(world.control_plane) as proxy:
        leader = world.controller(through=proxy.url, probes=True)
        world.until(lambda: len(world.names(PEDIACLUSTER)) == len(NAMES), "all are imported")
        world.until_settled("p")
        standby = world.controller(through=proxy.url)

        proxy.hold("/pediaclusters/")
        world.apply(*(platforms.cluster(name, token="rotated") for name in NAMES))
        world.until(lambda: len(proxy.held) == len(NAMES), "all are under way")
        proxy.stall()

        assert seconds_to_stop(standby) < PROMPT_STOP_SECONDS
        with slow_scrape(leader):
            assert seconds_to_stop(leader) < STOP_SECONDS
        # All that may be waited for has been: the test would not see it if it were not.
        assert "drain timed out" in leader.log()
        assert "lease not released" in leader.log()
        proxy.resume()
        proxy.release()


@pytest.mark.timeout(120)
def test_e12_a_stop_waits_for_nothing_where_nothing_is_under_way(world: World) -> None:
    """An idle leader gives the lease back and is gone at once."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("c0"))
    leader = world.controller()
    world.until_pediacluster("p-c0")
    world.until_settled("p")

    assert seconds_to_stop(leader) < PROMPT_STOP_SECONDS
    assert "lease released" in leader.log()
