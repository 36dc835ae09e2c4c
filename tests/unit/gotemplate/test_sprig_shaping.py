"""Cutting and wrapping texts by bytes, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('trunc 3 "hello"', "hel"),
        ('trunc 9 "hello"', "hello"),
        ('trunc -3 "hello"', "llo"),
        ('trunc -9 "hello"', "hello"),
        ('trunc 1 "é"', "\udcc3"),
        ('trunc -1 "é"', "\udca9"),
        ('trunc -9 "é"', "é"),
        ('substr 1 3 "hello"', "el"),
        ('substr -1 3 "hello"', "hel"),
        ('substr 2 -1 "hello"', "llo"),
        ('substr 2 99 "hello"', "llo"),
        ('substr 0 1 "é"', "\udcc3"),
    ],
)
def test_cutting(expression, output):
    """Cuts count bytes and may leave half a character."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'substr -1 9 "abc"',
            "error calling substr: runtime error: slice bounds out of range [:9] with length 3",
        ),
        (
            'substr -1 -9 "abc"',
            "error calling substr: runtime error: slice bounds out of range [:-9]",
        ),
        (
            'substr 3 2 "abcd"',
            "error calling substr: runtime error: slice bounds out of range [3:2]",
        ),
        (
            'substr -9223372036854775808 4 "abc"',
            "error calling substr: runtime error: slice bounds out of range [:4] with length 3",
        ),
        (
            'substr 9 -1 "abc"',
            "error calling substr: runtime error: slice bounds out of range [9:3]",
        ),
    ],
)
def test_cutting_outside_fails(expression, message):
    """Bounds outside the text fail as Go slices do."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('abbrev 5 "hello world"', "he..."),
        ('abbrev 3 "hello world"', "hello world"),
        ('abbrev 20 "hello world"', "hello world"),
        ('abbrev 5 ""', ""),
        ('abbrevboth 5 10 "1234 5678 9123"', "...5678..."),
        ('abbrevboth 1 6 "1234 5678 9123"', "1234 5678 9123"),
        ('abbrevboth 0 3 "1234 5678 9123"', "1234 5678 9123"),
        ('abbrevboth 0 6 "1234 5678 9123"', "123..."),
        ('abbrevboth 5 7 "1234 5678 9123"', "...5..."),
        ('abbrevboth 12 8 "1234 5678 9123"', "... 9123"),
        ('abbrevboth 5 8 "12345678901234567890"', "...67..."),
        ('abbrevboth 99 8 "12345678901234567890"', "...67890"),
        ('abbrevboth -5 6 "12345678901234567890"', "123..."),
        ('abbrevboth 5 6 "12345678901234567890"', "12345678901234567890"),
        ('abbrevboth 8 7 "12345678901234"', "...9..."),
        ('abbrevboth 10 9 "123456789012345678901234567890"', "...123..."),
        ('abbrevboth 10 10 "12345678901234567890"', "...1234..."),
    ],
)
def test_abbreviating(expression, output):
    """Abbreviating puts dots where text is missing."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('initials "Foo bar  baz"', "Fbb"),
        ('initials "élan"', "Ã"),
        ('nospace " a b "', "ab"),
        ('nospace "h é"', "hÃ©"),
        ('nospace "é"', "é"),
    ],
)
def test_latin(expression, output):
    """Initials and nospace read bytes as Latin-1."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('wrap 5 "aaa bbb ccc"', "aaa\nbbb\nccc"),
        ('wrap 3 "aaaaaa b"', "aaaaaa\nb"),
        ('wrap 3 "aaaaaa"', "aaaaaa"),
        ('wrap 3 "a   bbbb  c"', "a  \nbbbb\n c"),
        ('wrap 0 "a b"', "a\nb"),
        ('wrap 3 ""', ""),
        ('wrap 3 "    a    b  cc     dddd"', "a  \nb \ncc \ndddd"),
        ('wrapWith 3 "|" "aaaaaa bb c"', "aaa|aaa|bb|c"),
        ('wrapWith 5 "" "hello world"', "hello\nworld"),
    ],
)
def test_wrapping(expression, output):
    """Wrapping breaks at spaces."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('abbrevboth -9223372036854775808 10 "78 9123 4567"', "...23 4567"),
        ('abbrevboth -9223372036854775808 5 "78 9123 4567"', ""),
        ('abbrevboth -1 5 "78 9123 4567"', "78..."),
    ],
)
def test_far_offsets(expression, output):
    """An offset far before the text wraps around, as Go's int does."""
    assert goanswers.rendered(expression) == output
