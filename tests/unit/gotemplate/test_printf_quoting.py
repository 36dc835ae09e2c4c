"""strconv.Quote and printability."""

import pytest

from clusterimport.gotemplate.printf.quoting import (
    can_backquote,
    is_print,
    quote,
    quote_rune,
    unicode_name,
)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", '""'),
        ("plain ~", '"plain ~"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("'", '"\'"'),
        ("\a\b\f\n\r\t\v", r'"\a\b\f\n\r\t\v"'),
        ("\0\x1f\x7f", r'"\x00\x1f\x7f"'),
        ("é日😀", '"é日😀"'),
        ("\u00a0\u200b\ufeff", r'"\u00a0\u200b\ufeff"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("\udcff", r'"\xff"'),
        ("\ufffd", '"\ufffd"'),
    ],
)
def test_quote(text, quoted):
    """Printable characters stay, the others are escaped."""
    assert quote(text) == quoted


def test_quote_ascii():
    """ASCII-only quoting escapes all else."""
    assert quote("é日😀", ascii_only=True) == r'"\u00e9\u65e5\U0001f600"'
    assert quote("a", ascii_only=True) == '"a"'
    assert quote("\U00010000", ascii_only=True) == r'"\U00010000"'


def test_quote_rune():
    """Character literals escape their own quote only."""
    assert quote_rune("a") == "'a'"
    assert quote_rune("'") == r"'\''"
    assert quote_rune('"') == "'\"'"
    assert quote_rune("é", ascii_only=True) == r"'\u00e9'"


@pytest.mark.parametrize(
    ("char", "printable"),
    [(" ", True), ("~", True), ("\x1f", False), ("\x7f", False), ("\u00a0", False), ("é", True)],
)
def test_is_print(char, printable):
    """The only printable space is the ASCII one."""
    assert is_print(char) is printable


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("a\tb", True),
        ("é b", True),
        ("a`", False),
        ("\n", False),
        ("\x7f", False),
        ("\udcff", False),
    ],
)
def test_can_backquote(text, possible):
    """A raw literal holds no control character but the tab, no backquote, no stray byte."""
    assert can_backquote(text) is possible
    assert not can_backquote("\ufeff")


def test_unicode_names():
    """Characters are named by code point, and shown if printable."""
    assert unicode_name("[") == "U+005B '['"
    assert unicode_name("\x01") == "U+0001"
    assert unicode_name("😀") == "U+1F600 '😀'"
    assert unicode_name("\udcff") == "U+FFFD '\ufffd'"
