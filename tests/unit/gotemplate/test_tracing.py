"""What an action printed, where it stands, and whether it is structure."""

import pytest

from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.functions import ANY, STRING, Function, Structure
from clusterimport.gotemplate.nodes import Action
from clusterimport.gotemplate.structure import Printings
from clusterimport.gotemplate.template import Rendered, Span, Template

STRUCTURAL = {
    **BUILTINS,
    "toYaml": Function("toYaml", str, (ANY,), structure=Structure.MAKES),
    **{
        name: Function(name, lambda n, s: "\n" + s, (ANY, STRING), structure=Structure.KEEPS)
        for name in ("indent", "nindent")
    },
    "trim": Function("trim", str.strip, (STRING,), structure=Structure.KEEPS),
}


def pipes(template):
    """Return the pipelines of a template's actions."""
    return [node.pipe for node in template.tree.nodes if isinstance(node, Action)]


@pytest.mark.parametrize(
    ("pipe", "structure"),
    [
        (".a", Structure.SCALAR),
        ("toYaml .a", Structure.MAKES),
        (".a | toYaml", Structure.MAKES),
        (".a | toYaml | nindent 2", Structure.MAKES),
        ("nindent 2 (toYaml .a)", Structure.MAKES),
        ("(toYaml .a)", Structure.MAKES),
        ("(toYaml .a | nindent 2) | nindent 2", Structure.MAKES),
        ("(toYaml .a) | print", Structure.SCALAR),
        ("toYaml .a | print", Structure.SCALAR),
        ('nindent 2 "x"', Structure.SCALAR),
        ("print 1 | nindent 2", Structure.SCALAR),
        ("print (toYaml .a)", Structure.SCALAR),
        ('printf "%q" .a', Structure.QUOTES),
        ('.a | printf "%+q" | nindent 2', Structure.QUOTES),
        ('printf "%s" (toYaml .a)', Structure.SCALAR),
        ('printf "%q-" .a', Structure.SCALAR),
        ('printf "%q" .a .a', Structure.SCALAR),
        ('printf "%q"', Structure.SCALAR),
        ("(toYaml .a).b", Structure.SCALAR),
    ],
)
def test_structure(pipe, structure):
    """Only what the outermost function made or kept is structure or a quoted text."""
    template = Template("{{ " + pipe + " }}", functions=STRUCTURAL)
    (printing,) = [Printings(template.trees, STRUCTURAL).of(pipe) for pipe in pipes(template)]
    assert printing.structure is structure


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("{{ $v := toYaml .a }}{{ $v }}", Structure.MAKES),
        ("{{ $v := toYaml .a }}{{ $w := $v | nindent 2 }}{{ $w }}", Structure.MAKES),
        ("{{ $v := toYaml .a }}{{ $v = print .a }}{{ $v }}", Structure.SCALAR),
        ("{{ $v := toYaml .a }}{{ if .a }}{{ $v = .b }}{{ end }}{{ $v }}", Structure.SCALAR),
        ("{{ $v := toYaml .a }}{{ $x := print ($v = .b) }}{{ $v }}", Structure.SCALAR),
        ("{{ $v := toYaml .a }}{{ $v = $v | nindent 2 }}{{ $v }}", Structure.SCALAR),
        ("{{ range $v := toYaml .a }}{{ end }}{{ $v := toYaml .a }}{{ $v }}", Structure.SCALAR),
        ("{{ $v := toYaml .a }}{{ $v.b }}", Structure.SCALAR),
        ("{{ $ }}", Structure.SCALAR),
    ],
)
def test_a_variable_is_what_all_that_set_it_make(text, structure):
    """One pipeline that sets a variable to a plain value is enough for it to be plain."""
    template = Template(text, functions=STRUCTURAL)
    *_, last = pipes(template)
    assert Printings(template.trees, STRUCTURAL).of(last).structure is structure


@pytest.mark.parametrize(
    ("pipe", "layout"),
    [
        (".a", ""),
        ("nindent 2 .a", "\n  "),
        (".a | nindent 0", "\n"),
        (".a | indent 3 | nindent 2", "\n     "),
        ("(.a | nindent 2)", "\n  "),
        (".a | nindent 2 | trim", ""),
        (".a | nindent .b", ""),
        (".a | nindent 1000000000", ""),
    ],
)
def test_the_white_space_before_a_text_is_known_where_it_is_written_out(pipe, layout):
    """What indent and nindent put before a value is its author's, not the value's."""
    template = Template("{{ " + pipe + " }}", functions=STRUCTURAL)
    (found,) = pipes(template)
    assert Printings(template.trees, STRUCTURAL).of(found).layout == layout


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
            Span(1, 2, 1, 38, Structure.SCALAR, ""),
            Span(4, 5, 2, 33, Structure.SCALAR, ""),
            Span(7, 11, 2, 33, Structure.SCALAR, ""),
            Span(12, 12, 1, 20, Structure.SCALAR, ""),
        ),
    )
    assert rendered.text == template.render({"x": "é", "l": [1, True], "y": ""})


def test_tracing_joined_runes():
    """Spans stay inside a text that became shorter because cut runes met."""
    rendered = Template('{{ "\\xc3" }}{{ "\\xa9" }}').render_traced(None)
    assert rendered.text == "é"
    assert [(span.start, span.end) for span in rendered.spans] == [(0, 1), (1, 1)]
