"""A probe from its first request to its verdict, in virtual time and without a network."""

import asyncio
import dataclasses
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from clusterimport.model.connection import Connection
from clusterimport.probing import ClusterProbe, ProbeReason, ProbeResult, answers, errors, failures
from clusterimport.probing.connections import Capacity, KeptConnections
from tests.fakes.probing.scripted import HANGS, HEALTHY, VERSION, ScriptedServer, http

pytestmark = pytest.mark.looptime

CONNECTION = Connection("https://api.test:6443/k8s/c-1", token="t0p-s3cret")
PREFIX = "/k8s/c-1"
TENANT = "namespace/team"


def _prefixed(script):
    return {PREFIX + path: reply for path, reply in script.items()}


def _server(*scripts, **more) -> ScriptedServer:
    return ScriptedServer(*[_prefixed(HEALTHY | dict(script)) for script in scripts], **more)


def _probe(server: ScriptedServer, connection: Connection = CONNECTION) -> ClusterProbe:
    return ClusterProbe(connection, tenant=TENANT, dialer=server)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_healthy_cluster():
    """Ready first, then the version, at the address's path and with its token."""
    server = _server({})
    result = await _probe(server).run()

    assert result == ProbeResult(
        ProbeReason.REACHABLE, "The API server is ready.", "v1.34.2+k3s1", is_answer=True
    )
    assert server.paths == [PREFIX + "/readyz", PREFIX + "/version"]
    assert [dialed[:2] for dialed in server.dialed] == [("api.test", 6443)]
    assert server.names == ["api.test"]
    for request in server.requests:
        assert b"\r\nAuthorization: Bearer t0p-s3cret\r\n" in request
        assert b"\r\nHost: api.test:6443\r\n" in request


async def test_a_connection_and_a_context_last_from_run_to_run():
    """Runs of a healthy cluster share one connection; closing gives both back."""
    server = _server({})
    probe = _probe(server)
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


async def test_an_old_server_is_asked_for_its_health():
    """Where there is no ``/readyz``, ``/healthz`` counts; with neither it is no API server."""
    old = _server({"/readyz": http(b"", "404 Not Found"), "/healthz": http()})
    sick = _server({"/readyz": http(b"", "404 Not Found"), "/healthz": http(b"", "500 Sick")})
    other = _server({"/readyz": http(b"page not found", "404 Not Found")})

    assert (await _probe(old).run()).is_healthy
    assert old.paths == [PREFIX + path for path in ("/readyz", "/healthz", "/version")]
    assert len(old.streams) == 1
    assert (await _probe(sick).run()).reason is ProbeReason.SERVER_ERROR
    assert (await _probe(other).run()).reason is ProbeReason.UNEXPECTED_ANSWER
    assert other.paths == [PREFIX + "/readyz", PREFIX + "/healthz"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", ProbeReason.UNAUTHORIZED),
        ("403 Forbidden", ProbeReason.FORBIDDEN),
        ("429 Too Many Requests", ProbeReason.THROTTLED),
        ("302 Found", ProbeReason.REDIRECTED),
        ("500 Internal Server Error", ProbeReason.SERVER_ERROR),
    ],
)
@pytest.mark.parametrize("path", ["/readyz", "/version"])
async def test_a_refusal_decides_and_its_body_is_not_read(path, status, reason):
    """The rest of a refused answer never meets the next question: the connection is closed."""
    reply = http(b"secrets of the server", status, "Location: https://evil.test/")
    server = _server({path: reply}, {})
    probe = _probe(server)
    result = await probe.run()

    assert result.reason is reason
    assert result.is_answer
    assert server.paths[-1] == PREFIX + path
    assert server.streams[0].is_closed
    assert [dialed[0] for dialed in server.dialed] == ["api.test"]
    assert (await probe.run()).is_healthy
    assert len(server.streams) == 2


async def test_a_body_is_read_to_its_limit_only():
    """One byte more than 64 KiB ends it, with a length or in chunks; 64 KiB are fine."""
    size = 64 * 1024
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = head + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 64 + b"1\r\nx\r\n"
    exact = _server({"/readyz": http(b"x" * size)})
    longer = _server({"/readyz": http(b"x" * (size + 1))})
    chunked = _server({"/readyz": chunks})

    assert (await _probe(exact).run()).is_healthy
    for server in (longer, chunked):
        result = await _probe(server).run()
        assert result.reason is ProbeReason.ANSWER_TOO_LARGE
        assert server.streams[0].is_closed


