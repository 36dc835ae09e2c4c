"""The endpoints, over a real loopback connection."""

import asyncio
import resource
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.limits.counted import Limit
from clusterimport.limits.listener import HTTP_HEAD_BYTES, HTTP_SOCKET_BYTES
from clusterimport.observability.errors import ListenError
from clusterimport.observability.exposition import Exposition
from clusterimport.observability.httpserver import most_connections
from clusterimport.observability.server import observability_server
from tests.fakes.aio.jumpingclock import JumpingClock
from tests.fakes.limits.limitmetrics import CountingLimitMetrics


class Text:
    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def render(self):
        yield b"up"
        yield b" 1\n"


class Site:
    """A server, the lists it asks, and a client."""

    def __init__(self, host):
        self.unready = []
        self.dead = []
        self.notes = []
        self.limits = CountingLimitMetrics()
        self.server = observability_server(
            host,
            0,
            limits=self.limits,
            clock=JumpingClock(),
            metrics=Exposition(Text(), Text(), clock=JumpingClock()),
            readiness=lambda: self.unready,
            liveness=lambda: self.dead,
            notes=lambda: self.notes,
        )

    async def get(self, path, method="GET", host="127.0.0.1"):
        address = f"http://{host}:{self.server.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def running(host="127.0.0.1"):
    site = Site(host)
    async with background(server=site.server.run()):
        await site.server.started.wait()
        yield site


async def until(fact):
    while not fact():  # noqa: ASYNC110 - the kernel has no event for it
        await asyncio.sleep(0.001)


async def test_metrics_are_served_with_their_content_type():
    """A scrape gets the rendered text, unchanged."""
    async with running() as site:
        status, text, headers = await site.get("/metrics")

    assert (status, text) == (200, "up 1\n")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_ready_is_ok_and_unready_names_what_is_missing():
    """A probe sees 200 and 503, a person sees why, and the answer follows the state."""
    async with running() as site:
        assert (await site.get("/readyz"))[:2] == (200, "ok")

        site.unready = ["pediaclusters", "CustomResourceDefinitions"]
        status, text, _ = await site.get("/readyz")
        assert status == 503
        assert text == "readyz check failed: pediaclusters, CustomResourceDefinitions"
        assert (await site.get("/healthz"))[0] == 200

        site.unready = []
        assert (await site.get("/readyz"))[0] == 200


async def test_health_is_a_check_of_its_own():
    """Liveness does not follow readiness."""
    async with running() as site:
        site.dead = ["event loop"]

        assert (await site.get("/healthz"))[:2] == (503, "healthz check failed: event loop")
        assert (await site.get("/readyz"))[0] == 200


async def test_verbose_lists_one_item_per_line():
    """``?verbose`` is written as the API server writes it."""
    async with running() as site:
        assert (await site.get("/readyz?verbose"))[1] == "readyz check passed\n"

        site.unready = ["a", "b"]
        status, text, _ = await site.get("/readyz?verbose")

    assert status == 503
    assert text == "[-]a missing\n[-]b missing\nreadyz check failed\n"


async def test_notes_make_nobody_unready_and_show_with_verbose_only():
    """They stand between what is missing and the verdict, and liveness has none."""
    async with running() as site:
        site.notes = ["probe-connections 3 closed early"]
        assert (await site.get("/readyz"))[:2] == (200, "ok")
        assert (await site.get("/healthz?verbose"))[1] == "healthz check passed\n"
        assert (await site.get("/readyz?verbose"))[1] == (
            "[+]probe-connections 3 closed early\nreadyz check passed\n"
        )

        site.unready = ["a"]
        assert (await site.get("/readyz?verbose"))[1] == (
            "[-]a missing\n[+]probe-connections 3 closed early\nreadyz check failed\n"
        )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/debug/pprof", 404), ("POST", "/metrics", 405)],
)
async def test_there_is_nothing_else(method, path, status):
    """Other paths and methods are refused."""
    async with running() as site:
        assert (await site.get(path, method))[0] == status


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("host", ["", "127.0.0.1", "localhost"])
async def test_it_listens_where_it_is_told(host):
    """An address, a name, or everywhere."""
    async with running(host) as site:
        assert (await site.get("/healthz"))[0] == 200


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize("host", ["", "::1"])
async def test_it_listens_on_ipv6(host):
    """Everywhere means both families, on one port."""
    async with running(host) as site:
        assert (await site.get("/healthz", host="[::1]"))[0] == 200


async def test_t55_bounds_that_strangers_reach_are_told():
    """A head that is too large is answered with 431, counted, and logged with the address."""
    with capture_logs() as logs:
        async with running("") as site:
            assert (await site.get("/metrics?" + "a" * HTTP_HEAD_BYTES))[0] == 431
            await asyncio.wait_for(until(lambda: len(logs) == 2), 5)

    assert site.limits.reached == {Limit.HTTP_HEAD_BYTES: 1}
    assert logs[1]["last_peer"] == "127.0.0.1"


async def test_t55_a_burst_waits_in_the_kernel():
    """Who connects while the loop is busy is not turned away."""
    async with running() as site:
        address = ("127.0.0.1", site.server.port)
        burst = [socket.create_connection(address, timeout=1) for _ in range(300)]

        assert (await site.get("/healthz"))[0] == 200
        for each in burst:
            each.close()


async def test_t55_the_kernel_buffers_little_of_a_connection():
    """Else it would keep megabytes of an answer that nobody reads."""
    async with running() as site:
        with socket.create_connection(("127.0.0.1", site.server.port)):
            await asyncio.wait_for(until(lambda: list(site.server._listener._connections)), 5)
            (connection,) = site.server._listener._connections
            for direction in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                size = connection.socket.getsockopt(socket.SOL_SOCKET, direction)
                assert size <= 2 * HTTP_SOCKET_BYTES


@pytest.mark.parametrize(
    ("files", "connections"),
    [(1024 * 1024, 256), (1024, 128), (600, 75), (4, 1), (resource.RLIM_INFINITY, 256)],
)
def test_t55_connections_take_a_small_share_of_the_files(files, connections):
    """The API server's connections never lack one for the sake of strangers."""
    assert most_connections(files) == connections


async def test_the_port_is_free_again_after_the_end():
    """Leaving the scope closes the socket."""
    async with running() as site:
        port = site.server.port
        assert port > 0

    with socket.socket() as again:
        again.bind(("127.0.0.1", port))


async def test_a_port_in_use_is_one_clear_error():
    """The error names address and reason, and nothing is left open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        checks = {"metrics": Text(), "readiness": list, "liveness": list}
        server = observability_server("127.0.0.1", port, **checks)

        with pytest.raises(ListenError) as caught:
            await server.run()

    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert not server.started.is_set


async def test_a_host_that_cannot_be_a_name_is_one_clear_error():
    """What cannot even be looked up does not surface as another exception."""
    checks = {"metrics": Text(), "readiness": list, "liveness": list}
    server = observability_server("a..b", 1, **checks)

    with pytest.raises(ListenError, match=r"cannot listen on a\.\.b:1: the host is not an address"):
        await server.run()
