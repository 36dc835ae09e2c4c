"""One read serves all lifecycles that need an object at a version, and nobody gets an older one."""

import asyncio
import weakref

import pytest

from clusterimport.aio import SystemClock
from clusterimport.controllers.lifecycles.reading import Readable, SharedReads
from clusterimport.kube import errors
from clusterimport.limits.objects import SHARED_READ_BYTES, SHARED_READ_SECONDS, SHARED_READS
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Identity, ObjectKey
from clusterimport.model.objects import JsonObject
from tests.fakes.garbage import no_search

pytestmark = pytest.mark.looptime


def _what(name="auth", namespace="team"):
    return Readable(SECRETS, ObjectKey(namespace, name))


def _object(version, filler=""):
    return JsonObject(Identity("v1", "Secret", "team", "auth", "uid", version), filler.encode())


class Server:
    """Has one version of every object; answers after a second."""

    def __init__(self):
        self.version = "5"
        self.error = None
        self.filler = ""
        self.reads = 0
        self.subject = SharedReads(SystemClock())

    async def read(self):
        self.reads += 1
        # The state of the world when the request arrives is what the answer tells.
        version, error = self.version, self.error
        await asyncio.sleep(1)
        if error is not None:
            raise error
        return _object(version, self.filler)

    async def get(self, version="5", *, what=None, keep=True):
        obj = await self.subject.get(what or _what(), version, self.read, keep=keep)
        return obj.resource_version


async def test_t57_those_who_ask_at_the_same_time_share_one_read():
    """However many ask for a version while it is being read, there is one request."""
    server = Server()
    answers = await asyncio.gather(*(server.get(keep=False) for _ in range(1500)))

    assert answers == ["5"] * 1500
    assert server.reads == 1


async def test_t57_those_who_ask_a_moment_later_share_it_too():
    """The rest of a look at many is served from what was read, and then it is dropped."""
    server = Server()
    for _ in range(3):
        assert await server.get() == "5"
        await asyncio.sleep(1)
    assert server.reads == 1
    await asyncio.sleep(SHARED_READ_SECONDS)
    assert len(server.subject._kept) == 0
    await server.get()

    assert server.reads == 2


async def test_t57_what_one_alone_needs_is_not_kept():
    """A credential that no other lifecycle refers to is gone when its look is over."""
    server = Server()
    await server.get(keep=False)
    assert len(server.subject._kept) == 0
    await server.get(keep=False)

    assert server.reads == 2


async def test_t57_a_newer_version_is_read_anew():
    """What was read is not good enough once a cache has a newer version."""
    server = Server()
    assert await server.get("5") == "5"
    server.version = "6"
    assert await server.get("6") == "6"
    # A cache that is behind is served what is newer.
    assert await server.get("5") == "6"

    assert server.reads == 2
    (kept,) = server.subject._kept.values()
    assert server.subject._held == {"team": kept.size}


async def test_t57_a_read_under_way_does_not_serve_who_has_seen_a_newer_version():
    """A read that began before an event is not the answer to a look after it."""
    server = Server()
    async with asyncio.TaskGroup() as group:
        before = group.create_task(server.get("5"))
        await asyncio.sleep(0.5)
        server.version = "6"
        after = [group.create_task(server.get("6")) for _ in range(3)]
        late = group.create_task(server.get("5"))
        await asyncio.sleep(0.7)
        # The first one has ended, and is not taken for the second one.
        assert before.done()
        joining = group.create_task(server.get("6"))

    assert before.result() == "5"
    assert [task.result() for task in after] == ["6"] * 3
    assert (late.result(), joining.result()) == ("6", "6")
    assert server.reads == 2
    assert await server.get("6") == "6"
    assert server.reads == 2


