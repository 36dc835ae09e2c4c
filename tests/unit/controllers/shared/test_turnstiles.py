"""What is one fact for a verb and a type is found out once."""

import asyncio
from random import Random

import pytest

from clusterimport.aio import SystemClock
from clusterimport.controllers.shared.turnstiles import Access, Turnstiles
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.model.gvr import LIFECYCLES, SECRETS
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

pytestmark = pytest.mark.looptime

STATUS = Access("patch", LIFECYCLES.group_resource, "status")
READ = Access("get", SECRETS.group_resource, namespace="team")


def no_right():
    text = 'x is forbidden: User "u" cannot patch resource "y"'
    return errors.Forbidden(403, "Forbidden", text, verb="patch")


def down():
    return errors.InternalError(500, "InternalError", verb="patch")


class Server:
    """Objects that each write through a turnstile until they succeed, as a controller has it."""

    def __init__(self, access=STATUS):
        self.access = access
        self.metrics = CountingLimitMetrics()
        self.subject = Turnstiles(SystemClock(), Random(7), self.metrics)
        self.answer = lambda name: None
        self.tries = []
        self.done = []

    def ask(self, name):
        """Try once; wait at the turnstile if it is refused."""
        try:
            with self.subject.passing(self.access, name):
                self.tries.append(name)
                error = self.answer(name)
                if error is not None:
                    raise error
        except errors.KubeError as error:
            if not isinstance(error, errors.ApiError) or error.turnstile is None:
                return error
            error.turnstile.wait(("test", name), lambda: self.ask(name))
            return error
        self.done.append(name)
        return None


async def test_t37_a_missing_right_is_tried_once_and_not_by_every_object():
    """45 s without the right cost some tries in all, however many objects there are (F28)."""
    server = Server()
    server.answer = lambda name: no_right()
    for number in range(1000):
        server.ask(f"o{number}")
    assert len(server.tries) == 1
    await asyncio.sleep(45)
    assert len(server.tries) <= 8
    server.answer = lambda name: None
    await asyncio.sleep(30)

    assert sorted(server.done) == sorted(f"o{number}" for number in range(1000))
    assert server.metrics.reached[Limit.ACCESS] == 1
    assert len(server.subject) == 0


async def test_t37_those_who_wait_are_told_the_same():
    """Their conditions can name the right that is missing."""
    server = Server()
    server.answer = lambda name: no_right()
    first, second = server.ask("a"), server.ask("b")

    assert isinstance(second, errors.Forbidden)
    assert second is not first
    assert str(second) == str(first)
    assert second.by_authorizer


async def test_t37_another_verb_type_subresource_or_namespace_is_another_right():
    """A Role in one namespace is enough there, and says nothing of another one."""
    server = Server(READ)
    server.answer = lambda name: no_right()
    server.ask("a")
    server.answer = lambda name: None
    for other in (
        READ._replace(verb="patch"),
        READ._replace(namespace="other"),
        READ._replace(subresource="status"),
        READ._replace(resource=LIFECYCLES.group_resource),
    ):
        server.access = other
        assert server.ask("a") is None


@pytest.mark.parametrize(
    "error",
    [
        errors.Forbidden(403, "Forbidden", 'admission webhook "x" denied the request'),
        errors.Conflict(409, "Conflict"),
        errors.Invalid(422, "Invalid"),
        errors.TooManyRequests(429, "TooManyRequests"),
        errors.NotFound(404, "NotFound"),
        errors.TransportError("reset"),
    ],
)
async def test_t37_what_is_said_of_one_object_holds_nobody_else_up(error):
    """Content, conflicts and load are of one write; a lost connection is for everyone to see."""
    server = Server()
    for name in "abcdef":
        with pytest.raises(type(error)), server.subject.passing(STATUS, name):
            raise error

    server.answer = lambda name: None
    assert server.ask("g") is None


async def test_t37_writes_of_a_type_that_are_answered_by_5xx_are_tried_by_one():
    """Three objects in a row are the server's fault; from then on one tries."""
    server = Server()
    server.answer = lambda name: down()
    for number in range(100):
        server.ask(f"o{number}")

    assert len(server.tries) == 3


async def test_t37_one_object_that_is_answered_by_5xx_stops_nobody():
    """A webhook may fail because of what it is asked about."""
    server = Server()
    server.answer = lambda name: down() if name == "bad" else None
    for number in range(100):
        server.ask("bad")
        assert server.ask(f"o{number}") is None

    assert len(server.tries) == 200


async def test_t37_objects_that_fail_for_themselves_let_others_try_first():
    """Where three are bad, the next good one that comes is the next to try."""
    server = Server()
    server.answer = lambda name: down() if name.startswith("bad") else None
    for _ in range(3):
        for number in range(4):
            server.ask(f"bad{number}")
        await asyncio.sleep(0.1)
    await asyncio.sleep(200)
    server.ask("good")
    await asyncio.sleep(31)

    assert "good" in server.done


async def test_t37_reads_that_fail_are_each_their_own():
    """A type that cannot be converted for one object can be read for another one."""
    server = Server(READ)
    server.answer = lambda name: errors.InternalError(500, "InternalError", verb="get")
    for number in range(10):
        assert server.ask(f"o{number}").turnstile is None


async def test_t37_a_try_that_brings_no_answer_is_made_again():
    """A lost connection, or an object that has nothing to ask any more, ends no wait."""
    server = Server()
    with pytest.raises(errors.Forbidden) as caught, server.subject.passing(STATUS, "a"):
        raise no_right()
    asked = []
    caught.value.turnstile.wait("silent", lambda: asked.append("silent"))
    server.answer = lambda name: errors.TransportError("reset")
    server.ask("b")
    server.ask("c")
    await asyncio.sleep(7)
    assert (asked, server.tries) == (["silent"], ["b"])
    server.answer = lambda name: None
    await asyncio.sleep(60)

    assert server.done == ["c"]


async def test_t37_only_one_tries_at_a_time():
    """Those that come while a try is under way wait for it."""
    server = Server()
    with pytest.raises(errors.Forbidden), server.subject.passing(STATUS, "a"):
        raise no_right()
    await asyncio.sleep(2)
    with server.subject.passing(STATUS, "b"):
        assert server.ask("c") is not None
        assert server.tries == []


async def test_t37_the_end_of_a_term_leaves_nobody_waiting():
    """No timer is left behind."""
    server = Server()
    server.answer = lambda name: no_right()
    server.ask("a")
    server.subject.close()
    tries = len(server.tries)
    await asyncio.sleep(60)

    assert len(server.tries) == tries
    assert len(server.subject) == 0
