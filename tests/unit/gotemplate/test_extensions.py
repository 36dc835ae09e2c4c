"""Our own functions: YAML both ways, kubeconfigs, conditions, and failing instead of going on."""

import base64
import json
import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate import extensions
from clusterimport.gotemplate.conformance import answer
from clusterimport.gotemplate.errors import ExecError, FunctionError, LimitError, ParseError
from clusterimport.gotemplate.extensions import yamlreader, yamlwriter
from clusterimport.gotemplate.template import DEFAULT, Template
from tests.fakes.gotemplate import goanswers

CANARY = "canary4711"

NASTY = (
    "yes", "No", "on", "y", "null", "~", "010", "1_0", "0x1F", "1:30", "2020-01-01", ".inf", "1e3",
    "<<", "=", "-", "- a", "a: b", "a #b", "#", "'", '"', "|", "---", "...", "&a", "*a", "!t", "%a",
    "a...", "b/...", "\n", "a\n", " a", "a ", "\t", "\x00", "\x7f", "\x85", "\u2028", "\ufeff",
    "😀", "e" * 200 + " " * 9,
)  # fmt: skip
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12) | st.sampled_from(NASTY)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def render(text, data=None):
    return Template(text, functions=FUNCTIONS).render(data)


def failure(text, data=None):
    with pytest.raises(ExecError) as caught:
        render(text, data)
    assert CANARY not in caught.value.safe_message
    return caught.value.message.partition("error calling ")[2]


def test_they_are_no_part_of_go():
    """None hides a function of Go or sprig, and in conformance mode none is defined."""
    assert not extensions.FUNCTIONS.keys() & DEFAULT.keys()
    for name in extensions.FUNCTIONS:
        with pytest.raises(ParseError, match=f'function "{name}" not defined'):
            Template(f"{{{{ {name} . }}}}")
        answered = answer({"id": "1", "template": f"{{{{ {name} . }}}}", "data": {}})
        assert answered["stage"] == "parse"
        assert answered["error"] == f'template: policy:1: function "{name}" not defined'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        (1.5, "1.5"),
        (3.0, "3.0"),
        (1e21, "1.0e+21"),
        (1.25e-7, "1.25e-07"),
        ("a-b/c.d_e", "a-b/c.d_e"),
        ("", '""'),
        ("a b", '"a b"'),
        ("a\nb: 'c'", "\"a\\nb: 'c'\""),
        ("yes", '"yes"'),
        ("True", '"True"'),
        ("010", '"010"'),
        ("\udcff", '"\ufffd"'),
        ([], "[]"),
        ({}, "{}"),
        ({"b": [1, {"c": None}], "a": {}}, "a: {}\nb:\n- 1\n- c: null"),
        ("a...", "a..."),
        (["a..."], "- a..."),
        ({"k": "a..."}, "k: a..."),
        ({"a...": ["...", "b..."]}, 'a...:\n- "..."\n- b...'),
        ({"true": "x", "a b": "é"}, '"a b": "é"\n"true": x'),
        ([[1], []], "- - 1\n- []"),
    ],
)
def test_yaml_is_plain_and_always_the_same(value, text):
    """Keys are sorted, and what is no harmless word stands between quotes."""
    assert render("{{ toYaml .v }}", {"v": value}) == text


def test_yaml_of_go_values():
    """Typed lists, nil and records are written as their JSON."""
    assert render("{{ until 2 | toYaml }}") == "- 0\n- 1"
    assert render("{{ toYaml .missing }}") == "null"
    assert render('{{ semver "v1.2.3" | toYaml }}') == '"1.2.3"'
    assert render('{{ splitList "," "a,1" | toYaml }}') == '- a\n- "1"'
    assert render("{{ $l := list 1 }}{{ list $l $l | toYaml }}") == "- - 1\n- - 1"


