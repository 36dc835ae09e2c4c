"""The functions of text/template, called as the interpreter calls them."""

import math

import pytest

from clusterimport.gotemplate import builtins as b
from clusterimport.gotemplate.functions import Function
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.values import (
    MISSING,
    FunctionError,
    GoObject,
    Int,
    NilList,
    NilMap,
    StringMap,
    Uint8,
    Uint64,
)


class Pointer(GoObject):
    go_type_name = "*demo.T"
    go_kind = "ptr"


class Struct(GoObject):
    go_type_name = "demo.S"

    def __eq__(self, other):
        return isinstance(other, Struct)

    __hash__ = None


POINTER = Pointer()


def call(name, *args):
    function = b.BUILTINS[name]
    assert isinstance(function, Function)
    return function.impl(*([Meter(Limits())] if function.needs_meter else []), *args)


def error(name, *args):
    with pytest.raises(FunctionError) as caught:
        call(name, *args)
    return caught.value.message


@pytest.mark.parametrize(
    ("args", "equal"),
    [
        (("a", "a"), True),
        (("a", "b"), False),
        (("a", "b", "a"), True),
        ((1, Int(1)), True),
        ((1, 2), False),
        ((Uint8(5), 5), True),
        ((5, Uint64(5)), True),
        ((-1, Uint64(2**64 - 1)), False),
        ((1.5, 1.5), True),
        ((math.nan, math.nan), False),
        ((1j, 1j), True),
        ((True, True), True),
        ((True, False), False),
        ((MISSING, None), True),
        ((None, "a"), False),
        (("a", MISSING), False),
        ((MISSING, NilList()), True),
        ((NilMap(), NilMap()), True),
        ((None, [1]), False),
        (([1], None), False),
        ((POINTER, POINTER), True),
        ((POINTER, Pointer()), False),
        ((Struct(), Struct()), True),
        ((1, 1, "a"), True),
    ],
)
def test_eq(args, equal):
    """Eq compares with each in turn and stops at the first match."""
    assert call("eq", *args) is equal


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((1,), "missing argument for comparison"),
        ((1, "a", 1), "incompatible types for comparison: int64 and string"),
        ((1, 1.0), "incompatible types for comparison: int64 and float64"),
        ((True, 1), "incompatible types for comparison: bool and int64"),
        ((1, [1]), "incompatible types for comparison: int64 and []interface {}"),
        (([1], ["a"]), "non-comparable type [a]: []interface {}"),
        (([], [1]), "non-comparable type [%!s(int64=1)]: []interface {}"),
        (({}, {}), "non-comparable type map[]: map[string]interface {}"),
        (([1], {}), ("non-comparable types [%!s(int64=1)]: []interface {}, "
                     "map[string]interface {}: map[]")),
    ],
)  # fmt: skip
def test_eq_errors(args, message):
    """Kinds must match and be comparable."""
    assert error("eq", *args) == message


def test_ne():
    """Ne is the contrary of eq."""
    assert call("ne", 1, 2) is True
    assert call("ne", "a", "a") is False


@pytest.mark.parametrize(
    ("left", "right", "less", "equal"),
    [
        (1, 2, True, False),
        (2, 1, False, False),
        (1, Int(1), False, True),
        (-1, Uint64(0), True, False),
        (Uint64(3), 2, False, False),
        (1.5, 2.5, True, False),
        ("a", "b", True, False),
        ("b", "a", False, False),
        ("é", "z", False, False),
        ("é", "é", False, True),
        ("é", "\udc80", False, False),
        ("\udc80", "é", True, False),
    ],
)
def test_order(left, right, less, equal):
    """The four comparisons agree with each other."""
    assert call("lt", left, right) is less
    assert call("le", left, right) is (less or equal)
    assert call("gt", left, right) is not (less or equal)
    assert call("ge", left, right) is not less


def test_not_a_number_is_greater():
    """Since gt is the contrary of le, NaN is greater than anything."""
    assert call("gt", math.nan, 1.0) is True
    assert call("lt", math.nan, 1.0) is False


