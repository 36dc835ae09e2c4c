"""Values of flags, as Go reads them."""

from ipaddress import ip_network

import click
import pytest

from clusterimport.cli.types import (
    BindAddress,
    CommaList,
    FeatureGates,
    GoBool,
    GoDuration,
    GoInt,
    Network,
)


def convert(kind, text):
    return kind.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15s", 15),
        ("1m30s", 90),
        ("1h2m3.5s", 3723.5),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("300ms", 0.3),
        ("10us", 1e-5),
        ("10µs", 1e-5),
        ("10μs", 1e-5),
        ("5ns", 5e-9),
        ("0", 0),
        ("-0", 0),
        ("-1m", -60),
        ("+2s", 2),
        ("100m", 6000),
    ],
)
def test_durations_are_gos(text, seconds):
    """Terms with units add up; 0 needs no unit."""
    assert convert(GoDuration(), text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "1d", "s", "1s2", " 1s", "1 s", "1S", "one", "--1s", "1e3s", "-", ".s"]
)
def test_what_go_refuses_as_a_duration_is_refused(text):
    """A number without a unit, days, spaces."""
    with pytest.raises(click.BadParameter, match="is not a duration like 15s"):
        convert(GoDuration(), text)


@pytest.mark.parametrize("text", ["1", "t", "T", "true", "TRUE", "True"])
def test_true_has_six_spellings(text):
    """strconv.ParseBool's."""
    assert convert(GoBool(), text) is True


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "False"])
def test_false_has_six_spellings(text):
    """strconv.ParseBool's."""
    assert convert(GoBool(), text) is False


@pytest.mark.parametrize("text", ["yes", "no", "on", "", "tRUE"])
def test_other_spellings_are_no_booleans(text):
    """What Go refuses must not become true by chance."""
    with pytest.raises(click.BadParameter, match="neither true nor false"):
        convert(GoBool(), text)


def test_an_integer_may_follow_an_equals_sign():
    """``-v=2`` arrives as ``=2``."""
    assert convert(GoInt(), "=2") == convert(GoInt(), "2") == 2
    with pytest.raises(click.BadParameter, match="not an integer"):
        convert(GoInt(), "2.5")


def test_feature_gates_are_a_map():
    """Pairs by comma, spaces allowed, the last of a name wins, empty is none."""
    assert convert(FeatureGates(), "A=true, B=false,A=f,") == {"A": False, "B": False}
    assert convert(FeatureGates(), "") == {}


@pytest.mark.parametrize("text", ["A", "=true", "A=yes", "A=true,B"])
def test_a_gate_without_a_truth_value_is_refused(text):
    """A typing error does not switch anything."""
    with pytest.raises(click.BadParameter, match="is not like SomeGate=true"):
        convert(FeatureGates(), text)


def test_a_list_takes_known_items_only_where_they_are_known():
    """Commas separate; an unknown item is named together with the known ones."""
    kind = CommaList(("InsecureTLS", "ProxyURL"))

    assert convert(kind, "ProxyURL, InsecureTLS,") == ("ProxyURL", "InsecureTLS")
    assert convert(CommaList(), "x,y") == ("x", "y")
    with pytest.raises(click.BadParameter, match="'Proxy' is not one of InsecureTLS, ProxyURL"):
        convert(kind, "InsecureTLS,Proxy")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", ("", 8080)),
        ("127.0.0.1:9", ("127.0.0.1", 9)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:8080", ("::1", 8080)),
        ("0", ("", None)),
        ("off", ("", None)),
    ],
)
def test_an_address_is_host_and_port_or_nothing(text, address):
    """As controller-runtime's flag: 0 switches it off."""
    assert convert(BindAddress(), text) == address


@pytest.mark.parametrize("text", ["8080", "", "host", "host:", ":http", "::1:8080", ":-1", ":٣"])
def test_an_address_without_a_numeric_port_is_refused(text):
    """Half an address is not guessed."""
    with pytest.raises(click.BadParameter, match="is not like :8080"):
        convert(BindAddress(), text)


def test_networks_are_separated_by_commas():
    """Both families; an address alone is a network of one, and empty items do not count."""
    assert convert(Network(), "127.0.0.0/8, ::1,10.1.2.3,") == (
        ip_network("127.0.0.0/8"),
        ip_network("::1/128"),
        ip_network("10.1.2.3/32"),
    )
    assert convert(Network(), "") == ()
    assert convert(Network(), (ip_network("::/0"),)) == (ip_network("::/0"),)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "10", "::1%lo/x", "*"])
def test_what_is_no_network_is_refused(text):
    """An address with bits beside its mask may be a typing error in either part."""
    with pytest.raises(
        click.BadParameter, match=r"is not a network like 10\.0\.0\.0/8 or fd00::/8"
    ):
        convert(Network(), f"127.0.0.0/8,{text}")