def test_what_yaml_cannot_hold_is_an_error():
    """NaN and complex numbers have no YAML that JSON could hold."""
    assert failure('{{ float64 "nan" | toYaml }}') == (
        "toYaml: unsupported value: not a finite number"
    )
    assert failure("{{ toYaml 1i }}") == "toYaml: unsupported type: complex128"


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_yaml_arrives_as_it_was(value):
    """What is written reads back the same here and in another reader, and so often."""
    text = yamlwriter.to_yaml(goanswers.meter(), value)

    assert yamlreader.from_yaml(goanswers.meter(), text) == value
    assert yaml.safe_load(text) == value
    assert yamlwriter.to_yaml(goanswers.meter(), json.loads(json.dumps(value))) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing", None),
        ("a: 1", {"a": 1}),
        ("- 1\n- -2\n- +3\n- 0", [1, -2, 3, 0]),
        ("[~, null, 'null', \"~\"]", [None, None, "null", "~"]),
        ("[true, False, TRUE, yes, on, 'true']", [True, False, True, "yes", "on", "true"]),
        ("[010, 0x10, 1_000, 1e3, 1:30, .5, 2020-01-01]",
         ["010", "0x10", "1_000", "1e3", "1:30", ".5", "2020-01-01"]),
        ("[1.5, -0.25, 1.0e+3, 1.0e3, .inf]", [1.5, -0.25, 1000.0, "1.0e3", ".inf"]),
        ("[9223372036854775807, 9223372036854775808]", [2**63 - 1, float(2**63)]),
        ("1: a\ntrue: b\n'': c\n'<<': d", {"1": "a", "true": "b", "": "c", "<<": "d"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ('{"a": [{"b": "c"}]}', {"a": [{"b": "c"}]}),
        ("---\na: b\n...\n", {"a": "b"}),
    ],
)  # fmt: skip
def test_yaml_is_read_as_every_reader_does(text, value):
    """Only what YAML 1.1 and 1.2 read alike is more than text."""
    read = yamlreader.from_yaml(goanswers.meter(), text)

    assert read == value
    assert repr(read) == repr(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"a: &{CANARY} 1", "line 1: an anchor or alias"),
        (f"\na: *{CANARY}", "line 2: an anchor or alias"),
        (f"!{CANARY} a", "line 1: a tag"),
        ("a: !!binary YQ==", "line 1: a tag"),
        ("a: !!map {}", "line 1: a tag"),
        ("%YAML 1.1\n---\na", "line 1: a directive"),
        (f"%TAG ! tag:{CANARY},2000:\n---\na", "line 1: a directive"),
        ("a: 1\n---\nb: 2", "line 2: a second document"),
        (f"{CANARY}: 1\n{CANARY}: 2", "line 2: the same key twice"),
        ("<<: {a: b}", "line 1: a key that is not a plain name"),
        ("~: a", "line 1: a key that is not a plain name"),
        ("[a]: b", "line 1: a key that is not a plain name"),
        ("? {a: b}\n: c", "line 1: a key that is not a plain name"),
        (f"{CANARY}: [", "line 2: not valid YAML"),
        (f"{CANARY}: b: c", "line 1: not valid YAML"),
        ("a\x00b", "a character that YAML does not allow"),
        ("\udcff", "bytes that are not UTF-8"),
    ],
)
def test_yaml_that_readers_could_see_differently_is_refused(text, message):
    """Aliases, tags, directives, odd keys and a second document are errors that quote nothing."""
    with pytest.raises(FunctionError) as caught:
        yamlreader.from_yaml(goanswers.meter(), text)

    assert caught.value.message == f"yaml: {message}"
    assert failure("{{ fromYaml .t }}", {"t": text}) == f"fromYaml: yaml: {message}"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 102,
        "{a: " * 102,
        "- " * 102 + "a",
        "- a\n" * 5000,
        f"[{'a, ' * 5000}",
        "x" * 2_000_000,
    ],
)
def test_yaml_has_limits(text):
    """Deep, wide and long documents cost too much."""
    with pytest.raises(LimitError):
        yamlreader.from_yaml(goanswers.meter(steps=5000), text)


def test_written_yaml_has_limits():
    """Deep, wide and long values cost too much, and cyclic ones end."""
    deep = []
    for _ in range(101):
        deep = [deep]
    for value in (deep, [1] * 5000, {str(i): i for i in range(5000)}, "x" * 400_000):
        with pytest.raises(LimitError):
            yamlwriter.to_yaml(goanswers.meter(steps=5000), value)
    with pytest.raises(LimitError, match="larger than 100"):
        yamlwriter.to_yaml(goanswers.meter(size=100), "x" * 101)
    assert yamlwriter.to_yaml(goanswers.meter(), deep[0]).count("- ") == 100


@pytest.mark.parametrize("value", [1, 0, False, [], {}, "x", " "])
def test_what_is_there_passes_required(value):
    """Zero, false and empty lists are values, as in Helm."""
    assert render('{{ required "no" .v | kindOf }}', {"v": value}) != ""


@pytest.mark.parametrize("data", [{}, {"v": None}, {"v": ""}, {"v": {}}])
def test_required_fails_with_the_words_of_the_author(data):
    """A missing value, null and the empty text fail."""
    text = (
        '{{ required "no token" .v.w }}'
        if data.get("v") == {}
        else '{{ .v | required "no token" }}'
    )

    assert failure(text, data) == "required: no token"


