"""Fall-backs, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("empty nil", "true"),
        ('empty ""', "true"),
        ("empty 0", "true"),
        ("empty 0.0", "true"),
        ("empty 0i", "true"),
        ("empty false", "true"),
        ("empty .el", "true"),
        ("empty .em", "true"),
        ('empty "0"', "false"),
        ('empty (float64 "nan")', "false"),
        ('empty (semver "0.0.0")', "false"),
        ('empty (toDate "2006" "x")', "false"),
        ('empty (toDate "2006" "2020").Weekday', "false"),
        ('empty ((toDate "2006" "2020").Sub (toDate "2006" "2020"))', "true"),
    ],
)
def test_emptiness(expression, output):
    """Nil, false, zero and length zero are empty; structs and pointers are not."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('default "d" ""', "d"),
        ('default "d" "x"', "x"),
        ('default "d"', "d"),
        ('default "d" .missing', "d"),
        ('coalesce 0 "" nil "x" "y"', "x"),
        ("coalesce nil 0 | toJson", "null"),
        ("coalesce", "<no value>"),
        ('all 1 "a"', "true"),
        ('all 1 ""', "false"),
        ("all", "true"),
        ('any 0 "" 1', "true"),
        ("any", "false"),
        ('ternary "y" "n" true', "y"),
        ('ternary "y" "n" false', "n"),
        ("hello", "Hello!"),
    ],
)
def test_choosing(expression, output):
    """The first value that is not empty wins."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('fail "no such cluster"', "error calling fail: no such cluster"),
    ],
)
def test_by_author_fails(expression, message):
    """Fail carries the text of the author."""
    assert goanswers.failure(expression).endswith(f": {message}")