async def test_t57_an_overtaken_read_serves_nobody_who_has_seen_more():
    """Where an older read ends after a newer one, its answer is not taken for the newer one."""
    server = Server()
    slow = asyncio.Event()

    async def read_slowly():
        await slow.wait()
        return _object("5")

    async with asyncio.TaskGroup() as group:
        group.create_task(server.subject.get(_what(), "5", read_slowly, keep=True))
        await asyncio.sleep(0)
        server.version = "6"
        assert await server.get("6") == "6"
        slow.set()
    assert await server.get("6") == "6"

    assert server.subject._under_way == {}


async def test_t57_versions_that_are_no_numbers_are_compared_for_equality():
    """Where the order of versions is not known, only the very same one is shared."""
    server = Server()
    server.version = "b"
    assert await server.get("b") == "b"
    assert await server.get("b") == "b"
    assert server.reads == 1
    assert await server.get("a") == "b"

    assert server.reads == 2


async def test_t57_an_object_without_a_version_is_never_shared():
    """Where nothing tells what is newer, everybody reads for himself."""
    server = Server()
    server.version = ""
    await asyncio.gather(server.get(""), server.get(""))
    await server.get("")

    assert server.reads == 3


async def test_t57_different_objects_are_different_reads():
    """Name, namespace and version of the type all count."""
    server = Server()
    others = [
        _what("other"),
        _what(namespace="other"),
        _what()._replace(gvr=SECRETS._replace(version="v2")),
    ]
    await asyncio.gather(server.get(), *(server.get(what=what) for what in others))

    assert server.reads == 4


async def test_t57_a_failure_is_told_to_all_who_waited_for_it_and_to_nobody_else():
    """Those who share a request share its failure; the next one asks again."""
    server = Server()
    server.error = errors.Forbidden(403, "Forbidden")
    tasks = [asyncio.create_task(server.get()) for _ in range(3)]
    await asyncio.wait(tasks)
    assert [task.exception() for task in tasks] == [server.error] * 3
    assert server.reads == 1
    server.error = None

    assert await server.get() == "5"
    assert server.reads == 2


async def test_t57_a_failure_is_not_told_to_who_has_seen_a_newer_version():
    """An object that was made again while its absence was on its way is read again."""
    server = Server()
    server.error = errors.NotFound(404, "NotFound")
    before = asyncio.create_task(server.get("5"))
    await asyncio.sleep(0.5)
    server.error, server.version = None, "7"

    assert await server.get("7") == "7"
    assert isinstance(before.exception(), errors.NotFound)


async def test_a_failure_is_let_go_when_it_has_been_told():
    """Most imports begin with a Secret that is not there yet: no search has to free each."""

    async def read():
        raise errors.NotFound(404, "NotFound")

    reads, told = SharedReads(SystemClock()), None
    with no_search():
        try:
            await reads.get(_what(), "5", read, keep=True)
        except errors.NotFound as error:
            told = weakref.ref(error)
        assert told is not None
        assert told() is None


async def test_t57_a_shared_failure_does_not_grow():
    """The error that many get does not gather the traceback of each of them."""
    server = Server()
    server.error = errors.Forbidden(403, "Forbidden")
    tasks = [asyncio.create_task(server.get()) for _ in range(100)]
    await asyncio.wait(tasks)
    depth, traceback = 0, server.error.__traceback__
    while traceback is not None:
        depth, traceback = depth + 1, traceback.tb_next

    assert depth < 10
    assert all(task.exception() for task in tasks)


async def test_t57_one_who_gives_up_takes_nobody_along():
    """Where the one who reads is cancelled, another one reads for all who wait."""
    server = Server()
    tasks = [asyncio.create_task(server.get()) for _ in range(5)]
    await asyncio.sleep(0.5)
    tasks[0].cancel()
    tasks[3].cancel()
    await asyncio.wait(tasks)

    assert [task.cancelled() for task in tasks] == [True, False, False, True, False]
    assert {task.result() for task in tasks if not task.cancelled()} == {"5"}
    assert server.reads == 2


