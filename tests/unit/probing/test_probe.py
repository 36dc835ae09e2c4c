"""A probe from its first request to its verdict, in virtual time and without a network."""

import asyncio
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from clusterimport.model.connection import Connection
from clusterimport.probing import ClusterProbe, ProbeReason, ProbeResult, answers, failures
from tests.fakes.probing.scripted import HANGS, ScriptedServer, http
from tests.fakes.probing.scriptedprobes import CONNECTION, PREFIX, TENANT, now, probe_of, scripted

pytestmark = pytest.mark.looptime


async def test_a_healthy_cluster():
    """Ready first, then the version, at the address's path and with its token."""
    server = scripted({})
    result = await probe_of(server).run()

    assert result == ProbeResult(
        ProbeReason.REACHABLE, "The API server is ready.", "v1.34.2+k3s1", is_answer=True
    )
    assert server.paths == [PREFIX + "/readyz", PREFIX + "/version"]
    assert [dialed[:2] for dialed in server.dialed] == [("api.test", 6443)]
    assert server.names == ["api.test"]
    for request in server.requests:
        assert b"\r\nAuthorization: Bearer t0p-s3cret\r\n" in request
        assert b"\r\nHost: api.test:6443\r\n" in request


async def test_t51_the_first_run_goes_before_a_repetition():
    """Whoever asks for it says which it is."""
    server = scripted({})
    await probe_of(server).run(is_first=True)
    await probe_of(server).run()

    first, repeated = server.ranks
    assert first > repeated


async def test_an_old_server_is_asked_for_its_health():
    """Where there is no ``/readyz``, ``/healthz`` counts; with neither it is no API server."""
    old = scripted({"/readyz": http(b"", "404 Not Found"), "/healthz": http()})
    sick = scripted({"/readyz": http(b"", "404 Not Found"), "/healthz": http(b"", "500 Sick")})
    other = scripted({"/readyz": http(b"page not found", "404 Not Found")})

    assert (await probe_of(old).run()).is_healthy
    assert old.paths == [PREFIX + path for path in ("/readyz", "/healthz", "/version")]
    assert len(old.streams) == 1
    assert (await probe_of(sick).run()).reason is ProbeReason.SERVER_ERROR
    assert (await probe_of(other).run()).reason is ProbeReason.UNEXPECTED_ANSWER
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
    server = scripted({path: reply}, {})
    probe = probe_of(server)
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
    exact = scripted({"/readyz": http(b"x" * size)})
    longer = scripted({"/readyz": http(b"x" * (size + 1))})
    chunked = scripted({"/readyz": chunks})

    assert (await probe_of(exact).run()).is_healthy
    for server in (longer, chunked):
        result = await probe_of(server).run()
        assert result.reason is ProbeReason.ANSWER_TOO_LARGE
        assert server.streams[0].is_closed


async def test_a_compressed_answer_is_not_unpacked():
    """It was not asked for, and may be a bomb."""
    packed = http(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip")
    plain = http(b"ok", "200 OK", "content-encoding: Identity")

    for path in ("/readyz", "/version"):
        server = scripted({path: packed})
        assert (await probe_of(server).run()).reason is ProbeReason.UNEXPECTED_ANSWER
        assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]
    assert (await probe_of(scripted({"/readyz": plain})).run()).is_healthy


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
    server = scripted({"/version": reply})
    result = await probe_of(server).run()

    assert result.reason is reason
    assert not result.is_answer
    assert now() == pytest.approx(5.0)
    assert server.streams[0].is_closed


async def test_a_connection_has_the_same_five_seconds():
    """The time is for everything together, and what is missing then decides the reason."""
    server = scripted({})
    server.dial_seconds = 60.0
    assert (await probe_of(server).run()).reason is ProbeReason.TIMEOUT
    assert now() == pytest.approx(5.0)

    server = scripted({})
    server.dial_seconds, server.handshake_seconds = 3.0, 3.0
    assert (await probe_of(server).run()).reason is ProbeReason.TIMEOUT
    assert now() == pytest.approx(10.0)
    assert server.streams[0].is_closed

    server = scripted({"/version": (HANGS,)})
    server.dial_seconds, server.handshake_seconds = 3.0, 1.0
    assert (await probe_of(server).run()).reason is ProbeReason.SLOW_ANSWER
    assert now() == pytest.approx(15.0)