@pytest.mark.parametrize("pair", [(True, False), (1j, 2j), (None, 1), (1, MISSING), ([1], [2])])
def test_order_refuses(pair):
    """Only numbers and strings have an order."""
    assert error("lt", *pair) == "invalid type for comparison"


def test_order_needs_one_kind():
    """Ints and floats do not compare."""
    assert error("lt", 1, 1.5) == "incompatible types for comparison: int64 and float64"


@pytest.mark.parametrize("value", [0, "", None, MISSING, [], {}, 0.0, 0j, False])
def test_not(value):
    """Zero, empty and missing values are false."""
    assert call("not", value) is True
    assert call("not", "false") is False


def test_len():
    """Len counts bytes, items and entries."""
    assert call("len", "日本") == 6
    assert call("len", [1, 2]) == 2
    assert call("len", {"a": 1}) == 1
    assert type(call("len", "")) is Int


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "len of nil pointer"),
        (MISSING, "reflect: call of reflect.Value.Type on zero Value"),
        (1, "len of type int64"),
        (POINTER, "len of type demo.T"),
    ],
)
def test_len_errors(value, message):
    """What has no length is an error."""
    assert error("len", value) == message


def test_index():
    """Index goes down lists, maps and strings."""
    data = {"a": [1, {"b": "xyz"}]}
    assert call("index", data) is data
    assert call("index", data, "a", 1, "b", Int(2)) == Uint8(ord("z"))
    assert type(call("index", "é", 0)) is Uint8
    assert call("index", "é", Uint8(0)) == 0xC3
    assert call("index", data, "zzz") is None
    assert call("index", StringMap(a="b"), "zzz") == ""
    assert call("index", StringMap(a="b"), "a") == "b"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((None,), "index of untyped nil"),
        ((MISSING, 1), "index of untyped nil"),
        (({}, "a", "b"), "index of nil pointer"),
        (([1], 1), "reflect: slice index out of range"),
        (("a", 1), "reflect: string index out of range"),
        (([1], 2), "index out of range: 2"),
        (([1], -1), "index out of range: -1"),
        (([1], "0"), "cannot index slice/array with type string"),
        (([1], 0.0), "cannot index slice/array with type float64"),
        (([1], True), "cannot index slice/array with type bool"),
        (([1], None), "cannot index slice/array with nil"),
        (({}, 1), "value has type int64; should be string"),
        (({}, None), "value is nil; should be of type string"),
        ((1, 0), "can't index item of type int64"),
        ((POINTER, 0), "can't index item of type demo.T"),
    ],
)
def test_index_errors(args, message):
    """Wrong indexes have Go's messages."""
    assert error("index", *args) == message


def test_call():
    """There are no function values to call."""
    assert error("call", "nil", None) == "call of nil"
    assert error("call", ".x", 1) == "non-function .x of type int64"


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("html", ("<a href='x\">&\0",), "&lt;a href=&#39;x&#34;&gt;&amp;\ufffd"),
        ("html", (1, 2), "1 2"),
        ("html", (None,), "&lt;no value&gt;"),
        ("js", ("\\'\"<>&=\n\x7fé\u200b\U000e0001",),
         "\\\\\\'\\\"\\u003C\\u003E\\u0026\\u003D\\u000A\x7fé\\u200B\\uE0001"),
        ("js", ("\udcff",), "\udcff"),
        ("js", (" \x1f\x80",), " \\u001F\\u0080"),
        ("urlquery", ("a b/é?-_.~&",), "a+b%2F%C3%A9%3F-_.~%26"),
        ("urlquery", ("\udcff",), "%FF"),
        ("print", (1, 2, "a"), "1 2a"),
        ("println", (1, "a"), "1 a\n"),
        ("printf", ("%d-%s", 1, "a"), "1-a"),
    ],
)  # fmt: skip
def test_texts(name, args, text):
    """Escaping and printing give Go's texts."""
    assert call(name, *args) == text
