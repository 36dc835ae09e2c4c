"""The dict family and merging, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('dict "a" 1 "b"', "map[a:1 b:]"),
        ("dict 1 2 nil 3", "map[1:2 <nil>:3]"),
        ('get .m "a"', "1"),
        ('get .m "zz" | quote', '""'),
        ('hasKey .m "a"', "true"),
        ('hasKey .missing "a"', "false"),
        ('pluck "a" .m (dict "a" 2) (dict "b" 3)', "[1 2]"),
        ("values .m", "[1 two]"),
        ('pick .m "a" "zz"', "map[a:1]"),
        ('omit .m "a"', "map[b:two]"),
        ("keys .em | toJson", "[]"),
        ("values .em | toJson", "[]"),
    ],
)
def test_reading(expression, output):
    """Reading a key that is missing gives an empty text."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('{{ $d := dict }}{{ $e := set $d "k" 1 }}{{ $d }}{{ $e }}', "map[k:1]map[k:1]"),
        ('{{ $d := dict "k" 1 }}{{ $e := unset $d "k" }}{{ $d }}{{ unset $d "zz" }}', "map[]map[]"),
        ('unset .missing "a"', "map[]"),
        ('set .m "c" 3', "map[a:1 b:two c:3]"),
    ],
)
def test_changing(expression, output):
    """Set and unset change the map itself."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('set .missing "a" 1', "error calling set: assignment to entry in nil map"),
    ],
)
def test_set_nil_fails(expression, message):
    """A nil map cannot be written."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('dig "a" "d" .m', "1"),
        ('dig "x" "d" .m', "d"),
        ('dig "a" "b" "d" (dict "a" (dict "b" 5))', "5"),
        ('dig "a" "b" "d" (dict "a" (dict "c" 5))', "d"),
        ('dig "a" "d" (dict "a" nil) | toJson', "null"),
        ('dig "a" "b" "d" (dict "a" (unset .missing "x"))', "d"),
    ],
)
def test_digging(expression, output):
    """Dig follows keys and falls back only for a missing one."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ('dig "a" .m', "error calling dig: dig needs at least three arguments"),
        (
            'dig "a" "d" .missing',
            "error calling dig: interface conversion: interface {} is nil, not map[string]interface {}",
        ),
        (
            'dig 1 "d" .m',
            "error calling dig: interface conversion: interface {} is int, not string",
        ),
        (
            'dig "b" "x" "d" .m',
            "error calling dig: interface conversion: interface {} is string, not map[string]interface {}",
        ),
        (
            'dig "a" "b" "d" (dict "a" nil)',
            "error calling dig: interface conversion: interface {} is nil, not map[string]interface {}",
        ),
        (
            'dig "a" "d" (split "," "x")',
            "error calling dig: interface conversion: interface {} is map[string]string, not map[string]interface {}",
        ),
    ],
)
def test_digging_fails(expression, message):
    """Dig fails on anything in between that is no map."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('merge (dict "a" 1 "b" "") (dict "a" 2 "b" "x" "c" 3)', "map[a:1 b:x c:3]"),
        ('merge (dict "a" (dict "x" 1)) (dict "a" (dict "x" 2 "y" 3))', "map[a:map[x:1 y:3]]"),
        (
            'merge (dict "a" 0 "b" false "c" nil "d" (list)) (dict "a" 1 "b" true "c" 2 "d" (list 1))',
            "map[a:1 b:true c:2 d:[1]]",
        ),
        ('merge (dict "a" 1) (dict "a" nil "b" nil)', "map[a:1]"),
        ('merge (dict "a" 1) (dict "a" (dict "x" 1))', "map[a:1]"),
        ('merge (dict "a" (dict)) (dict "a" (dict "x" 1))', "map[a:map[x:1]]"),
        ('merge .missing (dict "a" 2)', "map[a:2]"),
        ('merge (dict "a" 1) .missing', "map[a:1]"),
        ("merge .missing .missing", "map[]"),
        ('merge (dict "a" (unset .missing "x")) (dict "a" (dict "y" 1))', "map[a:map[y:1]]"),
        ('merge (dict "a" 0i "b" (semver "1.0.0")) (dict "a" 2i "b" "x")', "map[a:(0+0i) b:1.0.0]"),
        ('merge (dict "a" (dict "b" 1)) (dict "a" (semver "1.0.0"))', "map[a:map[b:1]]"),
        ('merge (dict "a" (dict "_0" 1)) (dict "a" (split "," "x,y"))', "map[a:map[_0:1 _1:y]]"),
        ('merge (dict) (dict "a" (list 1))', "map[a:[1]]"),
        ('merge (dict "a" (semver "1.0.0")) (dict "a" (dict "b" 1))', ""),
        ('merge (dict "a" (semver "1.0.0")) (dict "a" (unset .missing "b"))', "map[a:1.0.0]"),
        ('merge (dict "a" (toDate "2006" "2020").Month) (dict "a" 2)', "map[a:January]"),
        (
            '{{ $d := dict "a" (dict "b" 1) }}{{ $e := merge $d (dict "a" (dict "c" 2)) }}{{ $d }}',
            "map[a:map[b:1 c:2]]",
        ),
        ('mustMerge (dict "a" 1) (dict "b" 2)', "map[a:1 b:2]"),
    ],
)
def test_merging(expression, output):
    """Merging fills what is empty and merges maps inside maps."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('mergeOverwrite (dict "a" 1) (dict "a" 2 "b" 3)', "map[a:2 b:3]"),
        ('mergeOverwrite (dict "a" 1) (dict "a" 0)', "map[a:0]"),
        ('mergeOverwrite (dict "a" 1) (dict "a" nil)', "map[a:<nil>]"),
        ('mergeOverwrite (dict "a" (list 1)) (dict "a" (list))', "map[a:[]]"),
        ('mergeOverwrite (dict "a" 1) (dict "a" (list 1))', "map[a:[1]]"),
        ('mergeOverwrite (dict "a" 1) (dict "a" (dict "x" 1))', "map[a:1]"),
        (
            'mergeOverwrite (dict "a" (dict "x" 1 "y" 1)) (dict "a" (dict "x" 2))',
            "map[a:map[x:2 y:1]]",
        ),
        ('mergeOverwrite (dict "a" (dict "x" 1)) (dict "a" 5)', "map[a:5]"),
        (
            'mergeOverwrite (dict "a" (split "," "x")) (dict "a" (split "," "y,z"))',
            "map[a:map[_0:y _1:z]]",
        ),
        ('mergeOverwrite (dict "a" (semver "1.0.0")) (dict "a" (dict "b" 1))', "map[a:1.0.0]"),
        ('mergeOverwrite (dict "a" (semver "1.0.0")) (dict "a" (semver "2.0.0"))', "map[a:2.0.0]"),
        ('mustMergeOverwrite (dict "a" 1) (dict "a" 2)', "map[a:2]"),
    ],
)
def test_overwriting(expression, output):
    """Overwriting takes empty values too, but never a map for a scalar."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'mustMerge (dict "a" (semver "1.0.0")) (dict "a" (dict "b" 1))',
            "error calling mustMerge: src and dst must be of same type",
        ),
        (
            'mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" (semver "1.0.0"))',
            "error calling mergeOverwrite: reflect: reflect.Value.Set using unaddressable value",
        ),
        (
            'merge (dict "a" (split "," "x")) (dict "a" (dict "_1" (list 2)))',
            "error calling merge: reflect.Value.SetMapIndex: value of type []interface {} is not assignable to type string",
        ),
        (
            'mergeOverwrite (dict "a" (split "," "x")) (dict "a" (dict "_0" (list 2)))',
            "error calling mergeOverwrite: reflect: call of reflect.Value.IsNil on string Value",
        ),
        (
            'merge (dict "a" (split "," "x")) (dict "a" (dict "_1" 2))',
            "error calling merge: reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string",
        ),
    ],
)
def test_merging_fails(expression, message):
    """Types that clash fail."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            '{{ $d := dict "a" (dict "b" 1) }}{{ $c := deepCopy $d }}{{ $_ := set $d.a "b" 2 }}{{ $c }}{{ $d }}',
            "map[a:map[b:1]]map[a:map[b:2]]",
        ),
        ('deepCopy (list (list) (dict) (rest (list)) nil "x") | toJson', '[[],{},null,null,"x"]'),
        ('deepCopy (semver "1.2.3")', "0.0.0"),
        ("deepCopy (until 2) | typeOf", "[]int"),
        ('mustDeepCopy "a"', "a"),
        ('deepCopy (toDate "2006" "2020")', "2020-01-01 00:00:00 +0000 UTC"),
    ],
)
def test_copying(expression, output):
    """Deep copies are independent; a version loses its fields."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "deepCopy nil",
            "error calling deepCopy: reflect: call of reflect.Value.Type on zero Value",
        ),
        (
            "mustDeepCopy .missing",
            "error calling mustDeepCopy: reflect: call of reflect.Value.Type on zero Value",
        ),
    ],
)
def test_copying_nil_fails(expression, message):
    """Nil cannot be copied."""
    assert goanswers.failure(expression).endswith(f": {message}")


def test_versions_of_both_kinds_merge():
    """A version that a method returned stands beside one that was parsed, and copies as itself."""
    merged = 'merge (dict "m" (semver "1")) (dict "m" (semver "2").IncMajor)'
    assert goanswers.rendered(merged) == "map[m:1.0.0]"
    assert goanswers.rendered('typeOf (deepCopy (semver "1").IncMajor)') == "semver.Version"
    assert goanswers.rendered('typeOf (deepCopy (semver "1"))') == "*semver.Version"
