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


def _escaped(char, *, ascii_only):
    """Escape one character by the rules of strconv.Quote."""
    code = ord(char)
    if 0xDC80 <= code < 0xDD00:
        return f"\\x{code - 0xDC00:02x}"
    if char in '"\\':
        return "\\" + char
    if is_print(char) and not (ascii_only and code >= 0x80):
        return char
    if char in "\a\b\f\n\r\t\v":
        return "\\" + "abfnrtv"["\a\b\f\n\r\t\v".index(char)]
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@pytest.mark.parametrize("ascii_only", [False, True])
def test_t58_a_long_text_is_quoted_as_each_of_its_characters(ascii_only):
    """Characters of every kind side by side, and those younger than this Python, are as in Go."""
    points = [*range(0x600), *range(0x600, 0x110000, 61), 0x88F, 0x1FAC6, *range(0xDC80, 0xDD00)]
    text = "".join(chr(code) for code in points if not 0xD800 <= code < 0xDC80) + "\\x07\\\\u0041'"

    expected = "".join(_escaped(char, ascii_only=ascii_only) for char in text)
    assert quote(text, ascii_only=ascii_only) == f'"{expected}"'


@pytest.mark.parametrize("char", ["`", "\x00", "\n", "\r", "\x7f", "\ufeff", "\udc80"])
def test_t58_what_no_raw_literal_holds_is_found_in_a_long_text(char):
    """One character at the end is enough."""
    assert can_backquote("a\tb" * 1000)
    assert not can_backquote("a" * 1000 + char)
