"""Registered functions: conversion of arguments to every kind of parameter."""

import pytest

from clusterimport.gotemplate import functions as f
from clusterimport.gotemplate import values as v
from clusterimport.gotemplate.arguments import UnfitError, literal
from clusterimport.gotemplate.errors import ExecError
from clusterimport.gotemplate.literals import Number, parse_complex, parse_number
from clusterimport.gotemplate.nodes import Bool, Dot, Nil, NumberNode, StringNode
from clusterimport.gotemplate.template import Template

COMPLEX = f.ParamKind("complex128", frozenset({complex}), literal=f.Literal.COMPLEX)


def number(text):
    parsed = parse_complex(text) if "+" in text else parse_number(text)
    assert isinstance(parsed, Number)
    return NumberNode(0, parsed)


@pytest.mark.parametrize(
    ("kind", "node", "value", "cls"),
    [
        (f.ANY, number("1"), 1, v.Int),
        (f.ANY, number("1.0"), 1.0, float),
        (f.ANY, number("0x1E"), 30, v.Int),
        (f.ANY, number("0x1p1"), 2.0, float),
        (f.ANY, number("1i"), 1j, complex),
        (f.ANY, Bool(0, value=True), True, bool),
        (f.ANY, StringNode(0, '"a"', "a"), "a", str),
        (f.ANY, Nil(0), None, type(None)),
        (f.VALUE, Nil(0), v.MISSING, v.Missing),
        (f.MAP, Nil(0), {}, v.NilMap),
        (f.LIST, Nil(0), [], v.NilList),
        (f.STRINGS, Nil(0), [], v.NilStringSlice),
        (f.INTS, Nil(0), [], v.NilIntSlice),
        (f.LISTS, Nil(0), [], v.NilListSlice),
        (f.STRING_MAP, Nil(0), {}, v.NilStringMap),
        (f.INT, number("2.0"), 2, v.Int),
        (f.INT, number("2+0i"), 2, v.Int),
        (f.INT64, number("7"), 7, int),
        (f.UINT64, number("18446744073709551615"), 2**64 - 1, v.Uint64),
        (f.FLOAT64, number("3"), 3.0, float),
        (f.BOOL, Bool(0, value=False), False, bool),
        (f.STRING, StringNode(0, '"a"', "a"), "a", str),
        (COMPLEX, number("1+2i"), 1 + 2j, complex),
    ],
)
def test_literals(kind, node, value, cls):
    """The parameter decides what a literal is."""
    result = literal(kind, node)
    assert result == value
    assert type(result) is cls


@pytest.mark.parametrize(
    ("kind", "node", "message"),
    [
        (f.INT, number("2.5"), "expected integer; found 2.5"),
        (f.UINT64, number("-1"), "expected unsigned integer; found -1"),
        (f.FLOAT64, StringNode(0, '"a"', "a"), 'expected float; found "a"'),
        (COMPLEX, number("1"), "expected complex; found 1"),
        (f.BOOL, number("1"), "expected bool; found 1"),
        (f.STRING, Bool(0, value=True), "expected string; found true"),
        (f.STRING, Nil(0), "cannot assign nil to string"),
        (f.MAP, number("1"), "can't handle 1 for arg of type map[string]interface {}"),
        (f.ANY, number("18446744073709551615"), "18446744073709551615 overflows int"),
    ],
)
def test_unfit_literals(kind, node, message):
    """A literal of another kind is an error in Go's words."""
    with pytest.raises(UnfitError) as caught:
        literal(kind, node)
    assert str(caught.value) == message


def test_only_literals():
    """Other nodes are no literals."""
    with pytest.raises(TypeError):
        literal(f.ANY, Dot(0))


def receive(kind, pipe, data):
    got = []
    functions = {"f": f.Function("f", lambda x: got.append(x) or "", (kind,))}
    Template("{{ " + pipe + " }}", functions=functions).render(data)
    return got[0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (f.STRING, "a"),
        (f.BOOL, True),
        (f.INT, v.Int(1)),
        (f.INT64, 1),
        (f.FLOAT64, 1.5),
        (f.MAP, {"a": 1}),
        (f.LIST, [1]),
        (f.STRINGS, v.StringSlice(["a"])),
        (f.INTS, v.IntSlice([1])),
        (f.STRING_MAP, v.StringMap(a="b")),
        (f.ANY, 1),
        (f.VALUE, 1),
    ],
)
def test_values_pass(kind, value):
    """A value of the parameter's type arrives unchanged, piped or not."""
    assert receive(kind, "f .x", {"x": value}) is value
    assert receive(kind, ".x | f", {"x": value}) is value


@pytest.mark.parametrize(
    ("kind", "cls"),
    [(f.MAP, v.NilMap), (f.LIST, v.NilList), (f.ANY, type(None)), (f.VALUE, v.Missing)],
)
def test_missing_becomes_nil(kind, cls):
    """A missing value becomes the nil of the parameter's type."""
    assert type(receive(kind, "f .none", {})) is cls
    assert type(receive(kind, ".none | f", {})) is cls


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (f.STRING, 1, "wrong type for value; expected string; got int64"),
        (f.INT, 1, "wrong type for value; expected int; got int64"),
        (f.INT64, True, "wrong type for value; expected int64; got bool"),
        (f.MAP, v.StringMap(),
         "wrong type for value; expected map[string]interface {}; got map[string]string"),
        (f.LIST, v.StringSlice(),
         "wrong type for value; expected []interface {}; got []string"),
        (f.MAP, None, "wrong type for value; expected map[string]interface {}; got interface {}"),
        (f.STRING, None, "wrong type for value; expected string; got interface {}"),
    ],
)  # fmt: skip
def test_wrong_types(kind, value, message):
    """A value of another type is refused with both type names."""
    with pytest.raises(ExecError) as caught:
        receive(kind, "f .x", {"x": value})
    assert caught.value.message.endswith(message)


@pytest.mark.parametrize("count", range(6))
def test_any_number_of_arguments(count):
    """Calls with any number of arguments keep their order, piped value last."""
    functions = {"f": f.Function("f", lambda *args: ",".join(args), (), f.STRING)}
    args = [f"a{index}" for index in range(count)]
    written = " ".join(f'"{arg}"' for arg in args)
    computed = " ".join(f".{arg}" for arg in args)
    data = {**{arg: arg for arg in args}, "last": "z"}
    assert Template("{{ f " + written + " }}", functions=functions).render(data) == ",".join(args)
    assert Template("{{ f " + computed + " }}", functions=functions).render(data) == ",".join(args)
    piped = ",".join([*args, "z"])
    assert Template("{{ .last | f " + written + "}}", functions=functions).render(data) == piped
    assert Template("{{ .last | f " + computed + "}}", functions=functions).render(data) == piped


def test_order_of_evaluation():
    """The piped value is computed first, and checked only after the arguments."""
    seen = []
    functions = {
        "note": f.Function("note", lambda x: seen.append(x) or x, (f.ANY,)),
        "f": f.Function("f", lambda a, b: "", (f.ANY, f.STRING)),
    }
    with pytest.raises(ExecError):
        Template("{{ note 1 | f (note 2) }}", functions=functions).render({})
    assert seen == [1, 2]


def test_nil_literals_are_fresh():
    """A nil map given to a function is never shared between calls."""
    got = []
    functions = {"f": f.Function("f", lambda m: got.append(m) or "", (f.MAP,))}
    Template("{{ f nil }}{{ range .l }}{{ f nil }}{{ end }}", functions=functions).render(
        {"l": [1, 2]}
    )
    assert len({id(m) for m in got}) == 3
