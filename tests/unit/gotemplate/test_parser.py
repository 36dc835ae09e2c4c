"""Trees and parse errors."""

import pytest

from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.errors import LimitError, ParseError, RefusedFunctionError
from clusterimport.gotemplate.functions import Refused
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.nodes import Action, If, Range, TemplateCall, Text, With
from clusterimport.gotemplate.parser import parse

FUNCTIONS = {**BUILTINS, "env": Refused("env", "it reads the environment")}


def trees(text, **limits):
    return parse("policy", text, FUNCTIONS, Limits(**limits))


def failure(text):
    with pytest.raises(ParseError) as caught:
        trees(text)
    return caught.value


@pytest.mark.parametrize(
    "pipe",
    [
        ".",
        ".a.b",
        "$",
        "$.a",
        "nil | print",
        "true",
        "1",
        '"a"',
        "`a`",
        "print 1 2 | printf .x",
        "(print 1).a.b",
        "print (print 1) nil",
        "$x := 1",
        "print.a",
    ],
)
def test_nodes_print_themselves_back(pipe):
    """Actions print as they were written."""
    (action,) = trees("{{" + pipe + "}}")["policy"].nodes
    assert isinstance(action, Action)
    assert str(action) == "{{" + pipe + "}}"


def test_space_is_normalised():
    """Printed back, commands have one space between arguments."""
    (action,) = trees("{{ print   1\n2|print }}")["policy"].nodes
    assert str(action) == "{{print 1 2 | print}}"


def test_chains_of_fields():
    """A chain is one node, placed at its second field, whatever letters it has."""
    for text, pos in [
        ("{{ .a }}", 3),
        ("{{ .a.b.c }}", 5),
        ("{{ .a.é.b }}", 5),
        ("{{ .a.b.é }}", 5),
    ]:
        (action,) = trees(text)["policy"].nodes
        (argument,) = action.pipe.commands[0].args
        assert (str(argument), argument.pos) == (text[3:-3], pos)


def test_else_if_is_nested():
    """An else-if is an If alone in the else list."""
    (node,) = trees("{{ if 1 }}a{{ else if 2 }}b{{ else }}c{{ end }}")["policy"].nodes
    assert isinstance(node, If)
    assert node.orelse is not None
    (inner,) = node.orelse.nodes
    assert isinstance(inner, If)
    assert inner.orelse is not None
    assert inner.orelse.nodes[0] == Text(37, "c")


def test_else_with_is_nested():
    """An else-with is a With alone in the else list."""
    (node,) = trees("{{ with 1 }}{{ else with 2 }}b{{ end }}")["policy"].nodes
    assert isinstance(node, With)
    assert node.orelse is not None
    assert isinstance(node.orelse.nodes[0], With)


def test_range_variables():
    """A range declares or assigns up to two variables."""
    (node,) = trees("{{ range $i, $x := .a }}{{ $i }}{{ else }}{{ $x }}{{ end }}")["policy"].nodes
    assert isinstance(node, Range)
    assert str(node.pipe) == "$i, $x := .a"
    assert not node.pipe.is_assign
    (node,) = trees("{{ range $x = .a }}{{ end }}")["policy"].nodes
    assert isinstance(node, Range)
    assert node.pipe.is_assign


def test_definitions():
    """A define makes a tree; a block makes one and calls it."""
    found = trees('{{ define "a" }}A{{ end }}{{ block "b" . }}B{{ end }}{{ template "a" }}')
    assert set(found) == {"policy", "a", "b"}
    assert found["b"].nodes[0].text == "B"
    calls = found["policy"].nodes
    assert [str(call) for call in calls if isinstance(call, TemplateCall)] == [
        '{{template "b" .}}',
        '{{template "a"}}',
    ]


