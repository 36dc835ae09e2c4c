"""Who may see the metrics, as the API server says it."""

import asyncio
from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import SystemClock
from clusterimport.kube import errors
from clusterimport.limits.listener import HTTPS_REVIEWS, HTTPS_VERDICTS
from clusterimport.observability.access import MetricsAccess
from clusterimport.observability.messages import HttpRequest

pytestmark = pytest.mark.looptime

USER = {
    "username": "system:serviceaccount:monitoring:prometheus",
    "uid": "u1",
    "groups": ["system:serviceaccounts", "system:authenticated"],
    "extra": {"authentication.kubernetes.io/pod-name": ["prometheus-0"]},
}


class Reviews:
    """An API server that knows two tokens: one that may see metrics, and one that may not."""

    def __init__(self):
        self.users = {"good": USER, "poor": USER | {"username": "poor"}}
        self.sent = []
        self.failure = None
        self.seconds = 0.0
        self.under_way = self.most_under_way = 0

    async def request(self, method, path, *, body, verb, resource):
        self.sent.append((method, path, body))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        if self.failure:
            raise self.failure
        assert (verb, resource.partition(".")[0]) == ("create", path.rpartition("/")[2])
        spec = body["spec"]
        if body["kind"] == "TokenReview":
            user = self.users.get(spec["token"])
            return {"status": {"authenticated": True, "user": user} if user else {}}
        allowed = spec["user"] != "poor"
        return {"status": {"allowed": allowed, "denied": not allowed}}

    def reviewed(self):
        return [body["spec"]["token"] for _, _, body in self.sent if body["kind"] == "TokenReview"]


class Rig:
    def __init__(self):
        self.server = Reviews()
        self.subject = MetricsAccess(self.server, clock=SystemClock())

    async def status(self, token="good", *, peer="10.0.0.1"):
        fields = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.of(HttpRequest("GET", "/metrics", peer=peer, fields=fields))

    async def of(self, request):
        refusal = await self.subject.refusal(request)
        return refusal.status if refusal else HTTPStatus.OK


@pytest.fixture(name="rig")
def fixture_rig():
    return Rig()


async def test_who_has_the_right_may(rig):
    """The two reviews carry the token, and all that it says of the user."""
    assert await rig.status() == 200
    assert rig.server.sent == [
        (
            "POST",
            "/apis/authentication.k8s.io/v1/tokenreviews",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenReview",
                "spec": {"token": "good"},
            },
        ),
        (
            "POST",
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {
                    "user": USER["username"],
                    "uid": "u1",
                    "groups": USER["groups"],
                    "extra": USER["extra"],
                    "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
                },
            },
        ),
    ]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic Z29vZA==", "good", "Bearer g\xf6od"]
)
async def test_who_shows_no_token_is_not_asked_about(rig, authorization):
    """401, and the API server hears nothing of it."""
    request = HttpRequest("GET", "/metrics", fields={"authorization": authorization})
    assert await rig.of(request) == 401
    assert rig.server.sent == []


async def test_spaces_around_a_token_are_not_of_it(rig):
    """Some clients send more than the one behind the scheme."""
    request = HttpRequest("GET", "/metrics", fields={"authorization": "bearer   good "})
    assert await rig.of(request) == 200
    assert rig.server.reviewed() == ["good"]


async def test_a_token_of_nobody_is_401_and_one_without_the_right_403(rig):
    """As the API server itself would answer."""
    assert await rig.status("wrong") == 401
    assert await rig.status("poor") == 403


async def test_an_answer_without_a_status_is_no(rig):
    """Whatever is between us and the API server."""

    async def request(*_, **__):
        return {}

    rig.server.request = request
    assert await rig.status() == 401


@pytest.mark.parametrize(
    "status",
    [
        {},
        None,
        {"authenticated": "yes", "user": USER},
        {"authenticated": True},
        {"authenticated": True, "user": {}},
    ],
)
async def test_what_is_not_said_plainly_is_no(rig, status):
    """An answer of another shape authenticates nobody."""

    async def request(*_, body, **__):
        return {"status": status if body["kind"] == "TokenReview" else {"allowed": True}}

    rig.server.request = request
    assert await rig.status() == 401


@pytest.mark.parametrize("status", [{}, {"allowed": 1}, {"allowed": "true"}, {"denied": False}])
async def test_a_right_that_is_not_said_plainly_is_none(rig, status):
    """Nor does an empty answer give it."""

    async def request(*_, body, **__):
        reviewed = {"authenticated": True, "user": USER}
        return {"status": reviewed if body["kind"] == "TokenReview" else status}

    rig.server.request = request
    assert await rig.status() == 403


async def test_verdicts_are_remembered_for_a_while(rig):
    """Who may is asked about once a minute, who may not after ten seconds."""
    for _ in range(59):
        assert await rig.status() == 200
        await asyncio.sleep(1)
    assert rig.server.reviewed() == ["good"]
    del rig.server.users["good"]
    await asyncio.sleep(1)
    assert await rig.status() == 401
    rig.server.users["good"] = USER
    await asyncio.sleep(9.9)
    assert await rig.status() == 401
    await asyncio.sleep(0.2)
    assert await rig.status() == 200


