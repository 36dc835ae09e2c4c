"""What hostile sources try through a policy's templates, each case by its name."""

import base64

import pytest

from clusterimport.engine.document import decode_document
from clusterimport.engine.errors import CredentialRejected, EvaluationError, IncompleteCredentials
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import compile_policy
from clusterimport.model.lifecycle import LifecycleReference
from clusterimport.model.policy import SourceType
from tests.fakes.engine.evaluating import base64_of, compiled, lifecycle_record, policy_record
from tests.fakes.pki.material import CA

CANARY = "canary4711"
TEMPLATE = """
metadata:
  labels:
    team: {{ .source.team }}
  annotations:
    note: {{ .source.note | quote }}
spec:
  apiserver: "{{ .source.url }}"
  caData: {{ .source.ca }}
  tokenData: {{ .source.token }}
  syncResources:
    - group: ""
      resources: [pods, {{ .source.kind }}]
"""
SOURCE = {
    "team": "red",
    "note": "hello",
    "url": "https://a:6443",
    "ca": base64_of(CA),
    "token": base64_of("token"),
    "kind": "nodes",
}

INJECTIONS = [
    "x\nstatus: {}",
    "x\n  finalizers: [a]",
    "x\n  name: other",
    "x\n  ownerReferences:\n  - name: a",
    "x\nkind: Secret",
    "x\n---\nkind: Secret",
    "---\nkind: Secret",
    "...\n---\nkind: Secret",
    '"\n  kubeconfig: "YQ==',
    "'\n  kubeconfig: 'YQ==",
    'x"}\nspec: {"kubeconfig": "YQ==',
    'x", "y": "z',
    "x]\n  kubeconfig: YQ==",
    "x, secrets",
    "[secrets]",
    "{a: b}",
    "&anchor x",
    "*anchor",
    "!!binary YQ==",
    "!tag x",
    "<<: *a",
    "? x",
    "- x",
    "x: y",
    "x:",
    "x #",
    "#",
    "|\n    x",
    ">-\n    x",
    "%YAML 1.1\n---",
    "x\r\nstatus: {}",
    "x\x85status: {}",
    "x\u2028status: {}",
    "\ufeffkind: Secret",
    "x\tstatus: {}",
    "`",
    "@x",
]


def render(source, template=TEMPLATE):
    return compiled(lifecycle_record(template=template)).render(source, {})


def safely(source, template=TEMPLATE):
    """Return the rendered cluster, or None if it is refused with a message that quotes nothing."""
    refusal = ""
    try:
        return render(source, template)
    except EvaluationError as error:
        refusal = error.message
    assert CANARY not in refusal
    return None


@pytest.mark.parametrize("field", list(SOURCE))
@pytest.mark.parametrize("injection", INJECTIONS)
def test_a17_a_value_adds_moves_or_changes_no_field(field, injection):
    """Whatever one value holds, every other field stays as it was, or nothing is rendered."""
    value = f"{CANARY}{injection}" if injection[0] == "x" else injection
    got = safely(SOURCE | {field: value})

    if got is None:
        return
    assert got.labels == {"team": value if field == "team" else "red"}
    assert got.annotations == {"note": value if field == "note" else "hello"}
    assert got.spec.keys() == {"apiserver", "caData", "tokenData", "syncResources"}
    assert got.spec["caData"] == base64_of(CA)
    assert got.spec["tokenData"] == base64_of("token")
    assert got.spec["apiserver"].startswith("https://")
    (group,) = got.spec["syncResources"]
    assert group["resources"] == ["pods", value if field == "kind" else "nodes"]


@pytest.mark.parametrize("function", ["quote", "toJson", "toYaml"])
@pytest.mark.parametrize("injection", INJECTIONS)
def test_a17_quoted_values_arrive_whatever_they_hold(injection, function):
    """By a function that quotes, every value gets there as it is, and nothing but it."""
    got = safely(
        SOURCE | {"note": injection}, TEMPLATE.replace("note | quote", f"note | {function}")
    )

    if got is None:
        # JSON leaves U+0085 as it is, and YAML would fold it.
        assert function == "toJson"
        assert "\x85" in injection
    else:
        assert got.annotations == {"note": injection}