async def test_a_compressed_answer_is_not_unpacked():
    """It was not asked for, and may be a bomb."""
    packed = http(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")
    plain = http(b"ok", "200 OK", "content-encoding: Identity")

    for path in ("/readyz", "/version"):
        server = _server({path: packed})
        assert (await _probe(server).run()).reason is ProbeReason.UNEXPECTED_ANSWER
        assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]
    assert (await _probe(_server({"/readyz": plain})).run()).is_healthy


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((HANGS,), ProbeReason.SLOW_ANSWER),
        ((b"HTTP/1.1 2", HANGS), ProbeReason.SLOW_ANSWER),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", HANGS), ProbeReason.SLOW_ANSWER),
    ],
)
async def test_an_answer_has_five_seconds(reply, reason):
    """Whether nothing, half a head or half a body came: then it is slow, and closed."""
    server = _server({"/version": reply})
    result = await _probe(server).run()

    assert result.reason is reason
    assert not result.is_answer
    assert _now() == pytest.approx(5.0)
    assert server.streams[0].is_closed


async def test_a_connection_has_the_same_five_seconds():
    """The time is for everything together, and what is missing then decides the reason."""
    server = _server({})
    server.dial_seconds = 60.0
    assert (await _probe(server).run()).reason is ProbeReason.TIMEOUT
    assert _now() == pytest.approx(5.0)

    server = _server({})
    server.dial_seconds, server.handshake_seconds = 3.0, 3.0
    assert (await _probe(server).run()).reason is ProbeReason.TIMEOUT
    assert _now() == pytest.approx(10.0)
    assert server.streams[0].is_closed

    server = _server({"/version": (HANGS,)})
    server.dial_seconds, server.handshake_seconds = 3.0, 1.0
    assert (await _probe(server).run()).reason is ProbeReason.SLOW_ANSWER
    assert _now() == pytest.approx(15.0)


async def test_the_time_is_configurable():
    """Another limit holds instead, and the dialer knows what is left of it."""
    server = _server({"/readyz": (HANGS,)})
    probe = ClusterProbe(CONNECTION, tenant=TENANT, dialer=server, timeout_seconds=2.0)

    assert (await probe.run()).reason is ProbeReason.SLOW_ANSWER
    assert _now() == pytest.approx(2.0)
    assert server.dialed[0][2] == pytest.approx(2.0)


async def test_a_connection_that_was_closed_while_idle_is_replaced():
    """Nothing is wrong with a cluster whose balancer closes idle connections."""
    server = _server({})
    probe = _probe(server)
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
    server = _server({}, {})
    probe = _probe(server)
    await probe.run()
    server.streams[0]._script = {PREFIX + "/readyz": error}

    assert (await probe.run()).is_healthy
    assert len(server.streams) == 2


async def test_a_new_connection_that_breaks_is_not_replaced():
    """A server that closes every connection is asked once, not for five seconds."""
    server = _server({"/readyz": b""})
    result = await _probe(server).run()

    assert result.reason is ProbeReason.CONNECTION_FAILED
    assert len(server.streams) == 1
    assert _now() == 0.0


async def test_an_answer_that_breaks_off_is_not_asked_for_again():
    """Once something of it has come, the connection was not closed while idle."""
    server = _server({}, {})
    probe = _probe(server)
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
    server = _server(closing)
    probe = _probe(server)

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
    server = _server({})
    server.on_dial = lambda: error
    probe = _probe(server)

    assert (await probe.run()).reason is reason
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


async def test_what_is_not_http_is_no_answer():
    """Bytes of another protocol tell that something else listens there."""
    for garbage in (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"\x00" * 100, b"\r\n" * 30 + b"HTTP"):
        result = await _probe(_server({"/readyz": garbage})).run()

        assert result.reason is ProbeReason.UNEXPECTED_ANSWER
        assert not result.is_answer


async def test_headers_without_end_are_not_read():
    """The head of an answer is bounded, too."""
    lines = b"X-Filler: " + b"y" * 1000 + b"\r\n"
    result = await _probe(_server({"/readyz": b"HTTP/1.1 200 OK\r\n" + lines * 200})).run()

    assert result.reason is ProbeReason.UNEXPECTED_ANSWER


