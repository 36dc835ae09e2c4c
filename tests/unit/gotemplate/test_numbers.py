"""strconv's numbers."""

import math

import pytest

from clusterimport.gotemplate.numbers import (
    float_error,
    parse_float,
    parse_int,
    parse_uint,
    underscores_ok,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("42", 42),
        ("-42", -42),
        ("+7", 7),
        ("017", 15),
        ("0o17", 15),
        ("0O17", 15),
        ("0x1F", 31),
        ("0X1f", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("0x_1", 1),
        ("0_7", 7),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("08", None),
        ("0x", None),
        ("0b", None),
        ("0b2", None),
        ("1__0", None),
        ("_1", None),
        ("1_", None),
        ("1.5", None),
        ("", None),
        ("-", None),
        ("1" * 5000, None),
        ("é", None),
    ],
)
def test_int_of_any_base(text, number):
    """Base 0 reads prefixes and underscores, and refuses what needs more than 64 bits."""
    assert parse_int(text, 0) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("010", 10), ("0x1", None), ("1_0", None), ("-5", -5), ("000000000000000000000001", 1)],
)
def test_decimal_int(text, number):
    """Base 10 knows neither prefixes nor underscores."""
    assert parse_int(text) == number


def test_uint():
    """Unsigned numbers have no sign and one bit more."""
    assert parse_uint("18446744073709551615") == 2**64 - 1
    assert parse_uint("18446744073709551616") is None
    assert parse_uint("+1") is None
    assert parse_uint("ff", 16) == 255


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", 1.5),
        ("-1e3", -1000.0),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1_000.5", 1000.5),
        ("0x1p4", 16.0),
        ("-0x1.8p0", -1.5),
        ("0x.8p1", 1.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", None),
        ("-1e400", None),
        ("0x1p2000", None),
        ("0x1", None),
        ("0xp1", None),
        (".", None),
        ("", None),
        ("e1", None),
        ("1e", None),
        ("1_.5", None),
        ("1e-400", 0.0),
        ("٣", None),
        ("1 ", None),
    ],
)
def test_float(text, number):
    """Floats are decimal or hexadecimal; too large is an error, too small is zero."""
    assert parse_float(text) == number


def test_not_a_number():
    """NaN is read in any case."""
    assert math.isnan(parse_float("NaN") or 0.0)


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("1_0", True),
        ("0x_f", True),
        ("-0b_1", True),
        ("1__0", False),
        ("_1", False),
        ("1_", False),
        ("1_e", False),
        ("0_x", False),
    ],
)
def test_underscores(text, ok):
    """Underscores stand between digits or behind a base prefix."""
    assert underscores_ok(text) is ok


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e999", "value out of range"),
        ("0x1p99999", "value out of range"),
        ("1_0e999", "value out of range"),
        ("1__0e999", "invalid syntax"),
        ("é", "invalid syntax"),
        ("_", "invalid syntax"),
        ("-.", "invalid syntax"),
        ("0x1", "invalid syntax"),
    ],
)
def test_float_errors(text, message):
    """What is written as a float is out of range, everything else no float."""
    assert parse_float(text) is None
    assert float_error(text) == message
