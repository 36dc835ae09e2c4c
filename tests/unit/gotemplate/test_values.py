"""Go values in Python: names, kinds, nil, equality, order."""

import math

import pytest

from clusterimport.gotemplate import values as v
from clusterimport.gotemplate.limits import Limits
from tests.fakes.gotemplate import goanswers


class Point(v.GoObject):
    go_type_name = "*demo.Point"
    go_kind = "ptr"


TYPES = [
    (v.MISSING, "<nil>", "invalid"),
    (None, "<nil>", "invalid"),
    (True, "bool", "bool"),
    (1, "int64", "int64"),
    (v.Int(1), "int", "int"),
    (v.Int32(1), "int32", "int32"),
    (v.Uint64(1), "uint64", "uint64"),
    (v.Uint8(1), "uint8", "uint8"),
    (1.5, "float64", "float64"),
    (1j, "complex128", "complex128"),
    ("a", "string", "string"),
    ([], "[]interface {}", "slice"),
    (v.NilList(), "[]interface {}", "slice"),
    (v.StringSlice(), "[]string", "slice"),
    (v.NilStringSlice(), "[]string", "slice"),
    (v.IntSlice(), "[]int", "slice"),
    (v.NilIntSlice(), "[]int", "slice"),
    (v.ListSlice(), "[][]interface {}", "slice"),
    (v.NilListSlice(), "[][]interface {}", "slice"),
    ({}, "map[string]interface {}", "map"),
    (v.NilMap(), "map[string]interface {}", "map"),
    (v.StringMap(), "map[string]string", "map"),
    (v.NilStringMap(), "map[string]string", "map"),
    (Point(), "*demo.Point", "ptr"),
]


@pytest.mark.parametrize(("value", "name", "kind"), TYPES)
def test_type_names(value, name, kind):
    """Every class has the name and kind of its Go type."""
    assert v.type_name(value) == name
    assert v.kind_of(value) == kind


def test_foreign_classes_are_refused():
    """A class that stands for no Go type is a programming error."""
    with pytest.raises(TypeError):
        v.type_name(set())
    with pytest.raises(TypeError):
        v.kind_of(set())


def test_nil():
    """Missing, null and the nil slices and maps are nil; empty ones are not."""
    for value in (v.MISSING, None, v.NilList(), v.NilMap(), v.NilStringSlice(), v.NilIntSlice()):
        assert v.is_nil(value)
        assert not value
    assert v.is_nil(v.NilListSlice())
    assert v.is_nil(v.NilStringMap())
    for value in ([], {}, "", 0, False, v.StringSlice(), v.StringMap()):
        assert not v.is_nil(value)


def test_missing_prints_as_go():
    """The missing value shows itself as Go prints it."""
    assert repr(v.MISSING) == "<no value>"


@pytest.mark.parametrize(
    ("number", "wrapped"),
    [
        (0, 0),
        (2**63 - 1, 2**63 - 1),
        (2**63, -(2**63)),
        (-(2**63), -(2**63)),
        (-(2**63) - 1, 2**63 - 1),
        (2**64, 0),
    ],
)
def test_wrap_around(number, wrapped):
    """Results beyond 64 bits wrap around."""
    assert v.wrap_int64(number) == wrapped


def test_copies_are_independent():
    """A copy shares no map or list with the original."""
    original = {"a": [1, {"b": "c"}], "d": v.StringMap(x="y")}
    copy = v.copied(goanswers.meter(), original)
    assert copy == original
    copy["a"][1]["b"] = "changed"
    copy["a"].append(2)
    assert original["a"] == [1, {"b": "c"}]
    assert copy["d"] is original["d"]


def test_copies_are_charged():
    """A copy of much data costs, so that it cannot be made of too much."""
    meter = goanswers.meter()

    v.copied(meter, {"a": [1] * 400, "b": {}})

    assert Limits().steps - meter.steps == 1 + 101 + 1


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1, True),
        (1, v.Int(1), False),
        (1, 1.0, False),
        (1, True, False),
        ("a", "a", True),
        ("a", "b", False),
        (None, v.MISSING, True),
        (v.MISSING, None, True),
        (None, 0, False),
        (0, None, False),
        ([], v.NilList(), False),
        (v.NilList(), v.NilList(), True),
        ([1, "a"], [1, "a"], True),
        ([1], [1, 2], False),
        ([1], [v.Int(1)], False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({}, v.StringMap(), False),
        (math.nan, math.nan, False),
        (Point(), Point(), False),
    ],
)
def test_deep_equality(left, right, equal):
    """Equality is that of reflect.DeepEqual: types count, nil slices differ from empty ones."""
    assert v.deep_equal(left, right) is equal


def test_objects_compare_by_themselves():
    """An object equals itself, and has neither text, syntax, fields nor methods by default."""
    point = Point()
    assert v.deep_equal(point, point)
    assert point.go_string() is None
    assert point.go_syntax() is None
    assert point.go_fields() == ()
    assert point.go_methods == {}