async def test_a_switch_of_protocols_is_no_answer_to_a_get():
    """101 was not asked for; the connection is not used any more."""
    server = _server({"/readyz": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nxyz"})

    assert (await _probe(server).run()).reason is ProbeReason.UNEXPECTED_ANSWER
    assert server.streams[0].is_closed


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        (Connection("http://api.test"), ProbeReason.NAME_NOT_RESOLVED),
        (Connection("https://api.test", token="abc\n"), ProbeReason.UNAUTHORIZED),
    ],
)
async def test_what_cannot_be_sent_is_not_sent(connection: Connection, reason: ProbeReason):
    """No connection is made for an address or a token that is none."""
    server = _server({})
    result = await _probe(server, connection).run()

    assert result.reason is reason
    assert not result.is_answer
    assert server.dialed == []


async def test_a_bug_is_a_verdict_too():
    """A probe raises nothing: whatever went wrong is logged by its kind, and the next run works."""
    server = _server({})
    server.on_dial = lambda: RuntimeError("t0p-s3cret")
    probe = _probe(server)
    with capture_logs() as logs:
        result = await probe.run()

    assert result.reason is ProbeReason.CONNECTION_FAILED
    assert "t0p-s3cret" not in str(logs) + result.message
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


async def test_a_cancelled_run_leaves_nothing_behind():
    """Cancelling raises at once, closes the half-read connection, and the probe works again."""
    server = _server({"/version": (b"HTTP/1.1 200 OK\r\n", HANGS)}, {})
    probe = _probe(server)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(probe.run())
        await asyncio.sleep(1)
        task.cancel()

    assert task.cancelled()
    assert _now() == pytest.approx(1.0)
    assert server.streams[0].is_closed
    assert (await probe.run()).is_healthy


@given(
    reply=st.binary(max_size=200)
    | st.builds(
        http,
        st.binary(max_size=200),
        st.sampled_from(["200 OK", "302 Found", "401 No", "404 Not Found", "500 Sick"]),
        st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1).map(
            "X: {}".format
        ),
    ),
    path=st.sampled_from(["/readyz", "/version"]),
)
def test_whatever_a_server_sends_the_message_is_ours(reply: bytes, path: str):
    """Any bytes lead to one of our own texts and to no version, and to no exception."""
    with capture_logs() as logs:
        result = asyncio.run(_probe(_server({path: reply})).run())

    texts = {known.message for known in _known(failures) + _known(answers)}
    assert result.message in texts | {"The API server is ready."}
    assert result.version in ("", "v1.34.2+k3s1")
    assert logs == []


def _known(module) -> list[ProbeResult]:
    values = list(vars(module).values())
    for value in vars(module).values():
        if isinstance(value, dict):
            values += value.values()
    return [value for value in values if isinstance(value, ProbeResult)]


def test_a_probe_shows_no_credential():
    """Neither it nor what it is made of has a repr with a secret."""
    probe = _probe(ScriptedServer())

    assert "t0p-s3cret" not in repr(probe) + repr(probe._connection) + repr(probe._channel)
    assert not hasattr(probe, "__dict__")


def _narrow(server: ScriptedServer, connections: int) -> ScriptedServer:
    server.connections = KeptConnections(Capacity(connections, 1 << 40, 600), on_want=lambda: None)
    return server


async def test_t52_a_connection_that_has_no_room_is_closed_after_its_run():
    """The cluster is healthy all the same, and asked over a new connection next time."""
    server = _narrow(_server({}), 1)
    first, second = _probe(server), _probe(server)
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
    server = _server({})
    probe = _probe(server)
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


async def test_t52_what_we_lack_is_no_verdict_on_the_cluster():
    """Without a descriptor nothing is known, and the next run tries again."""
    server = _server({})
    server.on_dial = lambda: OSError(errno.EMFILE, "")
    probe = _probe(server)
    result = await probe.run()

    assert result.is_untried
    assert "ulimit" in result.message
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


async def test_t52_a_process_that_was_held_up_judges_nobody(monkeypatch):
    """A limit that ends a second too late is ours: the answer may have come meanwhile."""
    server = _server({"/version": (HANGS,)})
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(_probe(server).run())
    await asyncio.sleep(1)
    # As if the process had stood still: the timers fire when the time has long passed.
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + 30.0)
    result = await running

    assert result.is_untried
    assert "held up" in result.message


async def test_t51_a_large_credential_is_not_kept_for_a_cluster_that_fails():
    """While it is kept it is in the books with its connection; else it is read again."""
    large = dataclasses.replace(CONNECTION, ca_data=b"x" * 200_000)
    server = _server({})
    probe = _probe(server, large)
    assert not probe.is_light
    await probe.run()
    assert probe.is_light
    assert server.connections._total_bytes > 200_000
    server.connections.make_way()
    assert not probe.is_light
    assert _probe(server).is_light
