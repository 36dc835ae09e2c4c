"""Names to addresses: what is asked, of whom, and how often."""

import asyncio
import errno
import resource
import socket
import threading
from ipaddress import ip_address

import pytest

from clusterimport.limits.probes import RESOLVED_ADDRESSES, RESOLVER_THREADS
from clusterimport.probing.addresses import AddressPolicy
from clusterimport.probing.errors import NameNotResolved
from clusterimport.probing.resolver import Resolver
from tests.fakes.probing.attempts import TENANT, attempting


class _System:
    """Answers as ``getaddrinfo`` does, and counts."""

    def __init__(self, *addresses: str, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.is_open_to: set[str] = set()
        self._addresses = addresses
        self._error = error

    def __call__(self, host, port, *, type):  # noqa: A002  the system's own name
        self.asked.append(host)
        if host not in self.is_open_to:
            # Longer than a test takes on a machine that is busy with others.
            self.gate.wait(60)
        if self._error:
            raise self._error
        return [
            (socket.AF_INET6, type, 6, "", (text, 0, 0, 0))
            if ":" in text
            else (socket.AF_INET, type, 6, "", (text, 0))
            for text in self._addresses
        ]


class _Asking:
    """A resolver in the hands of one tenant at a time."""

    def __init__(self, subject: Resolver) -> None:
        self.subject = subject

    async def resolve(self, host: str, tenant: str = TENANT):
        async with attempting(tenant) as attempt:
            return await self.subject.resolve(host, attempt)


@pytest.fixture(name="resolver")
def _resolver():
    made = []

    def make(system=socket.getaddrinfo) -> _Asking:
        made.append(Resolver(getaddrinfo=system))
        return _Asking(made[-1])

    yield make
    for resolver in made:
        resolver.close()


@pytest.mark.parametrize("host", ["10.1.2.3", "2001:db8::1", "::ffff:127.0.0.1"])
async def test_an_address_is_taken_as_it_is(resolver, host: str):
    """Nobody is asked what an address in its usual form means."""
    system = _System()

    assert await resolver(system).resolve(host) == (ip_address(host),)
    assert system.asked == []


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0xa9fea9fe", "169.254.169.254"),
        ("2852039166", "169.254.169.254"),
        ("0", "0.0.0.0"),
    ],
)
async def test_odd_spellings_are_judged_by_what_they_mean(resolver, host: str, meant: str):
    """The system itself says which address a decimal, octal or short form is: A07."""
    found = await resolver().resolve(host)

    assert found == (ip_address(meant),)
    assert AddressPolicy().is_denied(found[0])


async def test_a_name_becomes_its_addresses_each_once(resolver):
    """The order of the system is kept, and no more than a handful is looked at."""
    many = [f"10.0.0.{number}" for number in range(20)]

    assert await resolver(_System("10.0.0.2", "fd00::1", "10.0.0.2")).resolve("api.test") == (
        ip_address("10.0.0.2"),
        ip_address("fd00::1"),
    )
    assert len(await resolver(_System(*many)).resolve("many.test")) == RESOLVED_ADDRESSES


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_NONAME, "unknown"),
        socket.gaierror(socket.EAI_AGAIN, "later"),
        UnicodeError("label too long"),
    ],
)
async def test_what_cannot_be_resolved_is_one_kind_of_error(resolver, error: Exception):
    """Unknown, unanswerable and impossible names are the same to a probe."""
    with pytest.raises(NameNotResolved):
        await resolver(_System(error=error)).resolve("api.test")
    with pytest.raises(NameNotResolved):
        await resolver(_System()).resolve("empty.test")


async def test_a_name_is_asked_for_once_at_a_time(resolver):
    """Those who ask meanwhile share the answer; one who gives up takes it from nobody."""
    system = _System("10.0.0.1")
    system.gate.clear()
    shared = resolver(system)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(shared.resolve("slow.test"))
        second = group.create_task(shared.resolve("slow.test"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await shared.resolve("slow.test")
        system.gate.set()

    assert first.result() == second.result() == (ip_address("10.0.0.1"),)
    assert system.asked == ["slow.test"]
    await shared.resolve("slow.test")
    assert system.asked == ["slow.test"] * 2


async def test_an_error_that_nobody_waits_for_is_no_noise(resolver, caplog):
    """A resolution that fails after its last waiter left is forgotten without a word."""
    system = _System(error=socket.gaierror(socket.EAI_AGAIN, "later"))
    system.gate.clear()
    slow = resolver(system)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await slow.resolve("slow.test")
    system.gate.set()
    with pytest.raises(NameNotResolved):
        await slow.resolve("slow.test")

    assert caplog.records == []


async def test_t52_names_of_one_tenant_that_hang_leave_the_others_theirs(resolver):
    """Three hundred names whose name server never answers hold half of the threads, not all."""
    system = _System("10.0.0.1")
    system.gate.clear()
    shared = resolver(system)
    async with asyncio.TaskGroup() as group:
        hanging = [
            group.create_task(shared.resolve(f"dead-{number}.test", "namespace/hostile"))
            for number in range(300)
        ]
        while len(system.asked) < RESOLVER_THREADS // 2:  # noqa: ASYNC110  threads set no event
            await asyncio.sleep(0.001)
        system.is_open_to.add("api.test")
        assert await shared.resolve("api.test", "namespace/other") == (ip_address("10.0.0.1"),)
        assert len(system.asked) == RESOLVER_THREADS // 2 + 1
        for task in hanging:
            task.cancel()
    system.gate.set()

    assert await shared.resolve("late.test", "namespace/hostile")
    # Nobody wanted to know the others any more.
    assert len(system.asked) == RESOLVER_THREADS // 2 + 2


async def test_t52_a_tenant_does_not_wait_in_anothers_line(resolver):
    """The same name of two tenants is two questions."""
    system = _System("10.0.0.1")
    system.gate.clear()
    shared = resolver(system)
    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(shared.resolve(f"dead-{number}.test", "namespace/hostile"))
        group.create_task(shared.resolve("api.test", "namespace/hostile"))
        await asyncio.sleep(0.01)
        assert "api.test" not in system.asked
        system.is_open_to.add("api.test")
        async with asyncio.timeout(1):
            assert await shared.resolve("api.test", "namespace/other")
        system.gate.set()


async def test_t52_waiting_for_a_thread_is_our_time(resolver):
    """A dead name server has three of the five seconds; the line before it has our own ten."""
    system = _System("10.0.0.1")
    system.gate.clear()
    shared = resolver(system)
    try:
        async with attempting(seconds=0.2) as attempt:
            with pytest.raises(NameNotResolved):
                await shared.subject.resolve("dead.test", attempt)
            assert attempt.seconds_left < 0.01
    except TimeoutError:
        pass
    tasks = [
        asyncio.ensure_future(shared.resolve(f"dead-{number}.test"))
        for number in range(RESOLVER_THREADS)
    ]
    await asyncio.sleep(0.01)
    async with attempting(seconds=0.05) as attempt:
        waiting = asyncio.ensure_future(shared.subject.resolve("late.test", attempt))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        system.gate.set()
        assert await waiting
    await asyncio.gather(*tasks)


async def test_t52_without_a_descriptor_no_name_is_unknown(resolver):
    """The system calls it "try again"; that is our want and not the name's."""
    system = _System(error=socket.gaierror(socket.EAI_AGAIN, "later"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    shared = resolver(system)
    with pytest.raises(NameNotResolved):
        await shared.resolve("api.test")
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(OSError, match="Too many open files") as caught:
            await shared.resolve("api.test")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.errno == errno.EMFILE
