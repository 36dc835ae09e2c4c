"""Corners of the interpreter that ordinary templates do not reach."""

import io
import json
import sys

import pytest

from clusterimport.gotemplate import __main__ as program
from clusterimport.gotemplate.conformance import answer, decode
from clusterimport.gotemplate.errors import ExecError, LimitError, ParseError
from clusterimport.gotemplate.functions import STRING, Function
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.stream import describe
from clusterimport.gotemplate.template import Template
from clusterimport.gotemplate.tokens import Token, TokenKind

LONG = {"long": "x" * 1280, "t": "t"}


def spent(text, *, traced=False, functions=None):
    """Return the steps that rendering takes, found by the limit that is just enough."""
    more = {} if functions is None else {"functions": functions}

    def fits(steps):
        template = Template(text, limits=Limits(steps=steps), **more)
        try:
            template.render_traced(LONG) if traced else template.render(LONG)
        except LimitError:
            return False
        return True

    return next(steps for steps in range(1, 200) if fits(steps))


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("{{ .long | eq .t }}", "{{ .t | eq .t }}"),
        ("{{ .long | list .t | len }}", "{{ .t | list .t | len }}"),
        ("{{ eq .long .t }}", "{{ eq .t .t }}"),
        ("{{ list .long | len }}", "{{ list .t | len }}"),
        ("{{ kindOf .long }}", "{{ kindOf .t }}"),
        ("{{ hasPrefix .long .t }}", "{{ hasPrefix .t .t }}"),
        ("{{ .long | hasPrefix .t }}", "{{ .t | hasPrefix .t }}"),
        ("{{ .long }}", "{{ .t }}"),
    ],
)
def test_long_texts_are_charged_where_they_go(text, short):
    """An argument, a piped value and a printed text cost a step for each 128 bytes."""
    assert spent(text) >= spent(short) + 10
    assert spent(text, traced=True) == spent(text)


def test_long_results_are_charged():
    """What a function makes costs by its length, however many arguments it has."""
    for count in range(1, 6):
        long = Function("f", lambda *_: "x" * 1280, (STRING,) * count)
        short = Function("f", lambda *_: "x", (STRING,) * count)
        for text in (
            "{{ $x := f" + " .t" * count + " }}",
            "{{ $x := .t | f" + " .t" * (count - 1) + " }}",
        ):
            assert spent(text, functions={"f": long}) == spent(text, functions={"f": short}) + 10


def test_methods_are_charged():
    """A method costs what putting its call together costs, and a layout by its length."""
    time = '{{ $t := toDate "2006" "2020" }}'
    assert spent(time + "{{ $x := $t.UTC.UTC }}") >= spent(time) + 2 * 16
    layout = '{{ $x := $t.Format "' + "x" * 100 + '" }}'
    assert spent(time + layout) >= spent(time) + 16 + 50


def test_variables_of_arguments_that_are_not_evaluated_are_forgotten():
    """A missing field takes no arguments, so what they declare is not there."""
    text = "{{ range 2 }}{{ .none.x ($y := 1) }}{{ end }}"

    with pytest.raises(ExecError, match="can't evaluate field none"):
        Template(text).render({})
    with pytest.raises(ExecError, match=r"undefined variable: \$y"):
        Template("{{ .none.x ($y := 1) }}{{ $y }}").render({})
    assert Template("{{ (or .a .b).x 1 }}").render({}) == "<no value>"


def test_variables_that_may_be_declared():
    """A variable can be assigned to only where its declaration was reached."""
    text = "{{ or .a ($x := 1) }}{{ $x = 2 }}{{ $x }}"

    assert Template(text).render({}) == "12"
    with pytest.raises(ExecError, match=r"undefined variable: \$x"):
        Template(text).render({"a": "a"})


def test_too_deep_a_text_is_a_limit():
    """Where the limit of nesting is lifted, Python's own is one."""
    text = "{{ " + "(" * 2500 + "1" + ")" * 2500 + " }}"

    with pytest.raises(LimitError, match="nested too deeply") as caught:
        Template(text, limits=Limits(nesting=10**6))
    assert caught.value.stage == "parse"


def test_the_wrapping_verb_is_a_bad_verb():
    """`%w` is for errors only, and a bad verb shows a record without its own text."""
    assert Template('{{ printf "%w" (list (semver "1.2.3")) }}').render({}) == (
        "%!w([]interface {}=[&{1 2 3   1.2.3}])"
    )


def test_unexpected_tokens_are_shown_short():
    """Ten characters of a long token are enough to find it."""
    with pytest.raises(ParseError, match=r'unexpected "\\"aaaaaaaaa"\.\.\. in end'):
        Template('{{ if 1 }}{{ end "' + "a" * 30 + '" }}')
    assert describe(Token(TokenKind.EOF, 0, "EOF")) == "EOF"
    assert describe(Token(TokenKind.RANGE, 0, "range")) == "<range>"


def test_places_are_found_in_any_order():
    """A place before the last one is counted from the start again."""
    template = Template("é{{ .a }}\n\né{{ .a.b.c }}{{ .a }}")
    for _ in range(2):
        with pytest.raises(ExecError) as caught:
            template.render({"a": "x"})
        assert (caught.value.line, caught.value.column) == (3, 7)
    rendered = Template("é{{ 1 }}é{{ 2 }}\n{{ 3 }}").render_traced({})
    assert [(span.line, span.column) for span in rendered.spans] == [(1, 5), (1, 14), (2, 3)]


def test_many_variables_of_one_name_hide_one_another():
    """The innermost declaration is meant, and the outer ones come back."""
    text = (
        "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ with 3 }}{{ $x := . }}{{ $x }}{{ end }}"
        "{{ $x }}{{ end }}{{ $x }}{{ range $x := list 4 }}{{ $x }}{{ end }}{{ $x }}"
    )
    assert Template(text).render({}) == "32141"
    with pytest.raises(ParseError, match=r'undefined variable "\$y"'):
        Template("{{ if true }}{{ $y := 1 }}{{ end }}{{ $y }}")


def test_a_refused_call_is_named_in_conformance_mode():
    """Refusing at execution counts as neither right nor wrong, like refusing at parsing."""
    answered = answer({"id": 7, "template": '{{ date "2006" "now" }}', "data": None})

    assert (answered["ok"], answered["stage"], answered["refused"]) == (False, "exec", "date")
    assert answer({"template": "{{ now }}"})["refused"] == "now"


def test_bytes_are_decoded_as_go_decodes_them():
    """What is no UTF-8 in a line, or a lone surrogate in an escape, is U+FFFD."""
    assert decode(b'{"a": "\xff\\ud800x"}') == {"a": "\ufffd\ufffdx"}


def test_the_command_answers_line_by_line(monkeypatch):
    """Each line that is not blank gets its answer, in order."""
    lines = (
        b'{"id": "a", "template": "{{ .x }}", "data": {"x": 1}}\n\n{"id": "b", "template": "{{"}\n'
    )
    written = io.BytesIO()
    monkeypatch.setattr(sys, "argv", ["x", "--jsonl"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, write_through=True))

    program.main()

    first, second = map(json.loads, written.getvalue().splitlines())
    assert first == {"id": "a", "ok": True, "output": "1"}
    assert second["id"] == "b"
    assert second["error"] == "template: policy:1: unclosed action"
