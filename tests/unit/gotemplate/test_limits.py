"""Whatever would cost too much ends with an error."""

import sys

import pytest

from clusterimport.gotemplate.errors import LimitError
from tests.fakes.gotemplate.rendering import failure, render


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
