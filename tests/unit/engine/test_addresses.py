"""Addresses of API servers."""

import pytest

from clusterimport.engine.addresses import (
    AddressProblem,
    complete_address,
    inspect_address,
    is_host,
    is_ipv6,
    normalize_address,
)
from clusterimport.limits.documents import ADDRESS_CHARACTERS


@pytest.mark.parametrize(
    ("address", "complete"),
    [
        ("1.2.3.4:6443", "https://1.2.3.4:6443"),
        ("https://a", "https://a"),
        ("http://a", "http://a"),
        ("", ""),
    ],
)
def test_only_a_missing_scheme_is_added(address, complete):
    """A client would assume https, so that is what is written."""
    assert complete_address(address) == complete


@pytest.mark.parametrize(
    "address",
    [
        "https://1.2.3.4:6443",
        "HTTPS://a.b",
        "https://[fd00::1]:6443/k8s/clusters/c-1",
        "https://a.b.svc",
        "https://a.b.svc.",
        "https://kind_control-plane:6443/",
        "https://1a.2b:1",
        "https://a:65535",
        "https://h:6443/k?a=b&c=d#e",
        "https://xn--bcher-kva.example",
        "https://a/" + "x" * (ADDRESS_CHARACTERS - 10),
    ],
)
def test_addresses_of_real_platforms_are_fine(address):
    """Hosts, IPv6 literals, ports and paths of proxies can be used."""
    assert inspect_address(address) is None


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", AddressProblem.EMPTY),
        ("https://", AddressProblem.NO_HOST),
        ("https://:6443", AddressProblem.NO_HOST),
        ("https://a:", AddressProblem.PORT),
        ("https://a:0", AddressProblem.PORT),
        ("https://a:65536", AddressProblem.PORT),
        ("https://a:+1", AddressProblem.PORT),
        ("https://a:\u0661", AddressProblem.PORT),
        ("https://[fd00::1%25eth0]:1", AddressProblem.ZONE),
        ("https://[fd00::1%eth0]:1", AddressProblem.ZONE),
        ("https://[fd00::1]x:6443", AddressProblem.HOST),
        ("https://[1.2.3.4]", AddressProblem.HOST),
        ("https://[a]", AddressProblem.HOST),
        ("https://fd00::1", AddressProblem.NO_BRACKETS),
        ("https://fd00::1:6443", AddressProblem.NO_BRACKETS),
        ("https://a%2eb", AddressProblem.HOST),
        ("https://a..b", AddressProblem.HOST),
        ("https://a/\u202eb", AddressProblem.CHARACTER),
        ("https://a/b c", AddressProblem.CHARACTER),
        ("https://a/<no value>", AddressProblem.CHARACTER),
        ("https://a/\\b", AddressProblem.CHARACTER),
        ("https://-a", AddressProblem.HOST),
        ("https://a,b", AddressProblem.HOST),
        ("https://bücher.example", AddressProblem.HOST),
        ("https://a/" + "x" * ADDRESS_CHARACTERS, AddressProblem.TOO_LONG),
        ("https://a:port", AddressProblem.PORT),
        ("https://[fd00::1", AddressProblem.HOST),
        ("https://a b", AddressProblem.CHARACTER),
        ('"https://a"', AddressProblem.CHARACTER),
        ("https://a\n", AddressProblem.BLANK),
        ("https://<nil>", AddressProblem.CHARACTER),
        ("http://a", AddressProblem.NOT_HTTPS),
        ("unix:///run/x", AddressProblem.NOT_HTTPS),
        ("a:6443", AddressProblem.NOT_HTTPS),
        ("https://user:word@a", AddressProblem.USER_INFO),
        ("https://a:1@", AddressProblem.USER_INFO),
        ("https:///a", AddressProblem.NO_HOST),
        ("https:a", AddressProblem.NOT_HTTPS),
        (" https://a", AddressProblem.BLANK),
        ("https://https://a", AddressProblem.TWO_SCHEMES),
    ],
)
def test_other_addresses_have_their_problem_named(address, problem):
    """What cannot be reached, or would show credentials, is told apart."""
    assert inspect_address(address) is problem