@pytest.mark.parametrize(
    "structure",
    [
        {"resources": ["pods"], "group": "", "namespaces": ["kube-system"]},
        {"kubeconfig": "YQ=="},
        {"metadata": {"finalizers": ["a"]}},
        "status: {}",
        "x\nstatus: {}",
        [{"group": "", "resources": ["secrets"], "<<": "x"}],
        [[["deep"]]],
        None,
        7,
    ],
)
@pytest.mark.parametrize("function", ["toYaml", "toJson", "toPrettyJson"])
def test_a17_structure_of_a_source_stays_in_its_field(structure, function):
    """A function that makes structure cannot leave its field, nor name unknown fields."""
    template = f"""
metadata:
  labels: {{a: b}}
spec:
  apiserver: https://a:6443
  caData: {SOURCE["ca"]}
  tokenData: {SOURCE["token"]}
  syncResources:
    {{{{ .source.sync | {function} | nindent 4 }}}}
"""
    got = safely({"sync": structure}, template)

    if got is not None:
        assert structure is None
        assert got.spec["syncResources"] == []


@pytest.mark.parametrize("field", ["spec", "metadata", "kind"])
def test_a17_field_names_cannot_be_printed(field):
    """A source cannot choose which field a value goes to."""
    for template in (
        "{{ .source.name }}: {a: b}",
        f"{field}: {{a: b}}\n{{{{ .source.name }}}}: x",
        "{{ toYaml .source.whole }}",
        "spec:\n  {{ .source.name }}: YQ==",
        "{{ dict .source.name (dict) | toJson }}",
    ):
        assert safely({"name": field, "whole": {field: {"x": CANARY}}}, template) is None


RAW = [bytes([byte, byte ^ 0x55, 0xFB, 0xFF, 0xFE]) for byte in range(256)]


def test_a18_base64_arrives_byte_for_byte():
    """Every base64 character, padding of each length and binary data stay what they are."""
    for raw in (*RAW, b"", b"a", b"ab", b"abc", bytes(range(256))):
        text = base64.b64encode(CA + raw).decode()
        got = render(SOURCE | {"ca": text})
        assert got.spec["caData"] == text
        if raw not in RAW:
            continue
        decoded = render(
            SOURCE | {"ca": text},
            TEMPLATE.replace("{{ .source.ca }}", "{{ .source.ca | b64dec | b64enc }}"),
        )
        assert decoded.spec["caData"] == text


@pytest.mark.parametrize(
    "text",
    [
        "https://h:6443/a?b=c&d=e+f&g=%2B",
        "a+b&c<d>e'f\"g`h=i/j",
        "&#43;&amp;&lt;",
        "é日本語😀\u0301",
        "\u200b\u00a0x",
        "true", "null", "010", "1e3", "0x1F", "~", "yes", "1_0", "-", "<no value",
    ],
)  # fmt: skip
def test_a18_text_arrives_character_for_character(text):
    """Nothing is escaped for HTML, and nothing is taken for a number or a boolean."""
    got = render(SOURCE | {"note": text}, TEMPLATE.replace("note | quote", "note | toJson"))
    assert got.annotations == {"note": text}
    plain = decode_document(
        compiled(
            lifecycle_record(template="metadata:\n  labels:\n    a: {{ .source.v | toJson }}")
        )._template.output({"source": {"v": text}}, "")
    )
    assert plain.labels == {"a": text}


def test_a18_an_address_keeps_its_query():
    """Clusterpedia would have written `&amp;`."""
    assert render(SOURCE | {"url": "https://h:6443/k?a=b&c=d"}).spec["apiserver"] == (
        "https://h:6443/k?a=b&c=d"
    )


