"""What each fault makes of a request and its answer, without a network; and what is recorded."""

import asyncio
import json

import pytest

from tests.harness.proxy.answer import Answer, NoAnswerError, pieces
from tests.harness.proxy.faults import (
    Chunked,
    CutAfter,
    Delay,
    Drip,
    EndStream,
    Hold,
    Lines,
    LoseAnswer,
    NoWatchList,
    Paged,
    Refuse,
    Replay,
    Status,
    Trap,
    shortened,
)
from tests.harness.proxy.history import Delivery, Exchange
from tests.harness.proxy.request import Match, Request
from tests.harness.proxy.streams import Change, Double, Drop, HoldBack, Reorder, Swallow

LIST = "/api/v1/namespaces/default/configmaps"
EVENT = json.dumps(
    {"type": "ADDED", "object": {"metadata": {"name": "one", "resourceVersion": "7"}}}
).encode()


class Server:
    """Answers everything with the same, and remembers what came."""

    def __init__(self, body: bytes = b'{"items": [1, 2, 3, 4]}') -> None:
        self.body = body
        self.requests: list[Request] = []

    async def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        return Answer(200, {}, pieces(self.body[:5], self.body[5:]))


def request(method: str = "GET", path: str = LIST, **more: str) -> Request:
    """Return a request with a query."""
    raw = f"{path}?{'&'.join(f'{key}={value}' for key, value in more.items())}"
    return Request.read(method, path, more, raw_path=raw)


@pytest.mark.parametrize(
    ("method", "path", "query", "told"),
    [
        ("GET", LIST, {}, ("list", "", "configmaps", "default", "", "")),
        ("GET", LIST, {"watch": "1"}, ("watch", "", "configmaps", "default", "", "")),
        ("GET", f"{LIST}/one", {}, ("get", "", "configmaps", "default", "one", "")),
        ("GET", "/api/v1/namespaces/one", {}, ("get", "", "namespaces", "", "one", "")),
        ("PATCH", "/apis/a.b/v1/cs/x/status", {}, ("patch", "a.b", "cs", "", "x", "status")),
        ("DELETE", "/apis/a.b/v1/cs/x", {}, ("delete", "a.b", "cs", "", "x", "")),
        ("GET", "/version", {}, ("get", "", "", "", "", "")),
    ],
)
def test_a_path_is_told_in_words_of_kubernetes(method, path, query, told):
    """Verb, group, resource, namespace, name and subresource are those that RBAC has."""
    made = Request.read(method, path, query)
    parts = (made.verb, made.group, made.resource, made.namespace, made.name, made.subresource)
    assert parts == told


def test_a_creation_has_the_name_of_its_body():
    """The path of a POST has none."""
    body = json.dumps({"metadata": {"name": "one"}}).encode()
    assert Request.read("POST", LIST, {}, body=body).name == "one"
    assert Request.read("POST", LIST, {}, body=b"[").name == ""


def test_a_match_takes_what_has_all_its_parts():
    """Words are alternatives, an empty part takes all, and ``write`` is every change."""
    assert Match().takes(request())
    assert Match.of("get list", "secrets configmaps").takes(request())
    assert not Match.of("watch").takes(request())
    assert Match.of("write", subresource="").takes(request("PATCH", f"{LIST}/one"))
    assert not Match.of("write", subresource="status").takes(request("PATCH", f"{LIST}/one"))
    assert not Match.of(names="two").takes(request("PATCH", f"{LIST}/one"))


def test_no_credential_shows_in_a_request():
    """Neither the token nor the body is told, by any of its texts."""
    made = Request.read("POST", LIST, {}, body=b"secret", headers={"Authorization": "Bearer t0k"})
    text = f"{made!r} {made} {Exchange(made)!r} {Exchange(made)}"
    assert "secret" not in text.replace("secrets", "")
    assert "t0k" not in text


def test_a_delivery_is_an_event_without_its_content():
    """What is no event of an object is none."""
    found = Delivery.read(request(), EVENT, 1.0)
    assert found is not None
    assert (found.type, found.resource, found.name, found.version) == (
        "ADDED",
        "configmaps",
        "one",
        "7",
    )
    assert Delivery.read(request(), b"{]", 1.0) is None
    assert Delivery.read(request(), b'{"type": "ADDED", "object": null}', 1.0) is None


async def test_a_status_asks_nobody():
    """The failure has its reason, and maybe when to come again."""
    server = Server()
    answer = await Status(429, retry_after=3)(request(), server)
    body = json.loads(await answer.whole())
    assert (answer.status, body["code"], body["reason"]) == (429, 429, "TooManyRequests")
    assert answer.headers["Retry-After"] == "3"
    assert server.requests == []


@pytest.mark.parametrize(("fault", "asked"), [(Refuse(), 0), (LoseAnswer(), 1)])
async def test_an_answer_that_never_comes(fault, asked):
    """Refused, the server is not asked; lost, it has done it."""
    server = Server()
    with pytest.raises(NoAnswerError):
        await fault(request("PATCH", f"{LIST}/one"), server)
    assert len(server.requests) == asked


