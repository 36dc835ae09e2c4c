"""Requests against a loopback server, and their JSON in both directions."""

import asyncio
import gzip
from types import MappingProxyType

import pytest
from aiohttp import web

from clusterimport.kube.channel import USER_AGENT
from clusterimport.kube.connection import ConnectionSettings, open_connection
from clusterimport.kube.errors import (
    AnswerTooLarge,
    Forbidden,
    InternalError,
    InvalidBody,
    NotFound,
    ServiceUnavailable,
    StreamError,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from clusterimport.kube.httpclient import decode, encode
from clusterimport.kube.tokens import StaticToken
from development.apiserver.answers import Answer, status_body, to_response

WHAT = {"verb": "get", "resource": "things"}


class RotatingToken:
    """Gives the next of its tokens after each 401."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.renewals = 0

    async def authorization(self) -> str:
        return f"Bearer {self.tokens[0]}"

    async def renew(self) -> bool:
        self.renewals += 1
        if len(self.tokens) == 1:
            return False
        self.tokens.pop(0)
        return True


async def test_request_as_the_server_sees_it(server, rest):
    """Method, path, query, body and headers arrive as given, uncompressed and named."""
    server.script("POST", "/api/v1/things/a b", Answer(201, {"kind": "Thing"}))

    answer = await rest.request(
        "POST",
        "/api/v1/things/a b",
        query={"labelSelector": "a=b,c in (d)", "empty": ""},
        body={"a": "ä"},
        content_type="application/merge-patch+json",
        accept="application/x",
        **WHAT,
    )

    assert answer == {"kind": "Thing"}
    (seen,) = server.requests
    assert (seen.method, seen.path, seen.body) == ("POST", "/api/v1/things/a b", {"a": "ä"})
    assert seen.query == {"labelSelector": "a=b,c in (d)", "empty": ""}
    assert seen.headers["Content-Type"] == "application/merge-patch+json"
    assert seen.headers["Accept"] == "application/x"
    assert seen.headers["Accept-Encoding"] == "identity"
    assert seen.headers["User-Agent"] == USER_AGENT
    assert USER_AGENT.startswith("clusterimport/")
    assert "Authorization" not in seen.headers


async def test_t59_an_answer_without_end_is_not_kept(server, rest):
    """Beyond a bound nothing is read, and the connection is not used again."""
    server.script("GET", "/api/v1/things", Answer(200, {"kind": "x" * 1000}))
    with pytest.raises(AnswerTooLarge, match="get things: more than 500 bytes"):
        await rest.request_bytes("GET", "/api/v1/things", max_bytes=500, **WHAT)


async def test_a_server_behind_a_path(server):
    """The path of the server's address stands before every request's."""
    server.script("GET", "/k8s/clusters/c-1/api", Answer(200, {}))
    async with open_connection(ConnectionSettings(f"{server.url}/k8s/clusters/c-1/")) as rest:
        assert await rest.request("GET", "/api", **WHAT) == {}


async def test_refusals_become_errors_with_verb_and_resource(server, rest):
    """The HTTP status is looked at, and the text names what was tried."""
    server.script("GET", "/a", Answer(403, status_body(403, "Forbidden", "no")))
    server.script("GET", "/a", Answer(500, "<html>canary</html>"))

    with pytest.raises(Forbidden, match=r"^get things: 403 Forbidden: no$"):
        await rest.request("GET", "/a", **WHAT)
    with pytest.raises(InternalError, match=r"^get things: 500$"):
        await rest.request("GET", "/a", **WHAT)


@pytest.mark.parametrize(("code", "kind"), [(429, TooManyRequests), (503, ServiceUnavailable)])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_retry_after_is_told_and_not_obeyed_here(server, rest, code, kind, method):
    """A server that asks to wait is asked once; the caller learns for how long."""
    server.script(method, "/a", Answer(code, "", {"Retry-After": "11"}))

    with pytest.raises(kind) as caught:
        await rest.request(method, "/a", body={}, **WHAT)

    assert caught.value.retry_after_seconds == 11
    assert len(server.requests) == 1


async def test_a_redirect_is_an_error_and_not_followed(server, rest):
    """Credentials do not travel to where a redirect points."""
    server.script("GET", "/a", Answer(302, "", {"Location": f"{server.url}/b"}))

    with pytest.raises(Exception, match="302"):
        await rest.request("GET", "/a", **WHAT)

    assert [seen.path for seen in server.requests] == ["/a"]


async def test_a_401_is_tried_once_more_with_a_rotated_token(server, metrics):
    """After a 401 the newer token is used at once, for this and the next request."""
    server.tokens = {"new"}
    token = RotatingToken("old", "new")
    async with open_connection(server.settings(token), metrics=metrics) as rest:
        await rest.request("GET", "/api", **WHAT)
        await rest.request("GET", "/api", **WHAT)
        connector = rest._channel.session.connector
        assert connector._acquired == set()

    sent = [seen.headers["Authorization"] for seen in server.requests]
    assert sent == ["Bearer old", "Bearer new", "Bearer new"]
    assert [call["code"] for call in metrics.of("request_finished")] == ["401", "200", "200"]
    assert [call["code"] for call in metrics.of("request_retried")] == ["401"]


async def test_a_401_without_a_newer_token_is_final(server):
    """Neither an unchanged token nor a second refusal makes a loop."""
    server.tokens = {"other"}
    for token, requests in ((RotatingToken("a"), 1), (RotatingToken("a", "b", "c"), 2)):
        server.requests.clear()
        async with open_connection(server.settings(token)) as rest:
            with pytest.raises(Unauthorized):
                await rest.request("PATCH", "/api/v1/things/a", body={}, **WHAT)

        assert len(server.requests) == requests
        assert token.renewals == 1


async def test_a_watch_meets_a_401_like_any_request(server):
    """The start of a stream is repeated with the rotated token."""
    server.tokens = {"new"}
    server.script("GET", "/a", Answer(401, ""))
    server.script("GET", "/a", Answer(200, "x"))
    async with (
        open_connection(server.settings(RotatingToken("old", "new"))) as rest,
        rest.stream("/a", idle_seconds=1, resource="things") as chunks,
    ):
        assert b"".join([chunk async for chunk in chunks]) == b"x"
    assert len(server.requests) == 2


@pytest.mark.parametrize("body", ["[]", "{", "canary"])
async def test_an_answer_that_is_no_object_is_an_error(server, rest, body):
    """A success with something else than a JSON object is not taken for one."""
    server.script("GET", "/a", Answer(200, body))

    with pytest.raises(StreamError) as caught:
        await rest.request("GET", "/a", **WHAT)

    assert "canary" not in str(caught.value)


async def test_t09_whatever_the_server_says_is_heard(server, rest):
    """A refusal, and each piece of a stream."""
    loop = asyncio.get_running_loop()

    def heard_at():
        silent = rest.contact.silent_seconds
        return loop.time() - silent

    started = loop.time()
    server.script("GET", "/a", Answer(503))
    with pytest.raises(ServiceUnavailable):
        await rest.request("GET", "/a", **WHAT)
    assert heard_at() >= started
    moments = []

    async def drip(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2):
            await asyncio.sleep(0.05)
            moments.append(loop.time())
            await response.write(b"x")
        return response

    server.script("GET", "/b", drip)
    async with rest.stream("/b", idle_seconds=5, resource="things") as chunks:
        heard = [heard_at() async for _ in chunks]
    assert [at >= moment for at, moment in zip(heard, moments, strict=True)] == [True, True]


async def test_a_slow_answer_is_a_timeout(server, rest):
    """The time limit covers the whole answer."""

    async def slow(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await asyncio.sleep(5)
        return response

    server.script("GET", "/a", slow)

    with pytest.raises(TransportError) as caught:
        await rest.request("GET", "/a", timeout_seconds=0.05, **WHAT)

    assert caught.value.timeout
    assert str(caught.value) == "get things: timed out"


async def test_a_refused_connection(unused_port):
    """Nobody listening is told by a reason fit for a condition."""
    async with open_connection(ConnectionSettings(f"http://127.0.0.1:{unused_port}")) as rest:
        with pytest.raises(TransportError) as refused:
            await rest.request("GET", "/a", **WHAT)

    assert refused.value.reason == "ConnectionRefused"
    assert not refused.value.timeout


async def test_a_broken_answer_is_a_lost_connection(server, rest):
    """A body that ends too early is an error, never a short object."""

    async def broken(request):
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{}")
        request.transport.abort()
        return response

    server.script("GET", "/a", broken)

    with pytest.raises(TransportError) as caught:
        await rest.request("GET", "/a", **WHAT)

    assert caught.value.reason == "ConnectionLost"


async def test_credentials_of_a_proxy_stay_out_of_errors(unused_port):
    """The URL of a proxy with a password is in no text of the error or of the settings."""
    settings = ConnectionSettings(
        "http://example.invalid",
        proxy=f"http://user:canary@127.0.0.1:{unused_port}",
        token=StaticToken("canary"),
    )
    async with open_connection(settings) as rest:
        with pytest.raises(TransportError) as caught:
            await rest.request("GET", "/a", **WHAT)

    assert caught.value.reason == "ProxyFailed"
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r} {settings!r}"


async def test_an_unsolicited_compressed_answer_does_not_unfold(server, rest):
    """Compression was not asked for; what comes so is not understood instead of inflated."""
    server.script("GET", "/a", Answer(200, gzip.compress(b"{}"), {"Content-Encoding": "gzip"}))

    with pytest.raises(StreamError):
        await rest.request("GET", "/a", **WHAT)


async def test_a_large_body_is_sent_whole(server, rest):
    """Beyond a MiB the body goes in pieces, with the same bytes."""
    server.script("POST", "/a", Answer(201, {}))
    text = "x" * 3 * 1024 * 1024

    await rest.request("POST", "/a", body={"data": text}, **WHAT)

    assert server.requests[0].body == {"data": text}
    assert server.requests[0].headers["Content-Length"] == str(len(text) + 11)


async def test_a_refusal_does_not_cost_the_connection(server, rest):
    """After a 404 or a 409 the next request goes over the same connection."""
    ports = []

    async def refuse(request):
        ports.append(request.transport.get_extra_info("peername")[1])
        return to_response(Answer(404, status_body(404, "NotFound", name="a")))

    server.script("GET", "/a", refuse, times=3)
    for _ in range(3):
        with pytest.raises(NotFound):
            await rest.request("GET", "/a", **WHAT)

    assert len(ports) == 3
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    ("method", "sent"), [("GET", 2), ("PUT", 1), ("DELETE", 1), ("POST", 1), ("PATCH", 1)]
)
async def test_a_write_whose_connection_is_lost_is_not_sent_again(server, rest, method, sent):
    """It may be done: another one would meet a conflict, and nobody would know of the first."""

    async def vanish(request):
        request.transport.abort()
        return to_response(Answer(200, {}))

    server.script("GET", "/b", Answer(200, {}))
    await rest.request("GET", "/b", **WHAT)
    server.script(method, "/a", vanish, times=2)
    with pytest.raises(TransportError, match=r"^get things: the connection was lost$"):
        await rest.request(method, "/a", body={}, **WHAT)
    assert [seen.method for seen in server.requests[1:]] == [method] * sent


def test_objects_survive_the_way_there_and_back():
    """Plain values and read-only views of them are encoded alike."""
    value = {"a": [1, 2.5, None, True, "ä"], "b": {}}

    assert decode(encode(value)) == value
    assert encode(MappingProxyType({"a": MappingProxyType({"b": ("c",)})})) == b'{"a":{"b":["c"]}}'


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"canary"', b'{"canary": "\xff"}'])
def test_anything_but_an_object_is_a_stream_error_without_content(body):
    """Neither the text nor a chained exception shows what could not be decoded."""
    with pytest.raises(StreamError) as caught:
        decode(body)

    assert caught.value.reason == "MalformedAnswer"
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_is_not_json_is_refused_without_content():
    """A lone surrogate in data is InvalidBody, a strange type a mistake of ours."""
    with pytest.raises(InvalidBody) as caught:
        encode({"canary": "canary\ud800"})
    assert "canary" not in str(caught.value)
    with pytest.raises(TypeError, match="object is not JSON"):
        encode({"a": object()})
