"""Limits, metrics, streams and raw answers of a connection."""

import asyncio
import json

import pytest
from aiohttp import web

from clusterimport.kube.connection import ConnectionOptions, ConnectionSettings, open_connection
from clusterimport.kube.errors import (
    Forbidden,
    TransportError,
)
from development.apiserver.answers import Answer, status_body
from tests.fakes.aio.manualclock import ManualClock

WHAT = {"verb": "get", "resource": "things"}


async def test_requests_in_flight_are_bounded_and_streams_are_not_counted(server):
    """With two slots, a third request waits until one is free, while a stream does not."""
    full, release = asyncio.Event(), asyncio.Event()
    running = 0
    most = 0

    async def wait(_request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 2:
            full.set()
        await release.wait()
        running -= 1
        return web.json_response({})

    server.script("GET", "/slow", wait, times=5)
    server.script("GET", "/stream", Answer(200, "x"))
    options = ConnectionOptions(max_in_flight=2)
    async with (
        open_connection(server.settings(), options=options) as rest,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(5):
            group.create_task(rest.request("GET", "/slow", **WHAT))
        await full.wait()
        async with rest.stream("/stream", idle_seconds=1, resource="things") as chunks:
            assert await chunks.read() == b"x"
        assert server.count("GET", "/slow") == 2
        release.set()

    assert most == 2
    assert server.count("GET", "/slow") == 5


async def test_a_client_side_rate_limit_is_off_unless_asked_for(server, metrics):
    """With a limit of 200 a second and a burst of two, the third request waits, and tells it."""
    server.script("GET", "/a", Answer(200, {}), times=8)
    clock = ManualClock()
    options = ConnectionOptions(qps=200, burst=2)
    async with open_connection(
        server.settings(), options=options, metrics=metrics, clock=clock
    ) as rest:
        for _ in range(2):
            await rest.request("GET", "/a", **WHAT)
        third = asyncio.create_task(rest.request("GET", "/a", **WHAT))
        await asyncio.sleep(0.02)
        assert server.count("GET", "/a") == 2
        clock.advance(0.005)
        await third
    waits = [value for name, value, _ in metrics.calls if name == "rate_limited"]

    assert waits == pytest.approx([0, 0, 0.005])

    metrics.calls.clear()
    async with open_connection(server.settings(), metrics=metrics, clock=clock) as rest:
        for _ in range(4):
            await rest.request("GET", "/a", **WHAT)
    assert metrics.of("rate_limited") == []


async def test_metrics_name_code_method_and_host(server, rest, metrics):
    """Every request is counted, a failed one too, and sizes are those of the bodies."""
    server.script("PUT", "/a", Answer(200, {"a": 1}))
    host = server.url.removeprefix("http://")

    await rest.request("PUT", "/a", body={"b": 22}, verb="update", resource="things")

    assert metrics.of("request_finished") == [{"code": "200", "method": "PUT", "host": host}]
    sizes = {name: value for name, value, _ in metrics.calls if name.endswith("size")}
    assert sizes == {"request_size": 8, "response_size": 8}
    assert metrics.of("request_duration") == [{"verb": "PUT", "host": host}]


async def test_a_request_without_answer_is_counted_as_error(unused_port, metrics):
    """The code of what never came is client-go's word for it."""
    async with open_connection(
        ConnectionSettings(f"http://127.0.0.1:{unused_port}"),
        metrics=metrics,
    ) as rest:
        with pytest.raises(TransportError):
            await rest.request("GET", "/a", **WHAT)

    assert metrics.of("request_finished") == [
        {"code": "<error>", "method": "GET", "host": f"127.0.0.1:{unused_port}"}
    ]


async def test_an_idle_connection_that_was_closed_is_replaced(server, rest):
    """Losing a pooled connection between two requests is not an error."""
    server.script("GET", "/a", Answer(200, {}, {"Connection": "close"}))
    server.script("GET", "/a", Answer(200, {"n": 2}))

    await rest.request("GET", "/a", **WHAT)

    assert await rest.request("GET", "/a", **WHAT) == {"n": 2}


async def test_a_stream_that_goes_silent_times_out(server, rest):
    """A stream without a byte for the idle time is dead; the open block is not limited."""

    async def silent(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await asyncio.sleep(5)
        return response

    server.script("GET", "/a", silent)
    async with rest.stream("/a", idle_seconds=0.1, open_seconds=1, resource="things") as chunks:
        assert await chunks.read() == b"first"
        with pytest.raises(TransportError) as caught:
            await chunks.read()

    assert caught.value.timeout


async def test_a_refused_stream_raises_when_it_is_opened(server, rest):
    """Entering the block raises the error of the Status."""
    server.script("GET", "/a", Answer(403, json.dumps(status_body(403, "Forbidden", "no"))))

    with pytest.raises(Forbidden, match="watch things"):
        async with rest.stream("/a", idle_seconds=1, resource="things"):
            pytest.fail("the block must not be entered")


async def test_errors_of_the_block_are_not_translated(server, rest):
    """A TimeoutError raised by the reader of a stream stays its own."""
    server.script("GET", "/a", Answer(200, "x"))

    with pytest.raises(TimeoutError):
        async with rest.stream("/a", idle_seconds=1, resource="things"):
            raise TimeoutError
