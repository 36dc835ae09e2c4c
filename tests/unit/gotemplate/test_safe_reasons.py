"""What a person is told of a template that fails: Go's reason, as far as it holds no data."""

import pytest

from clusterimport.engine.evaluation import ProgramCache
from clusterimport.gotemplate.errors import ExecError

CANARY = "canary4711"
DATA = {
    "text": CANARY,
    "number": 1,
    "list": [CANARY],
    "map": {"a": CANARY},
    "null": None,
}


def told(template):
    with pytest.raises(ExecError) as caught:
        ProgramCache().compile(template, "t").render(DATA)
    return caught.value.safe_message


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ('{{ required "spec.endpoint is not set yet" .null }}', "spec.endpoint is not set yet"),
        ('{{ .null | required "give it" }}', "error calling required: give it"),
        ('{{ fail "no way" }}', "error calling fail: no way"),
        ('{{ eq .number "1" }}', "incompatible types for comparison: "),
        ("{{ lt .map .map }}", "invalid type for comparison"),
        ("{{ eq .map .list }}", "non-comparable types "),
        ('{{ index .null "a" }}', "index of untyped nil"),
        ("{{ index .list 7 }}", "index out of range"),
        ('{{ index .list "a" }}', "cannot index slice/array with type string"),
        ("{{ index .text 99 }}", "index out of range"),
        ("{{ len .number }}", "len of type int"),
        ("{{ mustB64dec .text }}", "illegal base64 data"),
        ("{{ div 1 0 }}", "integer divide by zero"),
    ],
)
def test_t24_the_reason_is_told(template, reason):
    """With the class of error, and the words that the author wrote for this."""
    message = told(template)

    assert reason in message
    assert CANARY not in message


@pytest.mark.parametrize(
    "template",
    [
        "{{ required .text .null }}",
        '{{ required (printf "%s" .text) .null }}',
        '{{ fail (printf "no %s" .text) }}',
        "{{ fail .text }}",
        "{{ mustRegexMatch .text .text | fail }}",
        "{{ .text | fail }}",
        "{{ atoi .text | index .list }}{{ eq .map .text }}",
        "{{ mustToDate .text .text }}",
        "{{ urlParse .text | index .list }}",
    ],
)
def test_t24_data_is_not_told(template):
    """Not even in words that were meant for a person."""
    assert CANARY not in told(template)
