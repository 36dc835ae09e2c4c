"""What client-go makes of a scalar."""

import pytest

from clusterimport.engine.yamlscalars import boolean_of, integer_of, is_text
from clusterimport.engine.yamltree import Scalar, YamlMapping


def plain(value):
    return Scalar(value, 0, len(value), "")


@pytest.mark.parametrize(
    "value",
    [
        "0", "1_000", "-5", "+5", "017", "08", "0o17", "0x1F", "0_x1F", "0b11", "-0b11", "1.", ".5",
        ".5_0", "1.5e3", "1e3", "1e_5", "12345678901234567890123", "+.inf", "-.Inf", ".NaN", "1_",
        "0X_f",
    ],
)  # fmt: skip
def test_t50_numbers_of_yaml_1_1_are_no_texts(value):
    """Underscores, octal, hexadecimal, binary and infinite ones among them."""
    assert not is_text(plain(value))
    assert is_text(Scalar(value, 0, len(value), "'"))


@pytest.mark.parametrize(
    "value",
    [
        "a", "1a", "0x", "0b2", "0o8", "_1", "1:30", "2001-01-01", "1e", "e5", ".", "-", "--region",
        "1.2.3", "<<", "=", "yess", "tRUE", "nulls", "infinity", "0xg", "1e400x",
    ],
)  # fmt: skip
def test_t50_what_only_looks_like_a_number_is_a_text(value):
    """Dates and times in base 60 are texts to client-go, too."""
    assert is_text(plain(value))


@pytest.mark.parametrize("value", ["y", "Yes", "ON", "true", "TRUE"])
def test_t50_a_yes_has_many_words(value):
    """YAML 1.1 has more of them than JSON, and quotes make a text of each."""
    assert boolean_of(plain(value)) is True
    assert not is_text(plain(value))
    assert boolean_of(Scalar(value, 0, len(value), '"')) is None


@pytest.mark.parametrize("value", ["n", "No", "off", "false", "FALSE"])
def test_t50_a_no_has_many_words(value):
    """They are as many as for yes."""
    assert boolean_of(plain(value)) is False


@pytest.mark.parametrize("value", ["", "~", "null", "Null", "NULL"])
def test_t50_null_is_neither(value):
    """An absent value is no text."""
    assert not is_text(plain(value))
    assert boolean_of(plain(value)) is None
    assert boolean_of(YamlMapping((), 0, 0)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("-12", -12), ("123456789", 123456789), ("1234567890", None), ("01", None),
     ("+1", None), ("1_0", None), ("-0", None), ("a", None)],
)  # fmt: skip
def test_t50_a_whole_number_is_certain_if_it_is_small_and_plain(value, expected):
    """Every other form is another number to somebody."""
    assert integer_of(plain(value)) == expected
    assert integer_of(Scalar(value, 0, 1, "'")) is None
