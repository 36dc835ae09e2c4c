"""Addresses taken apart, and requests put together."""

import pytest

from clusterimport.model.connection import Connection
from clusterimport.probing.errors import InvalidAddress, InvalidToken
from clusterimport.probing.target import USER_AGENT, ProbeTarget


@pytest.mark.parametrize(
    ("server", "target"),
    [
        ("https://api.test", ("api.test", 443, "", "api.test")),
        ("https://API.Test:6443/", ("api.test", 6443, "", "api.test")),
        ("HTTPS://10.0.0.1:443", ("10.0.0.1", 443, "", "10.0.0.1")),
        ("https://[2001:db8::1]:6443", ("2001:db8::1", 6443, "", "2001:db8::1")),
        ("https://h/k8s/clusters/c-1", ("h", 443, "/k8s/clusters/c-1", "h")),
        ("https://h/k8s/clusters/c-1//", ("h", 443, "/k8s/clusters/c-1", "h")),
        ("https://h/a%2Fb/ä?x=y#z", ("h", 443, "/a%2Fb/%C3%A4", "h")),
        ("https://bücher.test", ("xn--bcher-kva.test", 443, "", "xn--bcher-kva.test")),
        ("https://api.test.", ("api.test.", 443, "", "api.test")),
    ],
)
def test_an_address_in_parts(server: str, target: tuple[str, int, str, str]):
    """Host, port, path and name are what client-go would make of the same address."""
    assert ProbeTarget.of(Connection(server)) == target


@pytest.mark.parametrize("spelling", ["https://①②⑦.0.0.1", "https://127。0。0。1"])
def test_odd_digits_are_no_way_around_the_rules(spelling: str):
    """What looks like digits and dots becomes those before it is resolved and judged."""
    assert ProbeTarget.of(Connection(spelling)).host == "127.0.0.1"


@pytest.mark.parametrize(
    "server",
    [
        "",
        "api.test",
        "http://api.test",
        "unix:///run/api.sock",
        "https://",
        "https:///path",
        "https://api.test:0",
        "https://api.test:99999",
        "https://api.test:port",
        "https://[::1",
        "https://" + "ä" * 80,
    ],
)
def test_what_is_no_https_address_is_refused(server: str):
    """A credential is never sent in the open, and a broken address breaks nothing else."""
    with pytest.raises(InvalidAddress):
        ProbeTarget.of(Connection(server))


def test_the_name_of_the_certificate_can_be_given():
    """``tls-server-name`` replaces the host for TLS, and for nothing else."""
    connection = Connection("https://10.0.0.1:6443", tls_server_name="Kubernetes.default")
    target = ProbeTarget.of(connection)
    request = target.request("/readyz", connection)

    assert target.server_name == "Kubernetes.default"
    assert (b"Host", b"10.0.0.1:6443") in request.headers


def test_a_request_in_full():
    """Path under the prefix, the token, and nothing that invites compression."""
    connection = Connection("https://[2001:db8::1]/k8s/c-1", token="abc.def")
    request = ProbeTarget.of(connection).request("/version", connection)

    assert request.method == b"GET"
    assert (request.url.host, request.url.target) == (b"2001:db8::1", b"/k8s/c-1/version")
    assert request.headers == [
        (b"Host", b"[2001:db8::1]"),
        (b"User-Agent", USER_AGENT.encode()),
        (b"Accept", b"application/json, */*"),
        (b"Accept-Encoding", b"identity"),
        (b"Authorization", b"Bearer abc.def"),
    ]


def test_without_a_token_no_authorization_is_sent():
    """A client certificate needs no header."""
    connection = Connection("https://h", cert_data=b"c", key_data=b"k")
    request = ProbeTarget.of(connection).request("/version", connection)

    assert b"Authorization" not in dict(request.headers)


@pytest.mark.parametrize("token", ["abc\n", " abc", "a\r\nX-Evil: 1", "ab\x00c", "tökén", "\x7f"])
def test_a_token_that_no_header_can_carry(token: str):
    """It is refused before the HTTP library would quote it in its error."""
    connection = Connection("https://h", token=token)

    with pytest.raises(InvalidToken) as caught:
        ProbeTarget.of(connection).request("/version", connection)

    assert str(caught.value) == ""
    assert caught.value.__cause__ is None