async def test_the_time_is_configurable():
    """Another limit holds instead, and the dialer knows what is left of it."""
    server = scripted({"/readyz": (HANGS,)})
    probe = ClusterProbe(CONNECTION, tenant=TENANT, dialer=server, timeout_seconds=2.0)

    assert (await probe.run()).reason is ProbeReason.SLOW_ANSWER
    assert now() == pytest.approx(2.0)
    assert server.dialed[0][2] == pytest.approx(2.0)


async def test_what_is_not_http_is_no_answer():
    """Bytes of another protocol tell that something else listens there."""
    for garbage in (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"\x00" * 100, b"\r\n" * 30 + b"HTTP"):
        result = await probe_of(scripted({"/readyz": garbage})).run()

        assert result.reason is ProbeReason.UNEXPECTED_ANSWER
        assert not result.is_answer


async def test_headers_without_end_are_not_read():
    """The head of an answer is bounded, too."""
    lines = b"X-Filler: " + b"y" * 1000 + b"\r\n"
    result = await probe_of(scripted({"/readyz": b"HTTP/1.1 200 OK\r\n" + lines * 200})).run()

    assert result.reason is ProbeReason.UNEXPECTED_ANSWER


async def test_a_switch_of_protocols_is_no_answer_to_a_get():
    """101 was not asked for; the connection is not used any more."""
    server = scripted({"/readyz": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nxyz"})

    assert (await probe_of(server).run()).reason is ProbeReason.UNEXPECTED_ANSWER
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
    server = scripted({})
    result = await probe_of(server, connection).run()

    assert result.reason is reason
    assert not result.is_answer
    assert server.dialed == []


async def test_a_bug_is_a_verdict_too():
    """A probe raises nothing: whatever went wrong is logged by its kind, and the next run works."""
    server = scripted({})
    server.on_dial = lambda: RuntimeError("t0p-s3cret")
    probe = probe_of(server)
    with capture_logs() as logs:
        result = await probe.run()

    assert result.reason is ProbeReason.CONNECTION_FAILED
    assert "t0p-s3cret" not in str(logs) + result.message
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


async def test_a_cancelled_run_leaves_nothing_behind():
    """Cancelling raises at once, closes the half-read connection, and the probe works again."""
    server = scripted({"/version": (b"HTTP/1.1 200 OK\r\n", HANGS)}, {})
    probe = probe_of(server)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(probe.run())
        await asyncio.sleep(1)
        task.cancel()

    assert task.cancelled()
    assert now() == pytest.approx(1.0)
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
        result = asyncio.run(probe_of(scripted({path: reply})).run())

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
    probe = probe_of(ScriptedServer())

    assert "t0p-s3cret" not in repr(probe) + repr(probe._connection) + repr(probe._channel)
    assert not hasattr(probe, "__dict__")


async def test_t52_what_we_lack_is_no_verdict_on_the_cluster():
    """Without a descriptor nothing is known, and the next run tries again."""
    server = scripted({})
    server.on_dial = lambda: OSError(errno.EMFILE, "")
    probe = probe_of(server)
    result = await probe.run()

    assert result.is_untried
    assert "ulimit" in result.message
    server.on_dial = lambda: None
    assert (await probe.run()).is_healthy


async def test_t52_a_process_that_was_held_up_judges_nobody(monkeypatch):
    """A limit that ends a second too late is ours: the answer may have come meanwhile."""
    server = scripted({"/version": (HANGS,)})
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(probe_of(server).run())
    await asyncio.sleep(1)
    # As if the process had stood still: the timers fire when the time has long passed.
    real = loop.time
    monkeypatch.setattr(loop, "time", lambda: real() + 30.0)
    result = await running

    assert result.is_untried
    assert "held up" in result.message