async def test_requests_with_one_token_are_one_review(rig):
    """Also where they come together."""
    rig.server.seconds = 0.5
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(rig.status()) for _ in range(20)]
    assert {each.result() for each in asked} == {200}
    assert rig.server.reviewed() == ["good"]


async def test_what_is_remembered_is_bounded_and_holds_no_token(rig):
    """Tokens without end take no room from who may, and none is kept."""
    await rig.status()
    for number in range(HTTPS_VERDICTS * 3):
        assert await rig.status(f"wrong-{number}") == 401
    subject = rig.subject
    assert len(subject._refused) == HTTPS_VERDICTS
    assert await rig.status() == 200
    assert rig.server.reviewed().count("good") == 1
    assert b"good" not in {*subject._allowed, *subject._refused}
    assert "'good'" not in repr([subject._allowed, subject._refused])
    assert subject._turns._own == {}
    assert subject._turns._waiting == {}


async def test_of_the_refused_the_oldest_is_forgotten_first(rig):
    """What was asked about last is remembered."""
    for number in range(HTTPS_VERDICTS + 1):
        await rig.status(f"wrong-{number}")
    for number in (HTTPS_VERDICTS, 1, 0):
        await rig.status(f"wrong-{number}")
    reviewed = rig.server.reviewed()
    assert reviewed[HTTPS_VERDICTS + 1 :] == ["wrong-0"]


async def test_a_verdict_takes_the_place_of_the_one_before(rig):
    """Who was refused and may now is remembered once, and so is who may no more."""
    del rig.server.users["good"]
    assert await rig.status() == 401
    rig.server.users["good"] = USER
    await asyncio.sleep(10)
    assert await rig.status() == 200
    assert (len(rig.subject._allowed), len(rig.subject._refused)) == (1, 0)
    del rig.server.users["good"]
    await asyncio.sleep(60)
    assert await rig.status() == 401
    assert (len(rig.subject._allowed), len(rig.subject._refused)) == (0, 1)


async def test_four_tokens_are_reviewed_at_a_time(rig):
    """Of as many addresses as there are; no more, and no fewer."""
    rig.server.seconds = 0.1
    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(rig.status(f"w{number}", peer=f"10.0.0.{number}"))
    assert rig.server.most_under_way == HTTPS_REVIEWS


async def test_t55_tokens_without_end_keep_nobody_else_waiting(rig):
    """One address has one review under way, all together four; another one's is the next."""
    rig.server.seconds = 0.1
    async with asyncio.TaskGroup() as group:
        flood = [
            group.create_task(rig.status(f"w{number}", peer=f"10.0.0.{number % 3}"))
            for number in range(60)
        ]
        await asyncio.sleep(0.01)
        started = asyncio.get_running_loop().time()
        assert await rig.status(peer="10.9.9.9") == 200
        assert asyncio.get_running_loop().time() - started < 0.5
    assert {each.result() for each in flood} == {401}
    assert rig.server.most_under_way <= HTTPS_REVIEWS


async def test_who_gives_up_makes_room(rig):
    """A request that ends while it waits, or is reviewed, leaves nothing behind."""
    rig.server.seconds = 1.0
    waiting = [asyncio.create_task(rig.status(f"w{number}")) for number in range(3)]
    await asyncio.sleep(0.1)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    rig.server.seconds = 0
    assert await rig.status() == 200
    assert rig.subject._turns._own == {}


async def test_who_gives_up_while_all_are_reviewed_makes_room(rig):
    """Its address has its turn all the same, once there is one."""
    rig.server.seconds = 1.0
    busy = [
        asyncio.create_task(rig.status(f"w{number}", peer=f"10.0.0.{number}"))
        for number in range(HTTPS_REVIEWS)
    ]
    await asyncio.sleep(0.1)
    late = asyncio.create_task(rig.status(peer="10.9.9.9"))
    behind = asyncio.create_task(rig.status(peer="10.9.9.9"))
    await asyncio.sleep(0.1)
    late.cancel()
    async with asyncio.timeout(4):
        assert await behind == 200
        await asyncio.gather(*busy)
    assert rig.server.reviewed().count("good") == 1
    assert rig.subject._turns._own == {}
    assert rig.subject._turns._waiting == {}


@pytest.mark.parametrize(
    "failure",
    [
        errors.TransportError("connection refused"),
        errors.InternalError(500),
        errors.Forbidden(403),
        errors.NotFound(404),
    ],
)
async def test_where_the_api_server_says_nothing_nobody_may(rig, failure):
    """503, told once a minute, and asked again at once; a verdict that stands holds on."""
    assert await rig.status() == 200
    rig.server.failure = failure
    with capture_logs() as logs:
        for _ in range(3):
            assert await rig.status("other") == 503
    assert len(logs) == 1
    assert await rig.status() == 200
    await asyncio.sleep(60)
    assert await rig.status() == 503
    rig.server.failure = None
    assert await rig.status() == 200


async def test_an_api_server_that_hangs_is_not_waited_for(rig):
    """Within the time that Prometheus waits for an answer."""
    rig.server.seconds = 1e6
    started = asyncio.get_running_loop().time()
    with capture_logs() as logs:
        assert await rig.status() == 503
    assert asyncio.get_running_loop().time() - started <= 5
    assert [entry["error"] for entry in logs] == ["Timeout"]