@pytest.mark.looptime
@pytest.mark.parametrize("after", [False, True])
async def test_a_delay_is_before_or_after_the_server(after):
    """In between, the server has done it or not."""
    server = Server()
    task = asyncio.create_task(Delay(5.0, answer=after)(request(), server))
    await asyncio.sleep(4)
    assert len(server.requests) == after
    assert (await task).status == 200
    assert len(server.requests) == 1


@pytest.mark.looptime
async def test_a_drip_is_a_byte_a_second():
    """Nothing is lost by it."""
    answer = await Drip()(request(), Server(b"0123456789"))
    began = asyncio.get_running_loop().time()
    assert await answer.whole() == b"0123456789"
    assert asyncio.get_running_loop().time() - began == pytest.approx(10)


async def test_a_cut_is_where_it_is_asked_for():
    """What came before it is there."""
    answer = await CutAfter(7)(request(), Server(b"0123456789"))
    assert await anext(answer.body) == b"01234"
    assert await anext(answer.body) == b"56"
    with pytest.raises(NoAnswerError):
        await anext(answer.body)


async def test_pieces_of_a_byte_are_all_of_it():
    """A character may be in two of them."""
    answer = await Chunked(1)(request(), Server("ä".encode()))
    assert [piece async for piece in answer.body] == [b"\xc3", b"\xa4"]


async def test_lines_come_before_or_in_place_of_the_servers():
    """A stream may have more than the server says, or nothing of it."""
    joined = await Lines((b"a", b"b"))(request(), Server(b"c\n"))
    assert await joined.whole() == b"a\nb\nc\n"
    ended = await EndStream((b"a",))(request(), Server(b"c\n"))
    assert await ended.whole() == b"a\n"


async def test_a_server_without_watch_list_refuses_only_that():
    """By a 422 that names the parameter."""
    refused = await NoWatchList()(request(watch="1", sendInitialEvents="true"), Server())
    assert refused.status == 422
    assert b"sendInitialEvents" in await refused.whole()
    assert (await NoWatchList()(request(watch="1"), Server())).status == 200


@pytest.mark.parametrize(("keep", "left"), [(0.0, []), (0.5, [1, 2])])
async def test_a_list_may_succeed_with_less(keep, left):
    """All else is as the server said."""
    answer = await shortened(keep)(request(), Server())
    assert json.loads(await answer.whole())["items"] == left


async def test_pages_are_as_long_as_asked_for():
    """Whatever the client wants."""
    server = Server()
    await Paged(12)(request(limit="500"), server)
    assert server.requests[0].raw_path.endswith("limit=12")


async def test_a_replay_stands_still():
    """The server is asked once for each path."""
    server, replay = Server(b"old"), Replay()
    assert await (await replay(request(), server)).whole() == b"old"
    server.body = b"new"
    assert await (await replay(request(), server)).whole() == b"old"
    assert len(server.requests) == 1


@pytest.mark.parametrize(("before", "done"), [(True, 1), (False, 2)])
async def test_a_trap_springs_at_its_write(before, done):
    """The last one is done or not, and nothing after it."""
    server, trap = Server(), Trap(2, before=before)
    await trap(request("POST"), server)
    stuck = [asyncio.create_task(trap(request("POST"), server)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert trap.is_sprung.is_set()
    assert len(server.requests) == done
    assert not any(task.done() for task in stuck)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)


async def test_what_is_held_reaches_the_server_at_the_release():
    """And is told meanwhile."""
    server, hold = Server(), Hold()
    task = asyncio.create_task(hold(request("POST"), server))
    await asyncio.sleep(0)
    assert [len(hold.held), len(server.requests)] == [1, 0]
    hold.release()
    assert (await task).status == 200
    assert (await hold(request("POST"), server)).status == 200


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Double(), [EVENT, EVENT]),
        (Swallow(), []),
        (Drop(types=frozenset({"ADDED"})), []),
        (Drop(types=frozenset({"DELETED"})), [EVENT]),
        (Drop(names=frozenset({"one"})), []),
        (Change(lambda event: event["type"]), [b'"ADDED"']),
    ],
)
async def test_events_may_be_more_or_less_or_others(fault, told):
    """From one line to those that are delivered."""
    assert await fault(request(), EVENT) == told


async def test_events_may_come_in_another_order():
    """In pairs, the later one first."""
    reorder, stream = Reorder(), request()
    assert await reorder(stream, b"a") == []
    assert await reorder(stream, b"b") == [b"b", b"a"]


async def test_events_may_be_held_back():
    """Nothing is lost."""
    held = HoldBack()
    task = asyncio.create_task(held(request(), EVENT))
    await asyncio.sleep(0)
    assert not task.done()
    held.release()
    assert await task == [EVENT]
