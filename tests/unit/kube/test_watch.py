"""Watch streams against a loopback server."""

import asyncio
import json

import pytest
from aiohttp import web

from clusterimport.kube.errors import (
    ApiError,
    Expired,
    InternalError,
    StreamError,
    TooManyRequests,
    TransportError,
)
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.watch import WatchOptions
from clusterimport.model.gvr import SECRETS
from development.apiserver.answers import Answer, status_body

PATH = "/api/v1/secrets"


def secret(name: str = "a", **more) -> dict:
    metadata = {"name": name, "resourceVersion": "1"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **more}


def line(kind: str, obj: object) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def streaming(*chunks: bytes, delay: float = 0.0, abort: bool = False):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(delay)
        if abort:
            request.transport.abort()
        return response

    return handler


@pytest.fixture
def client(rest) -> ResourceClient:
    return ResourceClient(rest, SECRETS)


async def collect(client, options=WatchOptions()):  # noqa: B008 (immutable)
    events = []
    async with client.watch(options) as stream:
        events += [(event.type, event.object["metadata"]["name"]) async for event in stream]
    return events


async def test_all_parameters_reach_the_server(server, client):
    """Every option is one parameter, and unset ones are left out."""
    server.script("GET", "/api/v1/namespaces/ns/secrets", Answer())
    server.script("GET", PATH, Answer())

    await collect(
        client,
        WatchOptions(
            namespace="ns",
            label_selector="a=b",
            field_selector="metadata.name=a",
            resource_version="5",
            resource_version_match="NotOlderThan",
            send_initial_events=True,
            timeout_seconds=321,
            metadata_only=True,
        ),
    )
    await collect(client, WatchOptions(allow_bookmarks=False))

    full, bare = server.requests
    assert full.query == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "321",
        "labelSelector": "a=b",
        "fieldSelector": "metadata.name=a",
        "resourceVersion": "5",
        "resourceVersionMatch": "NotOlderThan",
        "sendInitialEvents": "true",
    }
    assert full.headers["Accept"] == (
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    )
    assert bare.query == {"watch": "true", "timeoutSeconds": "420"}
    assert bare.headers["Accept"] == "application/json"


async def test_events_come_in_order_until_the_server_closes(server, client):
    """The four types come as sent, with whole objects, and the end is quiet."""
    server.script(
        "GET",
        PATH,
        streaming(
            line("ADDED", secret(data={"k": "v"})) + line("MODIFIED", secret()),
            b"\n" + line("DELETED", secret()),
            line("BOOKMARK", {**secret(), "metadata": {"resourceVersion": "9"}}),
        ),
    )
    async with client.watch(WatchOptions()) as stream:
        events = [event async for event in stream]

    assert [event.type for event in events] == ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    assert events[0].object == secret(data={"k": "v"})


async def test_a_live_store_is_followed(server, client):
    """Initial events, the marked bookmark and later changes come over one stream."""
    server.store.serve(SECRETS, "Secret")
    server.store.create(SECRETS, "ns", {"metadata": {"name": "a"}})
    options = WatchOptions(send_initial_events=True, resource_version_match="NotOlderThan")
    async with client.watch(options) as stream:
        added, bookmark = await anext(stream), await anext(stream)
        server.store.create(SECRETS, "ns", {"metadata": {"name": "b"}})
        server.store.delete(SECRETS, "ns", "a")
        created, deleted = await anext(stream), await anext(stream)
        server.close_watches()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    assert (added.type, added.object["metadata"]["name"]) == ("ADDED", "a")
    assert bookmark.object["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert (created.type, created.object["metadata"]["name"]) == ("ADDED", "b")
    assert (deleted.type, deleted.object["metadata"]["name"]) == ("DELETED", "a")


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (410, "Expired", Expired),
        (500, "InternalError", InternalError),
        (429, "TooManyRequests", TooManyRequests),
        (599, "Strange", ApiError),
    ],
)
async def test_errors_are_the_same_as_status_and_as_event(server, client, code, reason, kind):
    """An HTTP status and an ERROR event raise one class, after the events before."""
    body = status_body(code, reason, "why")
    server.script("GET", PATH, Answer(code, body))
    server.script("GET", PATH, streaming(line("ADDED", secret()) + line("ERROR", body)))

    with pytest.raises(ApiError) as opened:
        await collect(client)
    async with client.watch(WatchOptions()) as stream:
        assert (await anext(stream)).type == "ADDED"
        with pytest.raises(ApiError) as streamed:
            await anext(stream)

    assert type(opened.value) is type(streamed.value) is kind
    assert str(opened.value) == str(streamed.value) == f"watch secrets: {code} {reason}: why"


