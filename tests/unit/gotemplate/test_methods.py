"""Methods and fields of Go objects."""

import pytest

from clusterimport.gotemplate.errors import FunctionError
from clusterimport.gotemplate.functions import ANY, STRING, Function
from clusterimport.gotemplate.values import GoObject, Int
from tests.fakes.gotemplate.rendering import failure, render


class Clock(GoObject):
    go_type_name = "time.Time"
    go_unexported = frozenset({"wall"})
    go_methods = {  # noqa: RUF012 - a class variable by contract
        "Year": Function("Year", lambda _self: Int(2023)),
        "Format": Function("Format", lambda _self, layout: f"<{layout}>", (STRING,)),
        "Self": Function("Self", lambda self: self),
        "Fails": Function("Fails", lambda _self: _fail()),
        "Nil": Function("Nil", lambda _self: None),
        "All": Function("All", lambda _self, *args: str(len(args)), (), ANY),
    }


def _fail():
    raise FunctionError("broken")


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ .c.Year }}", "2023"),
        ('{{ .c.Format "2006" }}', "<2006>"),
        ('{{ "x" | .c.Format }}', "<x>"),
        ("{{ .c.Self.Self.Year }}", "2023"),
        ('{{ (.c.Format "a") | len }}', "3"),
        ("{{ .c.Nil }}", "<no value>"),
        ('{{ 3 | .c.All 1 "b" }}', "3"),
        ("{{ $c := .c }}{{ $c.Format .s }}", "<s>"),
    ],
)
def test_methods(text, output):
    """Methods of Go objects are called with arguments and piped values."""
    assert render(text, {"c": Clock(), "s": "s"}) == output


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{{ .c.Format }}", ".c.Format", "wrong number of args for Format: want 1 got 0"),
        ("{{ .c.Format.x }}", ".c.Format.x", "wrong number of args for Format: want 1 got 0"),
        ("{{ .c.Format 1 }}", "1", "expected string; found 1"),
        ("{{ .c.Fails }}", ".c.Fails", "error calling Fails: broken"),
        ("{{ .c.none }}", ".c.none", "can't evaluate field none in type interface {}"),
        ("{{ with .c }}{{ .none }}{{ end }}", ".none",
         "can't evaluate field none in type time.Time"),
        ("{{ with .c }}{{ .wall }}{{ end }}", ".wall",
         "wall is an unexported field of struct type time.Time"),
        ("{{ .c.Year.x }}", ".c.Year.x", "can't evaluate field x in type int"),
    ],
)  # fmt: skip
def test_method_errors(text, place, message):
    """Wrong calls of methods and unknown fields have Go's messages."""
    assert failure(text, {"c": Clock()}).message.endswith(f"at <{place}>: {message}")