def test_blank_definitions_replace_nothing():
    """A blank body gives way to another one, whichever comes first."""
    for text in (
        '{{ define "a" }} {{/* c */}}\n{{ end }}{{ define "a" }}A{{ end }}',
        '{{ define "a" }}A{{ end }}{{ define "a" }}\u00a0{{ end }}',
    ):
        assert trees(text)["a"].nodes[0].text == "A"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ }}", "missing value for command"),
        ("{{ if }}{{ end }}", "missing value for if"),
        ("{{ if 1 }}", "unexpected EOF"),
        ("{{ end }}", "unexpected {{end}}"),
        ("{{ else }}", "unexpected {{else}}"),
        ("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "expected end; found {{else}}"),
        ("{{ else range }}", "unexpected <range> in else"),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ range 1 }}{{ else }}{{ continue }}{{ end }}", "{{continue}} outside {{range}}"),
        (
            '{{ range 1 }}{{ block "b" . }}{{ break }}{{ end }}{{ end }}',
            "{{break}} outside {{range}}",
        ),
        ("{{ range 1 }}{{ break 1 }}{{ end }}", 'unexpected "1" in {{break}}'),
        ("{{ 1 | 2 }}", "non executable command in pipeline stage 2"),
        ("{{ nope }}", 'function "nope" not defined'),
        ("{{ $x }}", 'undefined variable "$x"'),
        ("{{ if $x := 1 }}{{ end }}{{ $x }}", 'undefined variable "$x"'),
        ("{{ $x, $y := 1 }}", "too many declarations in command"),
        ("{{ range $x, $y, $z := 1 }}{{ end }}", "too many declarations in range"),
        ("{{ range $x, 1 }}{{ end }}", "range can only initialize variables"),
        ("{{ range $x, }}{{ end }}", "missing value for range"),
        ("{{ end .a.b }}", 'unexpected ".a" in end'),
        ("{{ 1.a }}", 'bad number syntax: "1.a"'),
        ('{{ "a".b }}', 'unexpected . after term "\\"a\\""'),
        ("{{ 08 }}", 'integer overflow: "08"'),
        ("{{ 1+.i }}", 'strconv.ParseFloat: parsing "+.": invalid syntax'),
        ("{{ 'ab' }}", "malformed character constant: 'ab'"),
        ('{{ "\\q" }}', "invalid syntax"),
        ("{{ .a == 1 }}", 'unexpected "=" in operand'),
        ('{{ .a, "long text here" }}', 'unexpected "," in operand'),
        ("{{ template 1 }}", 'unexpected "1" in template clause'),
        ("{{ define 1 }}{{ end }}", 'unexpected "1" in define clause'),
        ('{{ define "a" 1 }}', 'unexpected "1" in define clause'),
        ('{{ define "a" }}{{ else }}{{ end }}', "unexpected {{else}} in define clause"),
        ('{{ if 1 }}{{ define "a" }}{{ end }}{{ end }}', "unexpected <define> in command"),
        (
            '{{ define "a" }}A{{ end }}{{ define "a" }}B{{ end }}',
            'template: multiple definition of template "a"',
        ),
        ("{{ print (1 }}", "unclosed left paren"),
        ("{{ | 1 }}", 'unexpected "|" in command'),
        ("{{ print 1 | | print }}", 'unexpected "|" in command'),
    ],
)
def test_messages(text, message):
    """Parse errors name template and line, and read as Go's."""
    assert failure(text).message == f"template: policy:1: {message}"


def test_place_of_errors():
    """Errors carry name, line and source line; their text is safe to show."""
    error = failure("a\nb {{ nope }}\nc")
    assert (error.name, error.line, error.column) == ("policy", 2, None)
    assert error.source_line == "b {{ nope }}"
    assert error.safe_message == error.message == str(error)
    assert error.stage == "parse"


def test_actions_over_lines():
    """An action that does not close tells where it started."""
    assert failure("{{ .a\n").message == "template: policy:2: unclosed action started at policy:1"
    message = failure("{{ .a\n\x01 }}").message
    assert message.endswith("U+0001 in action started at policy:1")


def test_refused_functions():
    """A refused function is an error by its name and place, in dead branches too."""
    with pytest.raises(RefusedFunctionError) as caught:
        trees('{{ if false }}\n  {{ env "HOME" }}{{ end }}')
    error = caught.value
    assert (error.function, error.reason) == ("env", "it reads the environment")
    assert (error.line, error.column, error.source_line) == (2, 5, '  {{ env "HOME" }}{{ end }}')
    assert 'function "env" is refused: it reads the environment' in error.message


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("{{ " + "(" * 9 + "1" + ")" * 9 + " }}", {"nesting": 8}),
        ("{{ if 1 }}" * 9, {"nesting": 8}),
        ("{{ 1 }}" * 90, {"tokens": 60}),
    ],
)
def test_limits(text, limits):
    """Deep nesting and many tokens are refused while parsing."""
    with pytest.raises(LimitError) as caught:
        trees(text, **limits)
    assert caught.value.stage == "parse"
    assert caught.value.line == 1


def test_nesting_is_left_again():
    """Only what is open at once counts as nested."""
    text = "{{ if (1) }}{{ end }}" * 20 + '{{ define "a" }}{{ end }}' * 20
    assert len(trees(text, nesting=3)["policy"].nodes) == 20
