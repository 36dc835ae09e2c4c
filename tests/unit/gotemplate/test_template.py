"""Templates as a whole: rendering, errors, limits, tracing, static questions."""

import sys

import pytest

from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.defaults import DEFAULT
from clusterimport.gotemplate.errors import (
    ExecError,
    FunctionError,
    GoTemplateError,
    LimitError,
    ParseError,
)
from clusterimport.gotemplate.functions import ANY, MAP, STRING, Function, Structure
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.template import Rendered, Span, Template
from clusterimport.gotemplate.values import GoObject, Int, StringSlice


def render(text, data=None, **limits):
    return Template(text, limits=Limits(**limits)).render(data)


def failure(text, data=None, **limits):
    with pytest.raises(GoTemplateError) as caught:
        render(text, data, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ .a }}", "<no value>"),
        ("{{ .n }}", "<no value>"),
        ("{{ .m.x.y.z }}", "<no value>"),
        ("{{ (.n).x }}", "<no value>"),
        ("{{ $v := .n }}{{ $v.x }}", "<no value>"),
        ("{{ print .n .a }}", "<nil> <nil>"),
        ("{{ .m.k1.k2.k3.k4.k5 }}", "deep"),
        ("{{ $.m.k1.k2.k3.k4.k5 }}", "deep"),
        ("{{ range .l }}{{ . }},{{ else }}none{{ end }}", "1,2,3,"),
        ("{{ range .none }}{{ . }}{{ else }}none{{ end }}", "none"),
        ("{{ range $i, $e := .l }}{{ $i }}={{ $e }} {{ end }}", "0=1 1=2 2=3 "),
        ("{{ range $k, $v := .m2 }}{{ $k }}={{ $v }} {{ end }}", "a=1 b=2 "),
        ("{{ range $v := .m2 }}{{ $v }}{{ end }}", "12"),
        ("{{ range 3 }}{{ . }}{{ end }}{{ range 0 }}{{ else }}none{{ end }}", "012none"),
        ("{{ range -1 }}{{ else }}none{{ end }}", "none"),
        ("{{ range $x := 2 }}{{ $x }}{{ end }}", "01"),
        ("{{ range .l }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}", "1"),
        ("{{ range .l }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "13"),
        ("{{ range .l }}{{ range $.l }}{{ break }}{{ end }}{{ . }}{{ end }}", "123"),
        ("{{ range $i, $e := .none }}{{ else }}{{ $i }}{{ $e }}{{ end }}", "<no value><no value>"),
        ("{{ range $i, $e := .e }}{{ else }}{{ $i }}{{ $e }}{{ end }}", "[][]"),
        ("{{ $x := 0 }}{{ range $x = .l }}{{ end }}{{ $x }}", "3"),
        ("{{ $i := 0 }}{{ $x := 0 }}{{ range $i, $x = .l }}{{ end }}{{ $i }}{{ $x }}", "23"),
        ("{{ range $x, $x := .l }}{{ $x }}{{ end }}", "123"),
        ("{{ with .m2 }}{{ .a }}{{ end }}", "1"),
        ("{{ with .none }}a{{ else with .m2 }}{{ .b }}{{ else }}c{{ end }}", "2"),
        ("{{ with .none }}a{{ else }}{{ len .l }}{{ end }}", "3"),
        ("{{ with $x := .m2 }}{{ $x.a }}{{ end }}", "1"),
        ("{{ if .none }}a{{ else if .l }}b{{ else }}c{{ end }}", "b"),
        ("{{ if and .l .none }}a{{ end }}{{ or .none .e 7 }}", "7"),
        ("{{ and 1 0 2 }}{{ and 1 2 }}{{ 5 | and 1 }}{{ 5 | or 0 }}{{ 5 | or 3 }}", "02553"),
        ("{{ or .none .a }}", "<no value>"),
        ("{{ and nil 1 }}{{ or nil nil }}", "<no value><no value>"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ $y := or true ($x := 5) }}{{ $x }}", "1"),
        ("{{ $x := 1 }}{{ $y := or false ($x := 5) }}{{ $x }}", "5"),
        ("{{ range 2 }}{{ $y := or . ($x := 5) }}{{ if not . }}{{ $x }}{{ end }}{{ end }}", "5"),
        ("{{ print ($x := 5) }}{{ $x }}", "55"),
        ('{{ define "t" }}[{{ . }}{{ $ }}]{{ end }}{{ template "t" .s }}', "[xx]"),
        ('{{ define "t" }}{{ . }}{{ end }}{{ template "t" }}', "<no value>"),
        ('{{ block "b" .l }}{{ len . }}{{ end }}', "3"),
        ('{{ .s | printf "%s-%d" "a" | len }}', "15"),
        ("{{ .l | printf .s }}", "x%!(EXTRA []interface {}=[1 2 3])"),
        ("{{ .s | .none.x }}", "<no value>"),
        ("{{ 1_000 }}{{ 'a' }}{{ 1.5 }}{{ 1e3 }}{{ 2i }}", "1000971.51000(0+2i)"),
        ('{{ true }}{{ "s" }}{{ . | len }}', "trues8"),
        ('{{ "\\xc3" }}{{ "\\xa9" }}', "é"),
        ("{{ index .l 0 | print }}{{ (index .l 1) }}", "12"),
        ("{{ print print }}", ""),
    ],
)
def test_language(text, output):
    """Statements, variables, pipelines and missing values behave as in Go."""
    data = {
        "n": None,
        "s": "x",
        "l": [1, 2, 3],
        "e": [],
        "m": {"k1": {"k2": {"k3": {"k4": {"k5": "deep"}}}}},
        "m2": {"b": 2, "a": 1},
        "t": True,
        "f": 1.5,
    }
    assert render(text, data) == output


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
        ("{{ index .l 7 }}", "template: policy:1:3: error calling index"),
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


