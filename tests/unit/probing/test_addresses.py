"""Which addresses probes may connect to: attack case A07 and the precedence of rules."""

from ipaddress import ip_address, ip_network

import pytest

from clusterimport.probing.addresses import AddressPolicy


def _policy(allow=(), deny=()):
    return AddressPolicy(
        allow=[ip_network(text) for text in allow], deny=[ip_network(text) for text in deny]
    )


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.255.255.255",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "192.0.0.192",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",  # IPv4-compatible
        "::ffff:0:127.0.0.1",  # IPv4-translated
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "64:ff9b::169.254.169.254",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::169.254.169.254",  # NAT64 of somebody's own
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "100::1",
        "fd00:42::42",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fe80::1",
        "fe80::1%2",
        "febf::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_is_nobodys_cluster_is_denied(address: str):
    """Loopback, link-local, metadata, unspecified, multicast and reserved need an allow."""
    assert _policy().is_denied(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "fd00:c1::a9fe:a9fe",
        "fd00:a9fe:a9fe::1",
        "fd00:100::100:200",
        "fdab:cdef::a9fe:a9fe",
        "2001:db8::a9fe:a9fe",
        "100.80.80.80",
        "100.96.0.96",
    ],
)
def test_t58_metadata_services_are_denied_wherever_a_cloud_has_them(address: str):
    """By their own addresses, and by the habit to end in that of IPv4; an allow by name counts."""
    assert _policy().is_denied(ip_address(address))
    assert not _policy(allow=[address]).is_denied(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.1",
        "10.0.0.1",
        "10.96.0.1",
        "100.64.0.1",
        "100.100.100.199",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.1",
        "172.16.0.1",
        "192.0.1.1",
        "192.168.1.1",
        "203.0.113.1",
        "223.255.255.255",
        "::ffff:10.0.0.1",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2001:db8::1",
        "2a00::1",
        "100.80.80.81",
        "100.96.0.95",
        "fd00::1",
        "fd00:a9fe:a9fe::2",
        "fd00:100::100:201",
        "fd00:c1::a9fe:a9ff",
        "fd12:3456::1",
        "fdff::1",
    ],
)
def test_public_and_private_networks_are_allowed(address: str):
    """Clusters live in private networks, and the hub's own address is no secret."""
    assert not _policy().is_denied(ip_address(address))


def test_an_explicit_allow_opens_a_default_deny():
    """Demo and tests allow the loopback; what is beside it stays denied."""
    policy = _policy(allow=["127.0.0.0/8", "::1/128"])

    assert not policy.is_denied(ip_address("127.0.0.1"))
    assert not policy.is_denied(ip_address("::1"))
    assert not policy.is_denied(ip_address("::ffff:127.0.0.1"))
    assert policy.is_denied(ip_address("169.254.169.254"))
    assert policy.is_denied(ip_address("::"))


def test_an_explicit_deny_wins_over_an_explicit_allow():
    """Whoever denies a network means it, however wide the allowed ones are."""
    policy = _policy(allow=["0.0.0.0/0", "::/0"], deny=["10.1.0.0/16", "2001:db8::/32"])

    assert policy.is_denied(ip_address("10.1.2.3"))
    assert policy.is_denied(ip_address("::ffff:10.1.2.3"))
    assert policy.is_denied(ip_address("64:ff9b::10.1.2.3"))
    assert policy.is_denied(ip_address("2002:a01:203::"))
    assert policy.is_denied(ip_address("2001:db8::1"))
    assert not policy.is_denied(ip_address("10.2.0.1"))
    assert not policy.is_denied(ip_address("127.0.0.1"))
    assert not policy.is_denied(ip_address("::1"))


def test_an_embedding_address_can_be_denied_as_it_is():
    """To deny 6to4 or NAT64 altogether works, and to allow them opens nothing behind them."""
    denying = _policy(deny=["2002::/16", "64:ff9b::/96"])
    allowing = _policy(allow=["2002::/16", "64:ff9b::/96", "::ffff:0:0/96"])

    assert denying.is_denied(ip_address("2002:808:808::1"))
    assert denying.is_denied(ip_address("64:ff9b::8.8.8.8"))
    assert not denying.is_denied(ip_address("8.8.8.8"))
    assert allowing.is_denied(ip_address("2002:a9fe:a9fe::1"))
    assert allowing.is_denied(ip_address("64:ff9b::169.254.169.254"))
    assert allowing.is_denied(ip_address("::ffff:127.0.0.1"))
