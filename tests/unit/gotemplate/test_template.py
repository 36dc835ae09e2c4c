"""Templates as a whole: the language, the data, static questions, functions of the caller."""

import pytest

from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.errors import ParseError
from clusterimport.gotemplate.functions import MAP, Function
from clusterimport.gotemplate.template import DEFAULT, Template
from tests.fakes.gotemplate.rendering import render


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