NOTHING = [{"value": ""}, {"value": None}, {}, {"value": "<no value>"}]
EMPTY = [*NOTHING, {"value": " \n"}, {"value": "<nil>"}]


@pytest.mark.parametrize("source", EMPTY)
@pytest.mark.parametrize("text", ["{{ .source.value }}", "{{ print .source.value }}"])
def test_a30_an_empty_name_is_an_error(source, text):
    """No name, and none of `<no value>` or `<nil>`, ever names a lifecycle or cluster."""
    policy = compile_policy(policy_record(name_template=text), ProgramCache())

    with pytest.raises(EvaluationError) as caught:
        policy.lifecycle_name(source)

    assert caught.value.reason == "FailedParseLifecycleName"


@pytest.mark.parametrize("source", EMPTY)
@pytest.mark.parametrize("text", ["{{ .source.value }}", "{{ .source.value | default false }}"])
def test_a30_an_empty_selector_selects_nothing(source, text):
    """What a selector prints has to be `true`; nothing is not everything."""
    record = policy_record(source=SourceType("g.io", "things", selector_template=text))
    policy = compile_policy(record, ProgramCache())

    assert not policy.selects(source)


@pytest.mark.parametrize("source", EMPTY)
def test_a30_an_empty_condition_creates_nothing(source):
    """A condition that prints nothing is not met."""
    lifecycle = compiled(lifecycle_record(creation_condition="{{ .source.value }}"))

    assert not lifecycle.creation_condition_met(source, {})


@pytest.mark.parametrize("source", NOTHING)
@pytest.mark.parametrize("part", ["namespace", "name"])
def test_a30_an_empty_reference_is_an_error(source, part):
    """A reference without a name would be a list of all, without a namespace one of any."""
    templates = {"namespace": "team-a", "name": "one"} | {part: "{{ .source.value }}"}
    reference = LifecycleReference(
        "k", "", "v1", "secrets", templates["namespace"], templates["name"]
    )

    with pytest.raises(EvaluationError) as caught:
        compiled(lifecycle_record(reference)).reference_target(0, source, {})

    assert caught.value.reason == "FailedReferenceResourceParse"


@pytest.mark.parametrize("source", NOTHING)
@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("url", '"{{ .source.value }}"'),
        ("url", '"https://{{ .source.value }}"'),
        ("ca", "{{ .source.value }}"),
        ("ca", "{{ .source.value | b64enc }}"),
        ("ca", "{{ .source.value | toString | b64enc }}"),
        ("token", "{{ .source.value }}"),
        ("token", "{{ .source.value | toString | b64enc }}"),
        ("token", '{{ printf "%v" .source.value | b64enc }}'),
    ],
)
def test_a30_an_empty_server_ca_or_token_is_never_written(source, field, text):
    """An address, CA or token of nothing is an error, not a connection to anywhere."""
    old = '"{{ .source.url }}"' if field == "url" else f"{{{{ .source.{field} }}}}"

    with pytest.raises(EvaluationError) as caught:
        render(SOURCE | source, TEMPLATE.replace(old, text))

    assert isinstance(caught.value, (IncompleteCredentials, CredentialRejected)) or (
        caught.value.reason == "FailedResolveAndDecodePediaCluster"
    )


@pytest.mark.parametrize("source", NOTHING)
def test_a30_an_empty_kubeconfig_is_never_written(source):
    """`toKubeconfig` without a server or a token gives nothing that is imported."""
    for fields in (
        '"server" .source.value "token" "t"',
        '"server" "https://a" "token" .source.value',
    ):
        with pytest.raises(EvaluationError):
            render(source, f"spec:\n  kubeconfig: {{{{ toKubeconfig (dict {fields}) }}}}")
    with pytest.raises(EvaluationError):
        render(source, 'spec:\n  kubeconfig: {{ required "no kubeconfig" .source.value }}')