@pytest.mark.parametrize(
    "host",
    ["a", "A.b-c.D", "a_b", "10.0.0.1", "a.", "a.1b", "1.a", "x" * 63, ".".join(["x" * 62] * 4)],
)
def test_names_and_plain_addresses_are_hosts(host):
    """A DNS name is one, with the underscore that platforms use, and a dotted quad."""
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "a b", "a/b", "-a", "a-", "x" * 64, ".".join(["x" * 62] * 5), "é", "a\n", "\0",
        "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "1.2.3", "1.2.3.256", "0x",
        "127.0.0.1.", "127.0.0.01", "a.1", "::1", "[::1]", "%61",
    ],
)  # fmt: skip
def test_what_clients_read_in_several_ways_is_no_host(host):
    """Decimal, octal and hexadecimal addresses are names to some and 127.0.0.1 to others."""
    assert not is_host(host)


@pytest.mark.parametrize(
    ("literal", "expected"),
    [("::1", True), ("fd00::1.2.3.4", True), ("fe80::1%eth0", False), ("1.2.3.4", False)],
)
def test_an_ipv6_address_has_no_zone(literal, expected):
    """A zone means an interface of whichever machine reads it."""
    assert is_ipv6(literal) is expected


@pytest.mark.parametrize(
    ("address", "normalized"),
    [
        ("https://a", "https://a"),
        ("HTTPS://A:1/", "https://A:1"),
        ("https://a/b//", "https://a/b"),
        ("https://a/b/?x=y#z", "https://a/b"),
        ("https://a#z?y", "https://a"),
    ],
)
def test_a_normal_address_is_a_prefix_of_paths(address, normalized):
    """Nothing is left behind the path that a query could carry into a status."""
    assert normalize_address(address) == normalized
    assert normalize_address(address, of_kubeconfig=True) == normalized


@pytest.mark.parametrize(
    ("address", "path", "of_kubeconfig"),
    [
        ("https://h/a#b", "/a", "/a%23b"),
        ("https://h/#b", "", "/%23b"),
        ("https://h#b", "", ""),
        ("https://h#/a?b", "", ""),
        ("https://h/?x#b", "", ""),
        ("https://h/a#b?c#d", "/a", "/a%23b"),
        ("https://h/a?b#c", "/a", "/a"),
        ("https://h/a%2523#c", "/a%2523", "/a%2523%23c"),
        ("https://h/a%2fb/", "/a/b", "/a/b"),
        ("https://h/%2e%2e/a/./b/../c", "/a/c", "/a/c"),
        ("https://h/%61%3f%00", "/a%3F%00", "/a%3F%00"),
        ("https://h/a!b(c)*'d", "/a%21b%28c%29%2A%27d", "/a%21b%28c%29%2A%27d"),
        ("https://h/é$&+,:;=@-_.~", "/%C3%A9$&+,:;=@-_.~", "/%C3%A9$&+,:;=@-_.~"),
    ],
)
def test_t58_a_path_is_what_client_go_makes_of_it(address, path, of_kubeconfig):
    """A # behind a path belongs to it in a kubeconfig alone; escapes are decoded and made anew."""
    assert inspect_address(address.replace("'", "")) is None
    assert normalize_address(address) == "https://h" + path
    assert normalize_address(address, of_kubeconfig=True) == "https://h" + of_kubeconfig


@pytest.mark.parametrize("rest", ["/%", "/%4", "/%zz", "#%zz", "/a#%4x", "/a%2", "?%zz"])
def test_t58_a_percent_sign_begins_an_escape(rest):
    """client-go refuses the whole address otherwise, and it is no matter of what is allowed."""
    problem = inspect_address("https://h" + rest)

    assert problem is AddressProblem.BROKEN_ESCAPE
    assert not problem.is_refusal
