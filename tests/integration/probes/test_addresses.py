"""Where a probe goes: names, addresses that are denied, IPv6, proxies; over real sockets.

Attack cases A05, A07 and A08.
"""

import asyncio
import socket
from ipaddress import ip_address

import pytest

from clusterimport.model.connection import Connection
from clusterimport.probing import ProbeReason
from tests.fakes.pki.certificates import server_context
from tests.fakes.probing.loopback import serving_http
from tests.fakes.probing.realprobes import probe_once, probing
from tests.fakes.probing.scripted import HEALTHY


class _Names:
    """A resolver with an answer per question; the last one stays."""

    def __init__(self, *answers: str) -> None:
        self._answers = [ip_address(answer) for answer in answers]
        self.asked: list[str] = []

    async def resolve(self, host: str, attempt):
        self.asked.append(host)
        return (self._answers[min(len(self.asked), len(self._answers)) - 1],)

    def close(self) -> None:
        pass


async def test_a_closed_port(probe_port):
    """Nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = await probe_port(port)

    assert result.reason is ProbeReason.CONNECTION_REFUSED
    assert not result.is_answer


async def test_loopback_is_denied_by_default(tls, authority):
    """Nothing is connected to, however the address is written: A07."""
    async with serving_http(HEALTHY, tls=tls) as server:
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"):
            address = f"https://{host}:{server.port}"
            result = await probe_once(Connection(address, ca_data=authority.pem), allow=())

            assert result.reason is ProbeReason.ADDRESS_DENIED
            assert "--probe-allow-cidr" in result.message
            assert not result.is_answer
    assert server.connections == 0


async def test_a_name_that_is_rebound(authority, tmp_path):
    """The address that was judged is the one that is connected to, and asked for once: A08."""
    names = _Names("127.0.0.1", "169.254.169.254")
    context = server_context(authority.issue("api.test"), tmp_path)
    async with serving_http(HEALTHY, tls=context) as server:
        connection = Connection(f"https://api.test:{server.port}", ca_data=authority.pem)
        async with probing(connection, resolver=names) as probe:
            first = await probe.run()
            assert names.asked == ["api.test"]
            assert server.connections == 1
            assert (await probe.run()).is_healthy
            assert names.asked == ["api.test"]
            server.writers[-1].transport.abort()
            await asyncio.sleep(0.01)
            later = await probe.run()

    assert first.is_healthy
    assert later.reason is ProbeReason.ADDRESS_DENIED
    assert names.asked == ["api.test"] * 2
    assert server.connections == 1


async def test_an_unknown_name(authority):
    """``.invalid`` never resolves, and odd names break nothing."""
    for host in ("api.invalid", "a..b", "x" * 64 + ".test"):
        result = await probe_once(Connection(f"https://{host}:6443", ca_data=authority.pem))

        assert result.reason is ProbeReason.NAME_NOT_RESOLVED


async def test_proxies_of_the_environment_are_ignored(tls, probe_port, monkeypatch):
    """The credential goes to the address and nowhere else: A05."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving_http(HEALTHY, tls=tls) as server:
        assert (await probe_port(server.port)).is_healthy


async def test_over_ipv6(authority, tmp_path):
    """A literal address in brackets, with a certificate for it."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on the loopback interface")
    context = server_context(authority.issue("::1"), tmp_path)
    async with serving_http(HEALTHY, tls=context, host="::1") as server:
        result = await probe_once(Connection(f"https://[::1]:{server.port}", ca_data=authority.pem))

    assert result.is_healthy
    assert f"\r\nHost: [::1]:{server.port}\r\n".encode() in server.requests[0]