async def test_t57_one_who_waits_and_gives_up_disturbs_nobody():
    """Where one who waits is cancelled, the read goes on for the others."""
    server = Server()
    tasks = [asyncio.create_task(server.get()) for _ in range(3)]
    await asyncio.sleep(0.5)
    tasks[1].cancel()
    await asyncio.wait(tasks)

    assert [task.cancelled() for task in tasks] == [False, True, False]
    assert server.reads == 1


async def _fill(server, namespace, number, size):
    server.filler = "x" * size
    for name in range(number):
        await server.get(what=_what(f"{name}", namespace))


async def test_t57_what_is_kept_is_bounded_in_bytes():
    """However large shared objects are, what is kept of them is not."""
    server = Server()
    await _fill(server, "team", 20, SHARED_READ_BYTES // 3)

    assert len(server.subject._kept) == 2
    assert sum(kept.size for kept in server.subject._kept.values()) <= SHARED_READ_BYTES
    assert server.subject._held.total() <= SHARED_READ_BYTES


async def test_t57_what_is_larger_than_all_that_may_be_kept_is_not_kept():
    """It is read each time, and leaves no trace."""
    server = Server()
    await _fill(server, "team", 1, SHARED_READ_BYTES)

    assert not server.subject._kept
    assert not server.subject._held


async def test_t57_what_is_kept_is_bounded_in_number(monkeypatch):
    """However many objects are shared, those kept are counted."""
    server = Server()
    monkeypatch.setattr(server, "read", _at_once)
    await _fill(server, "team", SHARED_READS + 10, 1)

    assert len(server.subject._kept) == SHARED_READS
    assert _what("0", "team") not in server.subject._kept
    assert _what(f"{SHARED_READS + 9}", "team") in server.subject._kept


async def _at_once():
    return _object("5")


async def test_t57_who_has_many_large_objects_pays_for_them():
    """A namespace that fills the memory for shared objects pushes its own out first."""
    server = Server()
    await _fill(server, "small", 1, 1000)
    await _fill(server, "large", 4, SHARED_READ_BYTES // 3)

    assert _what("0", "small") in server.subject._kept


async def test_t57_the_end_of_a_term_drops_everything():
    """Nothing that was read, and no timer, outlives the term."""
    server = Server()
    await server.get()
    timer = server.subject._timer
    server.subject.close()

    assert timer.cancelled()
    assert not server.subject._kept
    assert not server.subject._held


async def test_t57_one_timer_drops_each_object_in_its_time():
    """Objects that were read one after the other go one after the other."""
    server = Server()
    await server.get(what=_what("first"))
    await asyncio.sleep(2)
    await server.get(what=_what("second"))
    await asyncio.sleep(SHARED_READ_SECONDS - 2.9)
    assert set(server.subject._kept) == {_what("second")}
    await asyncio.sleep(3)

    assert not server.subject._kept
    assert server.subject._timer is None


async def test_a_cache_that_is_behind_what_was_read_is_not_believed_until_it_has_caught_up():
    """Else a look after the one that read live would write the credential of before."""
    reads, what = SharedReads(SystemClock()), _what()
    reads.was_read(what, "9", "8")
    assert reads.newest(what, "8") == "9"
    assert reads.newest(what, "10") == "10"
    assert reads.newest(what, "8") == "8", "once caught up, the cache is believed"


async def test_t07_what_was_read_ahead_of_the_cache_and_never_again_is_forgotten():
    """Objects that are gone leave no trace: the newest so many are remembered."""
    reads = SharedReads(SystemClock())
    for number in range(SHARED_READS + 1):
        reads.was_read(_what(f"auth-{number}"), "9", "8")
    assert reads.newest(_what("auth-0"), "8") == "8"
    assert reads.newest(_what("auth-1"), "8") == "9"
    assert reads.newest(_what(f"auth-{SHARED_READS}"), "8") == "9"
