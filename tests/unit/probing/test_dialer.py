"""From a name to a connection: addresses are judged once, and share the time."""

import asyncio
import errno
import socket
import weakref
from contextlib import suppress
from ipaddress import ip_address, ip_network

import pytest

from clusterimport.probing.addresses import AddressPolicy
from clusterimport.probing.connections import Kept
from clusterimport.probing.dialer import Dialer, connect_socket
from clusterimport.probing.errors import AddressDenied
from tests.fakes.garbage import no_search
from tests.fakes.probing.attempts import attempting

pytestmark = pytest.mark.looptime


class _Names:
    """A resolver that answers differently each time, and then again from the start."""

    def __init__(self, *answers: tuple[str, ...], seconds: float = 0.0) -> None:
        self._answers = answers
        self._seconds = seconds
        self.asked: list[str] = []
        self.is_closed = False

    async def resolve(self, host: str, attempt):
        answer = self._answers[len(self.asked) % len(self._answers)]
        self.asked.append(host)
        await asyncio.sleep(self._seconds)
        return tuple(ip_address(text) for text in answer)

    def close(self) -> None:
        self.is_closed = True


class _Network:
    """Knows per address what happens: an errno, seconds to hang, or a connection."""

    def __init__(self, **addresses) -> None:
        self._addresses = {key.replace("_", "."): value for key, value in addresses.items()}
        self.tried: list[tuple[str, int]] = []
        self.sockets: list[socket.socket] = []

    async def connect(self, address, port: int) -> socket.socket:
        self.tried.append((str(address), port))
        outcome = self._addresses.get("a" + str(address))
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
        elif outcome is not None:
            raise OSError(outcome, "refused")
        self.sockets.append(socket.socket())
        return self.sockets[-1]

    def close(self) -> None:
        for one in self.sockets:
            one.close()


@pytest.fixture(name="dial")
def _dial():
    made = []

    async def dial(names: _Names, network: _Network, *, allow=(), seconds: float = 5.0):
        policy = AddressPolicy(allow=[ip_network(text) for text in allow])
        dialer = Dialer(policy, names, connect=network.connect)
        made.append((dialer, network))
        async with attempting(seconds=seconds) as attempt:
            return await dialer.dial("api.test", 6443, attempt)

    yield dial
    for dialer, network in made:
        network.close()
        dialer.close()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def test_the_first_address_that_connects_is_used(dial):
    """In the resolver's order, and the others are left alone."""
    network = _Network(a10_0_0_1=errno.ECONNREFUSED)
    wire = await dial(_Names(("10.0.0.1", "10.0.0.2", "10.0.0.3")), network)

    assert network.tried == [("10.0.0.1", 6443), ("10.0.0.2", 6443)]
    assert not wire.is_secured
    await wire.aclose()
    assert network.sockets[0].fileno() == -1


async def test_denied_addresses_are_passed_over(dial):
    """A name with good and bad addresses leads to the good ones only."""
    network = _Network()
    await dial(_Names(("127.0.0.1", "169.254.169.254", "10.0.0.1")), network)

    assert network.tried == [("10.0.0.1", 6443)]


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("::1", "169.254.169.254", "0.0.0.0")])
async def test_with_denied_addresses_only_nothing_is_connected(dial, addresses):
    """No packet goes anywhere, unless the installation allows it."""
    network = _Network()
    with pytest.raises(AddressDenied):
        await dial(_Names(addresses), network)

    assert network.tried == []
    await dial(_Names(addresses), network, allow=["127.0.0.0/8", "::1/128"])
    assert network.tried == [(addresses[0], 6443)]


async def test_a_name_that_changes_its_mind_gains_nothing(dial):
    """One question per connection, and it goes to the address that was judged: A08."""
    names = _Names(("203.0.113.7",), ("169.254.169.254",))
    network = _Network()
    await dial(names, network)

    assert names.asked == ["api.test"]
    assert network.tried == [("203.0.113.7", 6443)]
    with pytest.raises(AddressDenied):
        await dial(names, network)
    assert len(network.tried) == 1


