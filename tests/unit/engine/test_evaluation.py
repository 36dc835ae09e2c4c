"""Compiling texts once, and rendering one template with safe errors."""

import pytest

from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.evaluation import (
    FUNCTIONS,
    KINDS,
    SELECTOR,
    Compiler,
    ProgramCache,
    full_data,
    source_data,
)
from clusterimport.engine.metrics import NullEngineMetrics
from clusterimport.gotemplate import extensions
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.functions import Structure
from clusterimport.gotemplate.template import DEFAULT
from clusterimport.limits.counted import Limit
from clusterimport.limits.templates import TEMPLATE_BYTES
from tests.fakes.engine.evaluating import CountingEngineMetrics

CANARY = "canary4711"


def program(text, metrics=None):
    compiler = Compiler(ProgramCache(metrics=metrics))
    made = compiler.compile(text, "spec.some", SELECTOR, "SomeReason")
    assert made is not None
    assert compiler.problems == []
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("\n  TRUE \n", True),
        ("{{ if .source.ok }} true {{ end }}", True),
        ("{{ .source.missing }}true", True),
        ("true true", False),
        ("", False),
        ("false", False),
        ("1", False),
    ],
)
def test_a_condition_is_true_when_it_reads_true(text, expected):
    """Trimmed and in lower case the output is `true`, or it is not; missing values are nothing."""
    assert program(text).truth(source_data({"ok": True})) is expected


def test_evaluations_are_counted_by_kind():
    """Every render counts, one that fails as well."""
    metrics = CountingEngineMetrics()
    failing = program('{{ fail "x" }}', metrics)

    program("x", metrics).text({})
    with pytest.raises(EvaluationError):
        failing.text({})
    with pytest.raises(EvaluationError):
        failing.output({}, "")

    assert metrics.counts == {SELECTOR: 3}
    assert SELECTOR in KINDS
    NullEngineMetrics().evaluated(SELECTOR)


def test_t59_what_costs_too_much_is_counted_as_a_bound():
    """A template that is too large, or does too much with its data; another failure is none."""
    metrics = CountingEngineMetrics()
    busy = program("{{ range until 1000 }}{{ range until 1000 }}x{{ end }}{{ end }}", metrics)
    failing = program('{{ fail "x" }}', metrics)
    for made in (busy, failing):
        with pytest.raises(EvaluationError):
            made.text({})
    assert metrics.reached == {Limit.TEMPLATE: 1}

    compiler = Compiler(ProgramCache(metrics=metrics))
    for text in ("x" * (TEMPLATE_BYTES + 1), "{{ no such function }}"):
        assert compiler.compile(text, "spec.some", SELECTOR, "SomeReason") is None
    assert metrics.reached == {Limit.TEMPLATE: 2}


@pytest.mark.parametrize(
    "text",
    [
        "{{ fail .source.secret }}",
        "a\n{{ .source.secret.deeper }}",
        "{{ index .source.list 9 }}",
        "{{ atoi .source }}",
        "{{ until (int .source.many) }}",
    ],
)
def test_errors_say_where_and_never_what(text):
    """A message names field, line and column, and quotes no data."""
    data = source_data({"secret": CANARY, "list": [CANARY], "many": 10**9})

    with pytest.raises(EvaluationError) as caught:
        program(text).text(data)

    assert caught.value.reason == "SomeReason"
    assert caught.value.message.startswith(f"spec.some, line {1 + text.count(chr(10))}, column ")
    assert CANARY not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ .x", "line 1: unclosed action"),
        ("\n{{ foo }}", 'line 2: function "foo" not defined'),
        ("{{ env .x }}", "the function env is refused"),
        ("{{ if false }}{{ now }}{{ end }}", "the function now is refused"),
    ],
)
def test_templates_that_cannot_work_are_problems_of_their_field(text, problem):
    """What is wrong with a text is told once, when it is compiled."""
    compiler = Compiler(ProgramCache())

    assert compiler.compile(text, "spec.some", SELECTOR, "SomeReason") is None

    (found,) = compiler.problems
    assert found.path == "spec.some"
    assert problem in found.message
    assert "template:" not in found.message


def test_traced_output_has_places_from_one():
    """People count columns from one."""
    made = program("a: {{ .source.x }}\nb: {{ .source.y | toJson }}").output(
        source_data({"x": "1", "y": {}}), "the text"
    )

    assert made.text == "a: 1\nb: {}"
    assert made.template == "the text"
    assert [(span.start, span.end, span.line, span.structure) for span in made.spans] == [
        (3, 4, 1, Structure.SCALAR),
        (8, 10, 2, Structure.MAKES),
    ]
    assert made.spans[0].column >= 4


def test_data_is_handed_over_and_never_changed():
    """A template that sets fields works on a copy: sources live in caches."""
    source = {"metadata": {"name": "x"}}

    made = program('{{ $_ := set .source.metadata "name" "y" }}{{ .source.metadata.name }}')

    assert made.text(source_data(source)) == "y"
    assert source == {"metadata": {"name": "x"}}
    assert full_data(source, {"k": {}}) == {"source": source, "references": {"k": {}}}


def test_spans_stay_right_behind_bytes_that_meet_again():
    """Halves of a character in two values do not shift what later actions are seen to print."""
    made = program(
        'x: "{{ b64dec .source.a }}{{ b64dec .source.b }}"\ny: "{{ .source.c }}"'
    ).output(source_data({"a": "8J8=", "b": "mIA=", "c": "hello"}), "")

    assert [made.text[span.start : span.end] for span in made.spans] == ["😀", "", "hello"]


def test_equal_texts_are_compiled_once():
    """Policies and lifecycles share programs; another name is another program."""
    programs = ProgramCache()

    first = programs.compile("{{ .source }}", "spec.template")

    assert programs.compile("{{ .source }}", "spec.template") is first
    assert programs.compile("{{ .source }}", "spec.nameTemplate") is not first
    assert len(programs) == 2


def test_policies_have_functions_of_our_own():
    """What neither Go nor sprig has is there for policies, beside all that they have."""
    program = ProgramCache().compile(
        '{{ .source | toYaml }} {{ upper "a" }} {{ print 1 }}', "spec.template"
    )

    assert program.render({"source": {"a": [1]}}) == "a:\n- 1 A 1"
    assert FUNCTIONS.keys() == DEFAULT.keys() | extensions.FUNCTIONS.keys()


def test_the_least_recently_used_is_forgotten():
    """The cache stays within its size, and what is in use stays."""
    programs = ProgramCache(2)
    first = programs.compile("a", "x")
    second = programs.compile("b", "x")
    programs.compile("a", "x")

    programs.compile("c", "x")

    assert len(programs) == 2
    assert programs.compile("a", "x") is first
    assert programs.compile("b", "x") is not second


def test_a_broken_template_is_not_kept():
    """An error takes no place in the cache."""
    programs = ProgramCache()

    with pytest.raises(GoTemplateError):
        programs.compile("{{ .x", "x")

    assert len(programs) == 0