def test_data_is_protected():
    """Functions that change maps change a copy."""
    data = {"m": {"a": 1}, "l": [{"b": 1}]}
    output = render('{{ $_ := set .m "new" 2 }}{{ .m.new }}{{ $.m.new }}', data)
    assert output == "22"
    assert data == {"m": {"a": 1}, "l": [{"b": 1}]}


def test_renders_again():
    """A template keeps nothing from one rendering to the next."""
    template = Template("{{ if .a }}{{ $x := .a }}{{ $x }}{{ end }}{{ range .l }}{{ . }}{{ end }}")
    assert template.render({"a": 1, "l": [1]}) == "11"
    assert template.render({"l": [2, 3]}) == "23"
    assert template.render(None) == ""


def test_static_questions():
    """The tree is there to be asked; literal text is known without rendering."""
    assert Template("only {{/* nothing */}}text").literal_text() == "only text"
    assert Template("").literal_text() == ""
    assert Template("{{ 1 }}").literal_text() is None
    template = Template('{{ define "a" }}x{{ end }}text')
    assert template.tree is template.trees["policy"]
    assert set(template.trees) == {"policy", "a"}
    assert template.literal_text() == "text"


STRUCTURAL = {
    **BUILTINS,
    "toYaml": Function("toYaml", str, (ANY,), structure=Structure.MAKES),
    "nindent": Function("nindent", lambda n, s: "\n" + s, (ANY, STRING), structure=Structure.KEEPS),
}


@pytest.mark.parametrize(
    ("pipe", "structural"),
    [
        (".a", False),
        ("toYaml .a", True),
        (".a | toYaml", True),
        (".a | toYaml | nindent 2", True),
        ("nindent 2 (toYaml .a)", True),
        ("(toYaml .a)", True),
        ("(toYaml .a | nindent 2) | nindent 2", True),
        ("(toYaml .a) | print", False),
        ("toYaml .a | print", False),
        ('nindent 2 "x"', False),
        ("print 1 | nindent 2", False),
        ("print (toYaml .a)", False),
    ],
)
def test_structure(pipe, structural):
    """Only what the outermost function made or kept is structure."""
    template = Template("{{ " + pipe + " }}", functions=STRUCTURAL)
    (span,) = template.render_traced({"a": 1}).spans
    assert span.makes_structure is structural


def test_tracing():
    """Every action tells where it printed, in loops and in other templates too."""
    template = Template(
        '{{ define "t" }}<{{ . }}>{{ end }}a{{ .x }}\n'
        '{{- range .l }}{{ $v := . }}, {{ . }}{{ end }}{{ template "t" .y }}é'
    )
    rendered = template.render_traced({"x": "é", "l": [1, True], "y": ""})
    assert rendered == Rendered(
        "aé, 1, true<>é",
        (
            Span(1, 2, 1, 38, makes_structure=False),
            Span(4, 5, 2, 33, makes_structure=False),
            Span(7, 11, 2, 33, makes_structure=False),
            Span(12, 12, 1, 20, makes_structure=False),
        ),
    )
    assert rendered.text == template.render({"x": "é", "l": [1, True], "y": ""})


