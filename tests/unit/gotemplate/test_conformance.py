"""Conformance mode: cases in, answers out."""

import json
import subprocess
import sys

import pytest

from clusterimport.gotemplate.conformance import answer, decode


def test_output():
    """A case that renders gives its output under its id."""
    assert answer({"id": "a", "template": "{{ .x }}é", "data": {"x": 1}}) == {
        "id": "a",
        "ok": True,
        "output": "1é",
    }


def test_binary_output():
    """Output that is no UTF-8 comes in base64."""
    assert answer({"id": "a", "template": '{{ "\\xff" }}', "data": None}) == {
        "id": "a",
        "ok": True,
        "output_b64": "/w==",
    }


@pytest.mark.parametrize(
    ("template", "stage", "error"),
    [
        ("{{", "parse", "template: policy:1: unclosed action"),
        ("{{ nil }}", "exec",
         'template: policy:1:3: executing "policy" at <nil>: nil is not a command'),
    ],
)  # fmt: skip
def test_errors(template, stage, error):
    """A case that fails tells the stage and Go's error."""
    assert answer({"id": 1, "template": template}) == {
        "id": 1,
        "ok": False,
        "stage": stage,
        "error": error,
    }


def test_refused_functions():
    """A refused function is named."""
    assert answer({"id": 1, "template": "{{ if false }}{{ now }}{{ end }}"})["refused"] == "now"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", float(2**63)),
        ("1" * 30, float("1" * 30)),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("true", True),
        (r'"\ud800x"', "\ufffdx"),
        (r'{"\udc00": ["\uD83D\uDE00", 1]}', {"\ufffd": ["😀", 1]}),
    ],
)
def test_decoding(text, value):
    """Numbers are int64 if they fit and have no point; lone surrogates become U+FFFD."""
    decoded = decode(text)
    assert decoded == value
    assert type(decoded) is type(value)


def test_bytes_that_are_no_text():
    """Each wrong byte of a line, or of an error, is one U+FFFD."""
    case = decode(b'{"id": "1", "template": "{{ .s }}", "data": {"s": "a\xe2\x82b\xff"}}')
    assert answer(case)["output"] == "a\ufffd\ufffdb\ufffd"
    failed = answer({"id": "1", "template": '{{ fail "a\\xff\\xe2" }}'})
    assert failed["error"].endswith("error calling fail: a\ufffd\ufffd")


def test_command_line():
    """The module answers line by line, in order, skipping empty lines."""
    lines = (
        '{"id": "1", "template": "{{ .a }}", "data": {"a": "<"}}',
        "",
        '{"id": "2", "template": "{{"}',
    )
    cases = "\n".join(lines).encode()
    result = subprocess.run(
        [sys.executable, "-m", "clusterimport.gotemplate", "--jsonl"],
        input=cases,
        capture_output=True,
        check=True,
    )
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [a["id"] for a in answers] == ["1", "2"]
    assert answers[0]["output"] == "<"
    assert answers[1]["stage"] == "parse"
