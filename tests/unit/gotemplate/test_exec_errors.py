"""What errors of execution say: place, context and reason as Go does, or nothing of the data."""

import pytest

from clusterimport.gotemplate.errors import ExecError, ParseError
from clusterimport.gotemplate.template import Template
from clusterimport.gotemplate.values import StringSlice
from tests.fakes.gotemplate.rendering import failure


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("{{ .n.x }}", '1:5: executing "policy" at <.n.x>',
         "nil pointer evaluating interface {}.x"),
        ("{{ .s.x }}", '1:5: executing "policy" at <.s.x>',
         "can't evaluate field x in type interface {}"),
        ("{{ with .s }}{{ .x }}{{ end }}", '1:16: executing "policy" at <.x>',
         "can't evaluate field x in type string"),
        ("{{ range .l }}{{ .x }}{{ end }}", '1:17: executing "policy" at <.x>',
         "can't evaluate field x in type interface {}"),
        ("{{ range .ss }}{{ .x }}{{ end }}", '1:18: executing "policy" at <.x>',
         "can't evaluate field x in type string"),
        ("{{ range 1 }}{{ .x }}{{ end }}", '1:16: executing "policy" at <.x>',
         "can't evaluate field x in type int"),
        ("{{ range $i, $v := .l }}{{ $i.x }}{{ end }}", '1:29: executing "policy" at <$i.x>',
         "can't evaluate field x in type int"),
        ("{{ range $i, $v := .l }}{{ $v.x }}{{ end }}", '1:29: executing "policy" at <$v.x>',
         "can't evaluate field x in type interface {}"),
        ("{{ range $v := 1 }}{{ range $.l }}{{ $v.x }}{{ end }}{{ end }}",
         '1:39: executing "policy" at <$v.x>', "can't evaluate field x in type int"),
        ("{{ range $v := .l }}{{ range 1 }}{{ $v.x }}{{ end }}{{ end }}",
         '1:38: executing "policy" at <$v.x>', "can't evaluate field x in type interface {}"),
        ("{{ range .l }}{{ range 1 }}{{ break }}{{ end }}{{ .x }}{{ end }}",
         '1:50: executing "policy" at <.x>', "can't evaluate field x in type interface {}"),
        ("{{ range $v := .e }}{{ else }}{{ $v.x }}{{ end }}",
         '1:35: executing "policy" at <$v.x>', "can't evaluate field x in type []interface {}"),
        ("a\né {{ (print 1).x }}", '2:13: executing "policy" at <1>',
         "can't evaluate field x in type string"),
        ("{{ .m.a 1 }}", '1:5: executing "policy" at <.m.a>',
         "a is not a method but has arguments"),
        ("{{ 1 | .m.a }}", '1:9: executing "policy" at <.m.a>',
         "a is not a method but has arguments"),
        ("{{ nil }}", '1:3: executing "policy" at <nil>', "nil is not a command"),
        ("{{ 1 2 }}", '1:3: executing "policy" at <1>', "can't give argument to non-function 1"),
        ("{{ (1) 2 }}", '1:3: executing "policy" at <(1) 2>',
         "can't give argument to non-function 1"),
        ("{{ 1 | (print) }}", '1:3: executing "policy" at <1>',
         "can't give argument to non-function print"),
        ("{{ (nil).x }}", '1:4: executing "policy" at <nil>', "nil is not a command"),
        ("{{ nil.x }}", None, None),
        ("{{ 9223372036854775808 }}", '1:3: executing "policy" at <9223372036854775808>',
         "9223372036854775808 overflows int"),
        ("{{ print 9223372036854775808 }}", '1:9: executing "policy" at <9223372036854775808>',
         "9223372036854775808 overflows int"),
        ("{{ range .s }}{{ end }}", '1:9: executing "policy" at <.s>',
         "range can't iterate over x"),
        ("{{ range .t }}{{ end }}", '1:9: executing "policy" at <.t>',
         "range can't iterate over true"),
        ("{{ range $i, $v := 3 }}{{ end }}", '1:19: executing "policy" at <3>',
         "can't use 3 to iterate over more than one variable"),
        ("{{ $x = 1 }}", '1:8: executing "policy" at <1>', "undefined variable: $x"),
        ("{{ if false }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}",
         '1:40: executing "policy" at <$x>', "undefined variable: $x"),
        ("{{ or true ($x := 5) }}{{ $x }}", '1:26: executing "policy" at <$x>',
         "undefined variable: $x"),
        ("{{ or true ($x := 5) }}{{ $x = 3 }}", '1:31: executing "policy" at <3>',
         "undefined variable: $x"),
        ('{{ template "none" . }}', '1:12: executing "policy" at <{{template "none" .}}>',
         'template "none" not defined'),
        ('{{ define "t" }}{{ .x }}{{ end }}{{ template "t" .s }}', '1:19: executing "t" at <.x>',
         "can't evaluate field x in type string"),
        ("{{ len }}", '1:3: executing "policy" at <len>',
         "wrong number of args for len: want 1 got 0"),
        ("{{ 1 | len 2 }}", '1:7: executing "policy" at <len>',
         "wrong number of args for len: want 1 got 2"),
        ("{{ index }}", '1:3: executing "policy" at <index>',
         "wrong number of args for index: want at least 1 got 0"),
        ("{{ and }}", '1:3: executing "policy" at <and>',
         "wrong number of args for and: want at least 1 got 0"),
        ("{{ printf 1 }}", '1:10: executing "policy" at <1>', "expected string; found 1"),
        ("{{ printf nil }}", '1:10: executing "policy" at <nil>', "cannot assign nil to string"),
        ("{{ printf .none }}", '1:10: executing "policy" at <.none>',
         "invalid value; expected string"),
        ("{{ printf .n }}", '1:10: executing "policy" at <.n>',
         "wrong type for value; expected string; got interface {}"),
        ("{{ printf (.n) }}", '1:11: executing "policy" at <.n>',
         "invalid value; expected string"),
        ("{{ printf .f }}", '1:10: executing "policy" at <.f>',
         "wrong type for value; expected string; got float64"),
        ("{{ .f | printf }}", '1:8: executing "policy" at <printf>',
         "wrong type for value; expected string; got float64"),
        ("{{ printf (or .n .f) }}", '1:17: executing "policy" at <.f>',
         "wrong type for value; expected string; got float64"),
        ("{{ printf (or .f .n) }}", '1:14: executing "policy" at <.f>',
         "wrong type for value; expected string; got float64"),
        ("{{ printf (.none.x .f) }}", '1:16: executing "policy" at <.none.x>',
         "invalid value; expected string"),
        ("{{ len .t }}", '1:3: executing "policy" at <len .t>',
         "error calling len: len of type bool"),
        ("{{ call 1 }}", '1:3: executing "policy" at <call 1>',
         "error calling call: non-function 1 of type int"),
        ("{{ 1 | call }}", '1:7: executing "policy" at <call>',
         "error calling call: non-function <int Value> of type int"),
        ('{{ "f" | call }}', '1:9: executing "policy" at <call>',
         "error calling call: non-function f of type string"),
        ("{{ .none | call }}", '1:11: executing "policy" at <call>',
         "error calling call: call of nil"),
    ],
)  # fmt: skip
def test_errors(text, place, message):
    """Errors of execution name place, context and reason as Go does."""
    data = {
        "n": None,
        "s": "x",
        "t": True,
        "f": 1.5,
        "l": [1],
        "e": [],
        "m": {"a": 1},
        "ss": StringSlice(["a"]),
    }
    if place is None:
        with pytest.raises(ParseError):
            Template(text)
        return
    error = failure(text, data)
    assert isinstance(error, ExecError)
    assert error.message == f"template: policy:{place}: {message}"
    assert error.stage == "exec"


def test_parts_of_an_error():
    """An error carries its parts and the line of the template it is about."""
    error = failure("first\n  {{ .s.x }}", {"s": "secret"})
    assert (error.name, error.line, error.column) == ("policy", 2, 7)
    assert error.source_line == "  {{ .s.x }}"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("{{ range .s }}{{ end }}", "template: policy:1:9: range can't iterate over this"),
        ("{{ fail .s }}", "template: policy:1:3: error calling fail"),
        ("{{ index .l 7 }}",
         "template: policy:1:3: error calling index: index out of range"),
        ("{{ range $i, $v := .big }}{{ end }}",
         "template: policy:1:19: can't use a number to iterate over more than one variable"),
        ("{{ upper .big }}",
         "template: policy:1:9: wrong type for value; expected string; got int64"),
    ],
)  # fmt: skip
def test_safe_messages(text, safe):
    """The safe message names place, function and kind of error, and never the data."""
    error = failure(text, {"s": "secret", "big": 4711, "l": []})
    assert error.safe_message == safe
    for secret in ("secret", "4711", "7 "):
        assert secret not in error.safe_message.removeprefix("template: policy:1:")