def test_tracing_joined_runes():
    """Spans stay inside a text that became shorter because cut runes met."""
    rendered = Template('{{ "\\xc3" }}{{ "\\xa9" }}').render_traced(None)
    assert rendered.text == "é"
    assert [(span.start, span.end) for span in rendered.spans] == [(0, 1), (1, 1)]


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("{{ range 1000000000 }}x{{ end }}", {}),
        ("{{ range 30000 }}{{ range 30000 }}{{ end }}{{ end }}", {}),
        ('{{ $s := "0123456789" }}{{ range 64 }}{{ $s = print $s $s }}{{ end }}', {}),
        ('{{ range 100000 }}{{ printf "%99999d" 1 }}{{ end }}', {}),
        ('{{ printf "%9000000d" 1 }}', {}),
        ('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', {}),
        ('{{ define "a" }}{{ if 1 }}{{ template "a" }}{{ end }}{{ end }}{{ template "a" }}',
         {"template_depth": 10**9, "steps": 10**9}),
        ("{{ range .l }}{{ $.s }}{{ end }}", {}),
        ("{{ range .l }}{{ eq $.s $.s }}{{ end }}", {}),
        ("{{ range .l }}{{ len $.s }}{{ end }}", {}),
        ("{{ range .l }}{{ . | print $.s }}{{ end }}", {}),
        ("{{ range .l }}{{ range $.m }}{{ break }}{{ end }}{{ end }}", {}),
        ('{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d }}', {}),
        ("{{ .s }}", {"output_bytes": 10}),
        ("{{ .l }}", {"steps": 100}),
        ("{{ range .l }}" + "x" * 2000 + "{{ end }}", {"steps": 1000}),
    ],
)  # fmt: skip
def test_execution_limits(text, limits):
    """Whatever would cost too much ends with an error that quotes no data."""
    data = {"l": [1] * 2000, "s": "S" * 100_000, "m": {str(i): i for i in range(10_000)}}
    error = failure(text, data, **limits)
    assert isinstance(error, LimitError)
    assert error.stage == "exec"
    assert error.name == "policy"
    assert error.message.startswith("template: policy:")
    assert "SSS" not in error.safe_message


def test_text_limit():
    """A text that is too long is not even parsed."""
    error = failure("x" * 101, text_bytes=100)
    assert isinstance(error, LimitError)
    assert error.stage == "parse"
    assert render("x" * 100, text_bytes=100) == "x" * 100


def test_limit_errors_have_a_place():
    """A limit reached inside a function is reported at its call."""
    error = failure('a\n{{ printf "%9000000d" 1 }}')
    assert (error.line, error.column) == (2, 3)
    assert error.message == (
        'template: policy:2:3: executing "policy" at <printf "%9000000d" 1>: '
        "a value larger than 1048576"
    )
    assert error.safe_message == "template: policy:2:3: a value larger than 1048576"


def test_deep_recursion():
    """Templates may call themselves far deeper than Python usually goes, and nothing stays."""
    usual = sys.getrecursionlimit()
    text = (
        '{{ define "d" }}{{ if lt . 1500 }}{{ template "d" (add1 .) }}{{ else }}{{ . }}'
        '{{ end }}{{ end }}{{ template "d" 0 }}'
    )
    assert render(text) == "1500"
    assert sys.getrecursionlimit() == usual


def test_long_pipelines_fail_cleanly():
    """A pipeline nested beyond Python's depth is a limit, not a crash."""
    error = failure("{{ 1 " + "| print " * 2000 + "}}")
    assert isinstance(error, LimitError)


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


def test_own_functions():
    """A caller brings its own functions; names outside them do not exist."""
    functions = {"keys": Function("keys", lambda m: ",".join(sorted(m)), (MAP,))}
    assert Template("{{ keys .m }}", functions=functions).render({"m": {"a": 1}}) == "a"
    assert Template("{{ keys .none }}", functions=functions).render({}) == ""
    with pytest.raises(ParseError):
        Template("{{ len .m }}", functions=functions)
    assert "len" in DEFAULT
    assert DEFAULT["slice"] is not BUILTINS.get("slice")


def test_names():
    """The name of a template stands in its errors."""
    with pytest.raises(ParseError) as caught:
        Template("{{", name="cluster")
    assert caught.value.message == "template: cluster:1: unclosed action"
