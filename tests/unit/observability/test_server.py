"""The endpoints, over a real loopback connection."""

import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest

from clusterimport.aio import background
from clusterimport.observability.errors import ListenError
from clusterimport.observability.server import ObservabilityServer


class Text:
    def render(self):
        return b"up 1\n", "text/plain; version=0.0.4; charset=utf-8"


class Site:
    """A server, the lists it asks, and a client."""

    def __init__(self):
        self.unready = []
        self.dead = []
        self.notes = []
        self.server = ObservabilityServer(
            "127.0.0.1",
            0,
            metrics=Text(),
            readiness=lambda: self.unready,
            liveness=lambda: self.dead,
            notes=lambda: self.notes,
        )

    async def get(self, path, method="GET"):
        address = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def running():
    site = Site()
    async with background(server=site.server.run()):
        await site.server.started.wait()
        yield site


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
        server = ObservabilityServer("127.0.0.1", port, **checks)

        with pytest.raises(ListenError) as caught:
            await server.run()

    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use"
    assert not server.started.is_set


async def test_a_host_that_cannot_be_a_name_is_one_clear_error():
    """What cannot even be looked up does not surface as another exception."""
    checks = {"metrics": Text(), "readiness": list, "liveness": list}
    server = ObservabilityServer("a..b", 1, **checks)

    with pytest.raises(ListenError, match=r"cannot listen on a\.\.b:1: the host is not an address"):
        await server.run()
