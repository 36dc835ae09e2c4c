"""Addresses of API servers."""

import pytest

from clusterimport.engine.addresses import AddressProblem, complete_address, inspect_address


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
    ],
)
def test_addresses_of_real_platforms_are_fine(address):
    """Hosts, IPv6 literals, ports and paths of proxies can be used."""
    assert inspect_address(address) is None


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", AddressProblem.UNUSABLE),
        ("https://", AddressProblem.UNUSABLE),
        ("https://:6443", AddressProblem.UNUSABLE),
        ("https://a:", AddressProblem.UNUSABLE),
        ("https://a:0", AddressProblem.UNUSABLE),
        ("https://a:99999", AddressProblem.UNUSABLE),
        ("https://a:port", AddressProblem.UNUSABLE),
        ("https://[fd00::1", AddressProblem.UNUSABLE),
        ("https://a b", AddressProblem.UNUSABLE),
        ("https://a\n", AddressProblem.UNUSABLE),
        ("https://<nil>", AddressProblem.UNUSABLE),
        ("http://a", AddressProblem.NOT_HTTPS),
        ("unix:///run/x", AddressProblem.NOT_HTTPS),
        ("a:6443", AddressProblem.NOT_HTTPS),
        ("https://user:word@a", AddressProblem.USER_INFO),
    ],
)
def test_other_addresses_have_their_problem_named(address, problem):
    """What cannot be reached, or would show credentials, is told apart."""
    assert inspect_address(address) is problem
