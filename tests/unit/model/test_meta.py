"""Comparing resource versions."""

import pytest

from clusterimport.model.meta import as_integer, is_older, newest


@pytest.mark.parametrize(
    ("version", "other", "older"),
    [
        ("9", "10", True),
        ("10", "9", False),
        ("10", "10", False),
        ("", "10", False),
        ("9", "", False),
        ("a9", "b1", False),
        ("9", "1.0", False),
        ("٩", "10", False),  # a digit, but not one of the API's
        ("18446744073709551615", "18446744073709551616", True),
    ],
)
def test_only_decimal_versions_have_an_order(version, other, older):
    """A version is older only if both are decimal and it is the smaller number."""
    assert is_older(version, other) is older


def test_non_decimal_versions_are_no_number():
    """Whatever is not decimal has no integer value."""
    assert as_integer("12") == 12
    assert as_integer("x12") is None
    assert as_integer("") is None


def test_the_newest_version_never_goes_back():
    """An older or missing version does not replace the known one; an opaque one does."""
    assert newest("10", "9") == "10"
    assert newest("10", "") == "10"
    assert newest("9", "10") == "10"
    assert newest("10", "opaque") == "opaque"
