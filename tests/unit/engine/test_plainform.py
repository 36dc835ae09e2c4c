"""Which texts two YAML readers provably read alike."""

import pytest

from clusterimport.engine.plainform import is_plain
from clusterimport.limits.documents import KUBECONFIG_BYTES
from tests.golden.kubeconfigs.seeds import REAL


@pytest.mark.parametrize(
    "line",
    [
        "apiVersion: v1",
        '"apiVersion": "v1"',
        "- cluster:",
        "    certificate-authority-data: LS0tL+/=",
        "  name: kube:admin",
        "  name: kubernetes-admin@kubernetes",
        "  name: arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "    server: https://[fd00::1]:6443/k8s?x=y",
        '    token: "a\\"b\\\\c\\n\\u00e9\\U0001F600\\x41"',
        "    token: 'it''s # not a comment'",
        "      - --region",
        "      last-update: Tue, 05 Mar 2024 10:00:00 CET",
        "preferences: {}",
        "users: []",
        "- {name: x, context: {cluster: c, user: u}}",
        '    args: ["a: b", c]',
        "# comment",
        "    # - x: y",
        "key:   spaces behind   ",
        "",
        "   ",
    ],
)
def test_t50_lines_that_platforms_write_are_plain(line):
    """A key, an item, a value that ends with its line, a comment or nothing."""
    assert is_plain(line)
    assert is_plain(f"a: b\r\n{line}\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "a: b # comment",
        "a: b: c",
        "a: b:",
        "a: |",
        "a: >-",
        "a: &x b",
        "a: *x",
        "a: !!str b",
        "a: {b: c",
        "a: [b,",
        'a: "b',
        "a: 'b",
        'a: "\\/"',
        'a: "\\\'"',
        'a: "\\ud83"',
        "a: {b?c: d}",
        "a: {b:}",
        "a: {b: c:}",
        "a: - b",
        "a: ? b",
        "a: ~",
        "a: @b",
        "a: %b",
        "a: .5",
        "a: `b",
        "a: ,b",
        "? a",
        "- - a",
        "-",
        "a",
        ": a",
        "<<: {a: b}",
        "1: a",
        "%YAML 1.1",
        "...",
        "--- a",
        "\ta: b",
        "a:\tb",
        "a: b\t",
        "a: b\rc: d",
        "# \rb: c",
        "é: a",
        "a: é",
        "# é",
        "\ufeff# a",
        "#\ufeff",
        "a: \x85",
        "# \u2028",
        "a: \u2029",
        "a: \xa0",
        "a: \x7f",
        "a: \x00",
        "a: 😀",
    ],
)
def test_t50_whatever_a_reader_could_take_for_something_else_is_not_plain(line):
    """No sign with a meaning, no value that goes on in another line, nothing but ASCII."""
    assert not is_plain(line)
    assert not is_plain(f"a: b\n{line}\nc: d\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\na: b\n", True),
        ("a: b\n---\n", False),
        ("---\n---\na: b\n", False),
        ("# x\n---\na: b\n", False),
        ('{"a": ["b", null, true, {}], "c":"d"}\n', True),
        ('\n  {\n  "a": "b"\n}\n\n', True),
        ('{"a": -1}', True),
        ('{"a": 1.5}', False),
        ('{"a": "b\n"}', False),
        ('{"a": "\\/"}', False),
        ('{"a" : "b"}', False),
        ('{\t"a": "b"}', False),
        ('{"a": "b"} # x', False),
        ("{'a': 'b'}", False),
        ("{a: b}", False),
        ('["a"]', False),
    ],
)
def test_t50_a_document_begins_once_and_json_stands_alone(text, expected):
    """Dashes may open the document; JSON is without tabs and has whole numbers only."""
    assert is_plain(text) is expected


def test_t50_what_kubectl_and_platforms_write_is_plain():
    """The bytes of an ordinary kubeconfig are kept."""
    by_hand, folded = REAL[5], REAL[7]

    assert [is_plain(text) for text in REAL] == [text not in {by_hand, folded} for text in REAL]


@pytest.mark.parametrize("piece", ["a ", '"', "'x' ", "{a", "a: ", '"\\', "a:a", "''"])
@pytest.mark.parametrize("begin", ["a: ", "a: {", "a: '"])
def test_t50_the_longest_hostile_line_is_judged_at_once(begin, piece):
    """No repetition is tried in two ways, so that this ends."""
    assert not is_plain(begin + piece * (KUBECONFIG_BYTES // len(piece)) + "\n|")
