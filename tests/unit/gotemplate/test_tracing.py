"""What an action printed, where it stands, and whether it is structure."""

import pytest

from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.functions import ANY, STRING, Function, Structure
from clusterimport.gotemplate.template import Rendered, Span, Template

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
