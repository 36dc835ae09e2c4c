"""The fuzzer itself: what it generates, how it judges, how it makes cases small.

That templates agree with Go's needs Go, and is what `make golden-fuzz` finds out.
"""

from collections import Counter
from collections.abc import Sequence

import pytest

from clusterimport.gotemplate.conformance import answer
from clusterimport.gotemplate.functions import Function
from clusterimport.gotemplate.template import DEFAULT, Template
from tests.golden import corpus
from tests.golden.fuzz.cases import Cases
from tests.golden.fuzz.minimising import minimised
from tests.golden.fuzz.signatures import NAMES
from tests.golden.fuzz.verdicts import Verdict, ours_only, verdict
from tests.golden.peers import Answer, Case, answer_here

VECTORS = corpus.read(corpus.GIVEN)
COUNT = 400
OK: Answer = {"id": "1", "ok": True, "output": "a"}
FAILED: Answer = {"id": "1", "ok": False, "stage": "exec", "error": "policy:1 at <x>: error"}


def test_every_function_is_called() -> None:
    """The grammar knows each function that a template may call."""
    assert set(NAMES) == {name for name, entry in DEFAULT.items() if isinstance(entry, Function)}


def test_a_case_depends_on_seed_and_number_only() -> None:
    """A case can be made again without those before it, and another seed gives others."""
    one = [Cases("x", VECTORS).make(number) for number in range(40)]
    assert [Cases("x", VECTORS).make(number) for number in range(39, -1, -1)] == one[::-1]
    other = [Cases("y", VECTORS).make(number) for number in range(40)]
    assert [case["template"] for case in one] != [case["template"] for case in other]


def test_the_cases_are_worth_rendering() -> None:
    """Many cases render, many fail, few are refused or too costly, and none is an exception."""
    cases = Cases("1", VECTORS)
    answers = [answer_here(cases.make(number)) for number in range(COUNT)]
    outcomes = Counter(one.get("stage", "ok") for one in answers)
    assert outcomes["crash"] == 0
    assert min(outcomes["ok"], outcomes["exec"]) > COUNT / 4
    assert outcomes["parse"] > COUNT / 20
    assert sum(ours_only(one) is not None for one in answers) < 0.03 * COUNT


@pytest.mark.parametrize(
    ("ours", "go", "expected"),
    [
        (OK, OK, Verdict.SAME),
        (OK, OK | {"output": "b"}, Verdict.DIFFERENT),
        (OK, {"id": "1", "ok": True, "output_b64": "/w=="}, Verdict.DIFFERENT),
        (OK, FAILED, Verdict.DIFFERENT),
        (FAILED, FAILED | {"stage": "parse"}, Verdict.DIFFERENT),
        (FAILED, FAILED | {"error": "policy:1 at <y>: error"}, Verdict.SAME),
        (FAILED, FAILED | {"error": "policy:1 at <x>: other"}, Verdict.SAME_BUT_WORDING),
        (FAILED | {"refused": "now"}, OK, Verdict.REFUSED),
        (OK, FAILED | {"refused": "now"}, Verdict.NO_ANSWER),
        (OK, OK | {"unstable": True}, Verdict.NO_ANSWER),
        (OK, FAILED | {"stage": "crash"}, Verdict.NO_ANSWER),
        (FAILED | {"stage": "crash"}, FAILED, Verdict.DIFFERENT),
    ],
)
def test_verdicts(ours: Answer, go: Answer, expected: Verdict) -> None:
    """Output, success and stage count; words are told apart; what Go cannot answer is neither."""
    assert verdict(ours, go) is expected


@pytest.mark.parametrize(
    "template",
    [
        "{{ range 1000000000 }}{{ end }}",
        "{{ until 1000000000 }}",
        '{{ $d := dict }}{{ $_ := set $d "a" $d }}{{ $d }}',
        '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
        '{{ fromJson (repeat 100000 "[") }}',
        '{{ regexMatch (repeat 5000 "a") "" }}',
        '{{ regexMatch "(\\\\pL{1000})" "" }}',
        "{{ " + "(" * 200 + ")" * 200 + " }}",
        "{{ print" + " 1" * 10_000 + " }}",
        "x" * 200_000,
        "".join("{{ if 1 }}" for _ in range(200)),
    ],
)
def test_limits_are_recognised(template: str) -> None:
    """An answer tells by its words that a limit ended it."""
    assert ours_only(answer({"id": "1", "template": template, "data": {}})) is Verdict.LIMITED


def test_minimised() -> None:
    """What is not needed goes, from template and data, however deep."""
    case: Case = {
        "id": "1",
        "template": "some text {{ with .a }}{{ .b | upper }}{{ end }} more",
        "data": {"a": {"b": "xyz", "c": [1, 2]}, "d": None},
    }

    def holds(cases: Sequence[Case]) -> list[bool]:
        return [_renders_upper(case) for case in cases]

    small = minimised(case, holds)
    assert _renders_upper(small)
    assert len(small["template"]) < len("{{with .a}}{{.b|upper}}{{end}}")
    assert "c" not in str(small["data"])
    assert "d" not in small["data"]


def _renders_upper(case: Case) -> bool:
    if "upper" not in case["template"]:
        return False
    try:
        return "X" in Template(case["template"]).render(case["data"])
    except Exception:  # noqa: BLE001 - of a broken template anything may come
        return False