async def test_addresses_share_the_time(dial):
    """One that does not answer leaves the others their part, and the last has the rest."""
    names = _Names(("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    network = _Network(a10_0_0_1=60.0, a10_0_0_2=errno.EHOSTUNREACH, a10_0_0_3=3.9)
    await dial(names, network, seconds=6.0)

    assert _now() == pytest.approx(2.0 + 3.9)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([errno.ECONNREFUSED, errno.EHOSTUNREACH], errno.ECONNREFUSED),
        ([errno.EHOSTUNREACH, errno.ECONNREFUSED], errno.ECONNREFUSED),
        ([60.0, errno.ECONNREFUSED], None),
        ([errno.ECONNREFUSED, 60.0], None),
        ([errno.ENETUNREACH], errno.ENETUNREACH),
        ([errno.ECONNREFUSED, errno.EMFILE], errno.EMFILE),
    ],
)
async def test_the_order_of_addresses_does_not_change_the_verdict(dial, outcomes, expected):
    """Name servers rotate their answers; a status must not change with them."""
    addresses = tuple(f"10.0.0.{number}" for number in range(len(outcomes)))
    network = _Network(**{f"a10_0_0_{number}": one for number, one in enumerate(outcomes)})
    with pytest.raises(OSError) as caught:
        await dial(_Names(addresses), network)

    assert caught.value.errno == expected
    assert isinstance(caught.value, TimeoutError) == (expected is None)
    assert len(network.tried) == len(outcomes)


async def test_t51_a_connection_that_failed_keeps_nothing():
    """Nor does a search for garbage have to free the credentials of clusters that refuse it."""
    network = _Network(a10_0_0_1=errno.ECONNREFUSED)
    dialer = Dialer(AddressPolicy(), _Names(("10.0.0.1",)), connect=network.connect)
    with no_search():
        async with attempting() as attempt:
            kept = weakref.ref(attempt)
            with suppress(OSError):
                await dialer.dial("api.test", 6443, attempt)
        del attempt
        assert network.tried
        assert kept() is None
    dialer.close()


async def test_closing_closes_the_resolver():
    """The dialer owns what it was given."""
    names = _Names(())
    Dialer(AddressPolicy(), names).close()

    assert names.is_closed


async def test_a_socket_is_kept_alive_and_closed_when_it_fails():
    """Keepalive finds a vanished peer; a refused connection leaves no socket (or a warning)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connection = await connect_socket(ip_address("127.0.0.1"), port)
        with connection:
            assert connection.getpeername() == ("127.0.0.1", port)
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 2000
            assert connection.gettimeout() == 0.0
    with pytest.raises(ConnectionRefusedError):
        await connect_socket(ip_address("127.0.0.1"), port)


async def test_t52_without_a_descriptor_kept_connections_make_way():
    """A connection costs idle ones, and is refused only when there are none left to close."""
    network = _Network()
    dialer = Dialer(AddressPolicy(), _Names(("10.0.0.1",)), connect=_Full(network).connect)
    keepers = [_Keeper() for _ in range(20)]
    for keeper in keepers:
        assert dialer.connections.keep(Kept(keeper, 1, 0, 0))
    async with attempting() as attempt:
        await dialer.dial("api.test", 6443, attempt)
    assert sum(keeper.is_dropped for keeper in keepers) == 20
    async with attempting() as attempt:
        with pytest.raises(OSError, match="full") as caught:
            await dialer.dial("api.test", 6443, attempt)
    assert caught.value.errno == errno.EMFILE
    network.close()
    dialer.close()


class _Full:
    """A system without descriptors at first, and after one connection."""

    def __init__(self, network: _Network) -> None:
        self._network = network
        self._tries = 0

    async def connect(self, address, port: int) -> socket.socket:
        self._tries += 1
        if self._tries != 3:
            raise OSError(errno.EMFILE, "full")
        return await self._network.connect(address, port)


class _Keeper:
    tenant = "namespace/team"
    is_dropped = False

    def drop(self) -> None:
        self.is_dropped = True