def test_must_b64dec_fails_where_b64dec_tells_a_story():
    """The text of the error is an error, not a value."""
    assert render('{{ b64dec "YQ" }}') == "illegal base64 data at input byte 0"
    assert failure('{{ mustB64dec "YQ" }}') == "mustB64dec: illegal base64 data at input byte 0"
    assert failure('{{ mustB64dec "YQ*=" }}') == "mustB64dec: illegal base64 data at input byte 2"
    assert render('{{ mustB64dec "+/+/\\n" | b64enc }}') == "+/+/"
    assert render('{{ mustB64dec "" }}') == ""


def decoded(text, data=None):
    return json.loads(base64.b64decode(render(text, data)))


def test_a_kubeconfig_is_made_of_its_fields():
    """Cluster and user fields go where they belong, and empty ones are left out."""
    kubeconfig = decoded(
        '{{ dict "server" .s "certificate-authority-data" "Y2E=" "token" "a+b&c" '
        '"client-key-data" .missing "proxy-url" "" "insecure-skip-tls-verify" false '
        "| toKubeconfig }}",
        {"s": "https://c"},
    )

    assert kubeconfig == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "default",
                "cluster": {"server": "https://c", "certificate-authority-data": "Y2E="},
            }
        ],
        "users": [{"name": "default", "user": {"token": "a+b&c"}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
    }


@pytest.mark.parametrize("key", ["clusters", "users", "contexts", "current-context"])
def test_a_whole_kubeconfig_is_encoded_as_it_is(key):
    """A map with a part of a kubeconfig is one, and only gets its head."""
    assert decoded("{{ toKubeconfig .k }}", {"k": {key: ["x"], "kind": "Config"}}) == {
        "apiVersion": "v1",
        "kind": "Config",
        key: ["x"],
    }


def test_a_kubeconfig_of_wrong_fields_is_an_error():
    """A field that is not known, or no server, is told."""
    known = "known are server, certificate-authority-data, insecure-skip-tls-verify, proxy-url, "
    known += "tls-server-name, client-certificate-data, client-key-data, token"
    assert failure("{{ toKubeconfig .k }}", {"k": {"server": "x", "exec": {}}}) == (
        f"toKubeconfig: unknown field exec; {known}"
    )
    assert failure("{{ toKubeconfig .k }}", {"k": {"server": "", "token": CANARY}}) == (
        "toKubeconfig: server is missing or empty"
    )
    assert failure("{{ toKubeconfig .missing }}", {}) == "toKubeconfig: server is missing or empty"
    with pytest.raises(ExecError, match="wrong type for value"):
        render("{{ toKubeconfig .s }}", {"s": "x"})
    with pytest.raises(LimitError):
        Template("{{ toKubeconfig (dict `clusters` .s) }}", functions=FUNCTIONS).render(
            {"s": "x" * 1_000_000}
        )


READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("obj", "output"),
    [
        ({"status": {"conditions": [{"type": "A", "status": "True"}, READY]}}, "true"),
        ({"status": {"conditions": [READY | {"status": "False"}]}}, "false"),
        ({"status": {"conditions": [READY | {"status": True}]}}, "false"),
        ({"status": {"conditions": [{"type": "A", "status": "True"}]}}, "false"),
        ({"status": {"conditions": ["Ready", None, {}]}}, "false"),
        ({"status": {"conditions": []}}, "false"),
        ({"status": {"conditions": READY}}, "false"),
        ({"status": {"conditions": None}}, "false"),
        ({"status": None}, "false"),
        ({"status": "Ready"}, "false"),
        ({}, "false"),
        (None, "false"),
    ],
)
def test_a_condition_is_true_only_if_it_says_so(obj, output):
    """Whatever is no list of conditions holds none that is true."""
    assert render('{{ conditionTrue .o "Ready" }}', {"o": obj}) == output
    assert render('{{ conditionTrue .none.deeper "Ready" }}', {}) == "false"


def test_a_condition_of_no_object_is_an_error():
    """A text has no conditions to ask for; many conditions are charged."""
    assert failure('{{ conditionTrue .o "Ready" }}', {"o": CANARY}) == (
        "conditionTrue: expected an object; got string"
    )
    meter = goanswers.meter()
    condition_true = extensions.FUNCTIONS["conditionTrue"].impl
    assert condition_true(meter, {"status": {"conditions": [{}] * 200 + [READY]}}, "Ready")
    assert goanswers.meter().steps - meter.steps == 100


def test_only_finite_numbers_are_literals():
    """Infinity is refused like NaN."""
    for number in (math.inf, -math.inf, math.nan):
        with pytest.raises(FunctionError, match="not a finite number"):
            yamlwriter.to_yaml(goanswers.meter(), [number])
