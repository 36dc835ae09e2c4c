"""The list family, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('list 1 "a" nil', "[1 a <nil>]"),
        ("tuple", "[]"),
        ("append .list 4 | toJson", "[1,2,3,4]"),
        ("push (rest (list)) nil | toJson", "[null]"),
        ('prepend .strs "x" | toJson', '["x","banana","apple"]'),
        ("{{ $a := list 1 }}{{ $b := append $a 2 }}{{ $a }}{{ $b }}", "[1][1 2]"),
        ("concat .list .strs (until 2)", "[1 2 3 banana apple 0 1]"),
        ("concat (list) | toJson", "null"),
        ("concat | toJson", "null"),
        ("mustAppend (list 1) 2", "[1 2]"),
    ],
)
def test_building(expression, output):
    """Lists are made, extended and chained as new lists."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("first .list", "1"),
        ("last .strs", "apple"),
        ("first (list) | toJson", "null"),
        ("last (list) | toJson", "null"),
        ("rest .list | toJson", "[2,3]"),
        ("rest (list) | toJson", "null"),
        ("rest (list 1) | toJson", "[]"),
        ("initial .list | toJson", "[1,2]"),
        ("initial (list) | toJson", "null"),
        ("reverse .strs", "[apple banana]"),
        ("reverse (list) | toJson", "[]"),
        ("mustFirst (until 3)", "0"),
    ],
)
def test_ends(expression, output):
    """The ends of an empty list are nil."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("has 1 .list", "false"),
        ("has (int64 1) .list", "true"),
        ('has "apple" .strs', "true"),
        ("has nil .mixed", "true"),
        ('has (dict "k" "v") .mixed', "true"),
        ("has 1.5 (list 1.5 2)", "true"),
        ("has 1 nil", "false"),
        ('without .strs "apple" "x"', "[banana]"),
        ("without (list (list 1) (list 2)) (list 1) | toJson", "[[2]]"),
        ('uniq (list 1 1.0 1 "1" true true)', "[1 1 1 true]"),
        ("uniq (list .n 42)", "[42 42]"),
        ('uniq (list "b" "a" "b" "a")', "[b a]"),
        ("uniq (list (list 1) (list 1) 2.5 2.5 nil nil) | toJson", "[[1],2.5,null]"),
        (
            'compact (list 0 1 "" "a" nil (list) (dict) false 0.0 (semver "1.0.0")) | toJson',
            '[1,"a","1.0.0"]',
        ),
        ("compact (list) | toJson", "[]"),
    ],
)
def test_selecting(expression, output):
    """Searching compares types too."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("slice .list 1 | toJson", "[2,3]"),
        ("slice .list 1 2 | toJson", "[2]"),
        ('slice .list "1" 2.9 | toJson', "[2]"),
        ("slice .list | toJson", "[1,2,3]"),
        ("slice (list) | toJson", "null"),
        ("slice (until 5) 1 3 | typeOf", "[]int"),
        ('slice (splitList "," "a,b,c") 1 | typeOf', "[]string"),
        ("slice (chunk 1 .list) 1 | typeOf", "[][]interface {}"),
        ("slice (toStrings .strs) 0 1", "[banana]"),
    ],
)
def test_slicing(expression, output):
    """Slices keep the type and take indices through cast."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("chunk 2 .list", "[[1 2] [3]]"),
        ("chunk 3 .list", "[[1 2 3]]"),
        ("chunk 9 .list", "[[1 2 3]]"),
        ("chunk 2 (list) | toJson", "[]"),
        ("chunk -2 (list 1)", "[[1]]"),
        ("chunk -1 (list 1 2)", "[]"),
    ],
)
def test_chunking(expression, output):
    """Chunks follow the float arithmetic of the original."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("append 1 2", "error calling append: Cannot push on type int"),
        ('prepend "a" 2', "error calling prepend: Cannot prepend on type string"),
        ("concat .m", "error calling concat: Cannot concat type map as list"),
        ('chunk 2 "a"', "error calling chunk: Cannot chunk type string"),
        ("first .m", "error calling first: Cannot find first on type map"),
        ("last .n", "error calling last: Cannot find last on type int64"),
        ("rest true", "error calling rest: Cannot find rest on type bool"),
        ("initial 1.5", "error calling initial: Cannot find initial on type float64"),
        ('reverse "abc"', "error calling reverse: Cannot find reverse on type string"),
        ("uniq .s", "error calling uniq: Cannot find uniq on type string"),
        ("compact .m", "error calling compact: Cannot compact on type map"),
        ("without .s 1", "error calling without: Cannot find without on type string"),
        ("has 1 .s", "error calling has: Cannot find has on type string"),
        ("slice .s 1", "error calling slice: list should be type of slice or array but string"),
        ("mustFirst .s", "error calling mustFirst: Cannot find first on type string"),
    ],
)
def test_on_wrong_kinds_fails(expression, message):
    """Each function has its own words for what is no list."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "first .missing",
            "error calling first: runtime error: invalid memory address or nil pointer dereference",
        ),
        (
            "append .nil 1",
            "error calling append: runtime error: invalid memory address or nil pointer dereference",
        ),
        (
            "concat nil",
            "error calling concat: runtime error: invalid memory address or nil pointer dereference",
        ),
        ("slice .list 9", "error calling slice: reflect.Value.Slice: slice index out of bounds"),
        ("slice .list 2 1", "error calling slice: reflect.Value.Slice: slice index out of bounds"),
        ("slice .list -1", "error calling slice: reflect.Value.Slice: slice index out of bounds"),
        ("chunk 0 .list", "error calling chunk: runtime error: makeslice: len out of range"),
        ("chunk -1 .list", "error calling chunk: runtime error: makeslice: len out of range"),
        ("chunk -2 (list)", "error calling chunk: runtime error: makeslice: len out of range"),
    ],
)
def test_on_nil_and_bounds_fails(expression, message):
    """Nil is a nil pointer, bad bounds and sizes panic."""
    assert goanswers.failure(expression).endswith(f": {message}")
