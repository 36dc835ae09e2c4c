"""What client-go makes of a scalar, and which texts two YAML readers provably read alike."""

import pytest

from clusterimport.engine.goyaml import boolean_of, integer_of, is_plain, is_text
from clusterimport.engine.yamltree import Scalar, YamlMapping
from clusterimport.limits.documents import KUBECONFIG_BYTES
from tests.golden.kubeconfigs.seeds import REAL


def plain(value):
    return Scalar(value, 0, len(value), "")


@pytest.mark.parametrize(
    "value",
    [
        "0", "1_000", "-5", "+5", "017", "08", "0o17", "0x1F", "0_x1F", "0b11", "-0b11", "1.", ".5",
        ".5_0", "1.5e3", "1e3", "1e_5", "12345678901234567890123", "+.inf", "-.Inf", ".NaN", "1_",
        "0X_f",
    ],
)  # fmt: skip
def test_t50_numbers_of_yaml_1_1_are_no_texts(value):
    """Underscores, octal, hexadecimal, binary and infinite ones among them."""
    assert not is_text(plain(value))
    assert is_text(Scalar(value, 0, len(value), "'"))


@pytest.mark.parametrize(
    "value",
    [
        "a", "1a", "0x", "0b2", "0o8", "_1", "1:30", "2001-01-01", "1e", "e5", ".", "-", "--region",
        "1.2.3", "<<", "=", "yess", "tRUE", "nulls", "infinity", "0xg", "1e400x",
    ],
)  # fmt: skip
def test_t50_what_only_looks_like_a_number_is_a_text(value):
    """Dates and times in base 60 are texts to client-go, too."""
    assert is_text(plain(value))


@pytest.mark.parametrize("value", ["y", "Yes", "ON", "true", "TRUE"])
def test_t50_a_yes_has_many_words(value):
    """YAML 1.1 has more of them than JSON, and quotes make a text of each."""
    assert boolean_of(plain(value)) is True
    assert not is_text(plain(value))
    assert boolean_of(Scalar(value, 0, len(value), '"')) is None


@pytest.mark.parametrize("value", ["n", "No", "off", "false", "FALSE"])
def test_t50_a_no_has_many_words(value):
    """They are as many as for yes."""
    assert boolean_of(plain(value)) is False


@pytest.mark.parametrize("value", ["", "~", "null", "Null", "NULL"])
def test_t50_null_is_neither(value):
    """An absent value is no text."""
    assert not is_text(plain(value))
    assert boolean_of(plain(value)) is None
    assert boolean_of(YamlMapping((), 0, 0)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", 0), ("-12", -12), ("123456789", 123456789), ("1234567890", None), ("01", None),
     ("+1", None), ("1_0", None), ("-0", None), ("a", None)],
)  # fmt: skip
def test_t50_a_whole_number_is_certain_if_it_is_small_and_plain(value, expected):
    """Every other form is another number to somebody."""
    assert integer_of(plain(value)) == expected
    assert integer_of(Scalar(value, 0, 1, "'")) is None


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