async def test_half_a_line_ends_the_stream(server, client):
    """A stream that ends inside an event raises a StreamError without content."""
    server.script("GET", PATH, streaming(line("ADDED", secret()), line("ADDED", secret())[:-10]))
    async with client.watch(WatchOptions()) as stream:
        assert (await anext(stream)).type == "ADDED"
        with pytest.raises(StreamError) as caught:
            await anext(stream)

    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"type": "ADDED", "object": {"canary"}}\n', "object"),
        (b"canary\n", "unreadable"),
        (b"[]\n", "unreadable"),
        (b'{"object": {}}\n', "unreadable"),
        (b"[" * 100_000 + b"\n", "unreadable"),
        (b'{"type": "ADDED", "object": ' + b"[" * 9_000 + b"]" * 9_000 + b"}\n", "object"),
        (b'{"type": "ADDED", "object": {"metadata": {"name": 5, "namespace": "n"}}}\n', "object"),
        (b'{"type": "ADDED", "object": {"metadata": {"name": "a", "namespace": 5}}}\n', "object"),
    ],
)
async def test_t01_what_cannot_be_named_is_skipped_and_counted(
    server, client, metrics, broken, reason
):
    """A line from which no object can be named changes nothing and ends nothing."""
    server.script("GET", PATH, streaming(line("ADDED", secret()), broken, line("ADDED", secret())))

    assert await collect(client) == [("ADDED", "a")] * 2
    assert [call["reason"] for call in metrics.of("watch_event_skipped")] == [reason]


async def test_what_is_not_meant_for_us_is_counted_and_skipped(server, client, metrics):
    """Unknown types, Tables, foreign kinds and things without metadata change nothing."""
    server.script(
        "GET",
        PATH,
        streaming(
            line("RENAMED", secret()),
            line("ADDED", {**secret(), "kind": "Table", "apiVersion": "meta.k8s.io/v1"}),
            line("ADDED", {**secret(), "apiVersion": "apps/v1"}),
            line("ADDED", "text"),
            line("ADDED", {"apiVersion": "v1", "kind": "Secret"}),
            line("ADDED", secret("b")),
        ),
    )

    assert await collect(client) == [("ADDED", "b")]
    skipped = [call["reason"] for call in metrics.of("watch_event_skipped")]
    assert skipped == ["type", "kind", "kind", "object", "object"]
    assert metrics.of("watch_event_skipped")[0]["resource"] == "secrets"


async def test_a_five_mebibyte_event_passes(server, client):
    """No buffer of the HTTP library limits an event."""
    big = secret(data={"k": "x" * 5 * 1024 * 1024})
    server.script("GET", PATH, streaming(line("ADDED", big), line("MODIFIED", secret())))
    async with client.watch(WatchOptions()) as stream:
        first, second = await anext(stream), await anext(stream)

    assert len(first.object["data"]["k"]) == 5 * 1024 * 1024
    assert second.type == "MODIFIED"


async def test_utf8_split_across_chunks_is_whole_again(server, client):
    """A character cut in the middle by the network arrives intact."""
    text = json.dumps({"type": "ADDED", "object": secret("ä€😀")}, ensure_ascii=False).encode()
    single_bytes = [bytes([byte]) for byte in text + b"\n"]
    server.script("GET", PATH, streaming(*single_bytes))

    assert await collect(client) == [("ADDED", "ä€😀")]


async def test_a_step_that_timed_out_can_be_repeated(server, client):
    """A reader may give up waiting, look elsewhere, and go on with the same stream."""
    server.store.serve(SECRETS, "Secret")
    async with client.watch(WatchOptions()) as stream:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(stream)
        half = line("ADDED", secret())
        server.send_to_watches(half[:20])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await anext(stream)
        server.send_to_watches(half[20:])
        async with asyncio.timeout(1):
            event = await anext(stream)

    assert event.object == secret()


async def test_a_connection_that_breaks_is_a_transport_error(server, client):
    """An abort without an end of the body is not taken for a quiet close."""
    server.script("GET", PATH, streaming(line("ADDED", secret()), delay=0.01, abort=True))

    with pytest.raises(TransportError) as caught:
        await collect(client)

    assert caught.value.reason == "ConnectionLost"


async def test_buffered_events_leave_time_for_others(server, client):
    """Through 20 000 buffered events, another task runs at least every 256 events."""
    count = 20_000
    server.script("GET", PATH, streaming(line("ADDED", secret()) * count))
    seen = 0
    gaps = []

    async def other():
        last = 0
        while True:
            gaps.append(seen - last)
            last = seen
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async with client.watch(WatchOptions()) as stream:
        async for _ in stream:
            seen += 1
    task.cancel()

    assert seen == count
    assert max(gaps) <= 256


async def test_leaving_the_block_closes_the_connection(server, client):
    """A stream that is left while events may still come is ended at the server."""
    server.store.serve(SECRETS, "Secret")
    async with client.watch(WatchOptions()):
        assert server.open_watches == 1
    server.send_to_watches(line("ADDED", secret()))
    async with asyncio.timeout(1):
        while server.open_watches:
            server.send_to_watches(line("ADDED", secret()))
            await asyncio.sleep(0.001)

    assert server.open_watches == 0
