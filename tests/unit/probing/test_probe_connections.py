"""What a probe does with its connection from one run to the next, in virtual time."""

import asyncio
import dataclasses
import errno

import pytest

from clusterimport.probing import ProbeReason, errors
from clusterimport.probing.connections import Capacity, KeptConnections
from tests.fakes.probing.scripted import HANGS, VERSION, ScriptedServer, http
from tests.fakes.probing.scriptedprobes import CONNECTION, PREFIX, now, probe_of, scripted

pytestmark = pytest.mark.looptime


async def test_a_connection_and_a_context_last_from_run_to_run():
    """Runs of a healthy cluster share one connection; closing gives both back."""
    server = scripted({})
    probe = probe_of(server)
    for _ in range(3):
        assert (await probe.run()).is_healthy

    assert len(server.streams) == 1
    assert server.contexts == 1
    assert not server.streams[0].is_closed
    await probe.aclose()
    await probe.aclose()
    assert server.streams[0].is_closed
    assert server.connections._count == 0
    assert (await probe.run()).is_healthy
    assert server.contexts == 2


async def test_a_connection_that_was_closed_while_idle_is_replaced():
    """Nothing is wrong with a cluster whose balancer closes idle connections."""
    server = scripted({})
    probe = probe_of(server)
    await probe.run()
    server.streams[0].has_gone_quietly = True
    assert (await probe.run()).is_healthy
    assert len(server.streams) == 2
    assert server.streams[0].is_closed

    server.streams[1].is_noisy = True
    requests = len(server.requests)
    assert (await probe.run()).is_healthy
    assert len(server.streams) == 3
    assert len(server.requests) == requests + 2


@pytest.mark.parametrize(
    "error", [ConnectionResetError(errno.ECONNRESET, "reset"), TimeoutError(errno.ETIMEDOUT, "")]
)
async def test_a_connection_that_breaks_at_its_next_use_is_replaced(error):
    """A reset or an unacknowledged request is not held against the cluster, either."""
    server = scripted({}, {})
    probe = probe_of(server)
    await probe.run()
    server.streams[0]._script = {PREFIX + "/readyz": error}

    assert (await probe.run()).is_healthy
    assert len(server.streams) == 2


async def test_a_new_connection_that_breaks_is_not_replaced():
    """A server that closes every connection is asked once, not for five seconds."""
    server = scripted({"/readyz": b""})
    result = await probe_of(server).run()

    assert result.reason is ProbeReason.CONNECTION_FAILED
    assert len(server.streams) == 1
    assert now() == 0.0


async def test_an_answer_that_breaks_off_is_not_asked_for_again():
    """Once something of it has come, the connection was not closed while idle."""
    server = scripted({}, {})
    probe = probe_of(server)
    await probe.run()
    server.streams[0]._script = {PREFIX + "/readyz": (b"HTTP/1.1 200 OK\r\n",)}

    assert (await probe.run()).reason is ProbeReason.CONNECTION_FAILED
    assert len(server.streams) == 1


async def test_a_server_that_closes_after_each_answer_is_healthy():
    """Two connections per run are more work, but no fault."""
    closing = {
        "/readyz": http(b"ok", "200 OK", "Connection: close"),
        "/version": http(VERSION, "200 OK", "Connection: close"),
    }
    server = scripted(closing)
    probe = probe_of(server)

    assert (await probe.run()).is_healthy
    assert (await probe.run()).is_healthy
    assert len(server.streams) == 4


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.AddressDenied(), ProbeReason.ADDRESS_DENIED),
        (errors.NameNotResolved(), ProbeReason.NAME_NOT_RESOLVED),
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), ProbeReason.CONNECTION_REFUSED),
        (TimeoutError(), ProbeReason.TIMEOUT),
    ],
)
async def test_no_connection(error: Exception, reason: ProbeReason):
    """What the dialer raises comes through httpcore as it is, and the next run tries again."""
    server = scripted({})
    server.on_dial = lambda: error
    probe = probe_of(server)

    assert (await probe.run()).reason is reason
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


def _narrow(server: ScriptedServer, connections: int) -> ScriptedServer:
    server.connections = KeptConnections(Capacity(connections, 1 << 40, 600), on_want=lambda: None)
    return server


async def test_t52_a_connection_that_has_no_room_is_closed_after_its_run():
    """The cluster is healthy all the same, and asked over a new connection next time."""
    server = _narrow(scripted({}), 1)
    first, second = probe_of(server), probe_of(server)
    for _ in range(3):
        assert (await first.run()).is_healthy
        assert (await second.run()).is_healthy

    assert len(server.streams) == 4
    assert [stream.is_closed for stream in server.streams] == [False, True, True, True]
    await first.aclose()
    assert (await second.run()).is_healthy
    assert not server.streams[-1].is_closed


async def test_t52_a_connection_that_is_dropped_is_made_anew():
    """Whoever needs the room takes it between two runs, and never amid one."""
    server = scripted({})
    probe = probe_of(server)
    await probe.run()
    assert server.connections.make_way()
    assert server.streams[0].is_closed
    assert (await probe.run()).is_healthy
    assert len(server.streams) == 2
    server.streams[1]._script = {PREFIX + "/readyz": (http()[:9], HANGS)}
    running = asyncio.ensure_future(probe.run())
    await asyncio.sleep(1)
    assert not server.connections.make_way()
    assert not server.streams[1].is_closed
    assert (await running).reason is ProbeReason.SLOW_ANSWER


async def test_t51_a_large_credential_is_not_kept_for_a_cluster_that_fails():
    """While it is kept it is in the books with its connection; else it is read again."""
    large = dataclasses.replace(CONNECTION, ca_data=b"x" * 200_000)
    server = scripted({})
    probe = probe_of(server, large)
    assert not probe.is_light
    await probe.run()
    assert probe.is_light
    assert server.connections._total_bytes > 200_000
    server.connections.make_way()
    assert not probe.is_light
    assert probe_of(server).is_light
