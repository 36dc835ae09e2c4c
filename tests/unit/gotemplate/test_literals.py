"""String, rune and number literals."""

import pytest

from clusterimport.gotemplate.literals import (
    Number,
    parse_character,
    parse_complex,
    parse_number,
    unquote,
)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('""', ""),
        ('"plain"', "plain"),
        (r'"\x41\101\u00e9\U0001F600"', "AAé😀"),
        (r'"\a\b\f\n\r\t\v\\\""', '\a\b\f\n\r\t\v\\"'),
        (r'"\xff"', "\udcff"),
        (r'"\xc3\xa9"', "é"),
        (r'"é\n"', "é\n"),
        ("`a\r\nb\\n`", "a\nb\\n"),
        (r'"\'"', None),
        (r'"\400"', None),
        (r'"\ud800"', None),
        (r'"\0"', None),
        (r'"\08x"', None),
        (r'"\x4"', None),
        (r'"\xg0"', None),
        (r'"\U00110000"', None),
        (r'"\q"', None),
    ],
)
def test_strings(literal, text):
    """Escapes are exactly Go's; anything else is invalid."""
    assert unquote(literal) == text


@pytest.mark.parametrize(
    ("literal", "code"),
    [
        ("'a'", 97),
        ("'é'", 233),
        (r"'\n'", 10),
        (r"'\''", 39),
        (r"'\xff'", 255),
        (r"'\377'", 255),
        (r"'\u00e9'", 233),
        (r"'\U0001F600'", 0x1F600),
        ("'\udcff'", 0xFFFD),
    ],
)
def test_characters(literal, code):
    """A character constant is the number of its code point."""
    assert parse_character(literal) == Number(literal, code, code, float(code))


@pytest.mark.parametrize(
    ("literal", "message"),
    [
        ("''", "invalid syntax"),
        (r"'\"'", "invalid syntax"),
        ("'ab'", "malformed character constant: 'ab'"),
        (r"'\nb'", r"malformed character constant: '\nb'"),
    ],
)
def test_bad_characters(literal, message):
    """Bad character constants have Go's messages."""
    assert parse_character(literal) == message


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", Number("42", 42, 42, 42.0)),
        ("-1", Number("-1", -1, None, -1.0)),
        ("-0", Number("-0", 0, 0, 0.0)),
        ("1.5", Number("1.5", None, None, 1.5)),
        ("2.0", Number("2.0", 2, 2, 2.0)),
        ("-2.0", Number("-2.0", -2, None, -2.0)),
        ("1e3", Number("1e3", 1000, 1000, 1000.0)),
        ("1e19", Number("1e19", None, 10**19, 1e19)),
        ("1e20", Number("1e20", None, None, 1e20)),
        ("9223372036854775808", Number("9223372036854775808", None, 2**63, float(2**63))),
        ("1i", Number("1i", complex_value=1j)),
        ("0i", Number("0i", 0, 0, 0.0, 0j)),
    ],
)
def test_numbers(text, number):
    """A number is kept under every type that can hold it."""
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("08", "integer overflow"),
        ("99999999999999999999", "integer overflow"),
        ("+", "illegal number syntax"),
        ("1.2.3", "illegal number syntax"),
        ("1e400", "illegal number syntax"),
        ("xi", "illegal number syntax"),
    ],
)
def test_bad_numbers(text, message):
    """Bad numbers have Go's messages."""
    assert parse_number(text) == message


def test_complex_numbers():
    """A complex literal has two parts; without an imaginary one it is real as well."""
    assert parse_complex("1+2i") == Number("1+2i", complex_value=1 + 2j)
    assert parse_complex("1e+2-1i") == Number("1e+2-1i", complex_value=100 - 1j)
    assert parse_complex("2+0i") == Number("2+0i", 2, 2, 2.0, 2 + 0j)
    assert parse_complex("0x1p-2+0b") == "syntax error scanning complex number"
    assert parse_complex("0x1p-2+3i") == Number("0x1p-2+3i", complex_value=0.25 + 3j)
    assert parse_complex("4-i") == "syntax error scanning complex number"
    assert parse_complex("-1i+i") == "syntax error scanning complex number"
    assert parse_complex("-i-2i") == 'strconv.ParseFloat: parsing "-i": invalid syntax'
    assert parse_complex("1e999+2i") == 'strconv.ParseFloat: parsing "1e999": value out of range'
    assert parse_complex("4_.-i") == "syntax error scanning complex number"
    assert parse_complex("1+.i") == 'strconv.ParseFloat: parsing "+.": invalid syntax'
