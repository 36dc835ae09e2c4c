"""A policy whose templates are compiled."""

import pytest

from clusterimport.engine.errors import EvaluationError, InvalidPolicy
from clusterimport.engine.policy import compile_policy
from clusterimport.engine.programs import ProgramCache
from clusterimport.model.policy import ReferenceType, SourceType
from tests.fakes.engine.evaluating import policy_record

CANARY = "canary4711"
CONDITION = "spec.creationCondition"
LATER = "reads .references, which are found later"
MEANT = "reads .Source, and there is none; did you mean .source?"
ROOTS = "reads .Values, and there are only .source and .references"
KEY = "uses .references.b, and no reference before it has that key"
VARYING = """\
{{ if .source.a }}
metadata: {labels: {a: "{{ .source.a }}"}}
{{ end }}
spec:
  {{ with .source.b }}
  kubeconfig: "{{ . }}"
  {{ else }}
  apiserver: "{{ .source.c }}"
  tokenData: {{ .source.token }}
  {{ end }}
  syncAllCustomResources: {{ .source.all }}
  syncResources:
  {{ range .source.groups }}
  - {group: "{{ . }}", resources: ["*"]}
  {{ end }}
"""
STRUCTURED = "metadata:\n  labels: {{ .source.metadata.labels | toJson }}\nspec: {}"
BLOCKS = "spec:\n  {{ if .source.a }}apiserver: x{{ else }}kubeconfig: eA=={{ end }}"


def source(**fields):
    return {"metadata": {"name": "cluster-1", "namespace": "team-a"}, **fields}


def compile_one(**fields):
    return compile_policy(policy_record(**fields), ProgramCache())


def selecting(template):
    return compile_one(source=SourceType("g", "r", selector_template=template))


def in_document(printing):
    """Return a template that prints something into a field of its own."""
    return f"spec:\n  shardingName: |-\n    {printing}"


def reference(key="auth", **fields):
    return ReferenceType(
        key, "", "secrets", (), **{"namespace_template": "ns", "name_template": "n"} | fields
    )


@pytest.mark.parametrize("template", ["", "  \n"])
def test_a_policy_without_selector_takes_everything(template):
    """No selector template means all objects of the type."""
    policy = selecting(template)

    assert policy.selects({})


def test_a_selector_decides():
    """What the selector prints for a source decides about it."""
    policy = selecting('{{ eq .source.kind "yes" }}')

    assert policy.selects(source(kind="yes"))
    assert not policy.selects(source(kind="no"))


def test_a_selector_that_fails_is_neither_yes_nor_no():
    """A template error is told with Clusterpedia's reason, so that nobody deletes because of it."""
    policy = selecting("{{ .source.kind.deeper }}")

    with pytest.raises(EvaluationError) as caught:
        policy.selects(source(kind=CANARY))

    assert caught.value.reason == "FailedParseSourceSelector"
    assert "spec.source.selectorTemplate, line 1" in caught.value.message
    assert CANARY not in caught.value.message


def test_a_name_is_rendered_and_trimmed():
    """White space around a name is an accident of writing."""
    policy = compile_one(name_template="\n {{ .source.metadata.namespace }}-x \n")

    assert policy.lifecycle_name(source()) == "team-a-x"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{ .source.missing }}", "prints no name"),
        ("  ", "prints no name"),
        ("mcp-{{ .source.missing }}", "cannot be a name"),
        ("{{ .source.odd }}", "cannot be a name"),
        ("{{ .source.odd.deeper }}", "line 1, column"),
    ],
)
def test_a_name_that_cannot_be_one_is_an_error(template, problem):
    """A missing or invalid name is told with the template that made it, and without it."""
    policy = compile_one(name_template=template)

    with pytest.raises(EvaluationError) as caught:
        policy.lifecycle_name(source(odd=f"{CANARY}/X"))

    assert caught.value.reason == "FailedParseLifecycleName"
    assert caught.value.message.startswith("spec.nameTemplate")
    assert problem in caught.value.message
    assert CANARY not in caught.value.message


def test_all_problems_are_told_at_once():
    """An author sees every bad template, type and key in one condition."""
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(
            source=SourceType("", "events", selector_template="{{ env .x }}"),
            references=(
                reference(namespace_template="{{", name_template="{{ foo }}"),
                reference(),
                ReferenceType("own", "cluster.clusterpedia.io", "pediaclusters", (), "", "n"),
            ),
            name_template="{{ end }}",
            template="a\n{{ now }}",
            creation_condition="{{ if }}",
        )

    error = caught.value
    assert error.reason == "InvalidPolicy"
    assert {problem.path for problem in error.problems} == {
        "spec.source",
        "spec.source.selectorTemplate",
        "spec.references[auth].namespaceTemplate",
        "spec.references[auth].nameTemplate",
        "spec.references[auth]",
        "spec.references[own]",
        "spec.nameTemplate",
        "spec.template",
        "spec.creationCondition",
    }
    assert "the function env is refused" in error.message
    assert "the function now is refused" in error.message
    assert "line 2" in error.message
    assert "this key is used twice" in error.message


def test_one_bad_template_has_clusterpedias_reason():
    """Scripts look for the reasons that Clusterpedia gives for selector and name."""
    with pytest.raises(InvalidPolicy) as selector:
        selecting("{{")
    with pytest.raises(InvalidPolicy) as name:
        compile_one(name_template="{{")

    assert selector.value.reason == "FailedParseSourceSelector"
    assert name.value.reason == "FailedParseLifecycleName"


@pytest.mark.parametrize(
    ("namespace", "allowed", "expected"),
    [
        ("shared", None, ("shared",)),
        (" shared\n", None, ("shared",)),
        ("shared", ("shared", "other"), ("shared",)),
        ("{{ .source.x }}", ("b", "a"), ("a", "b")),
        ("{{ .source.x }}", None, None),
        ("", None, None),
    ],
)
def test_namespaces_to_watch_are_known_where_they_are_fixed(namespace, allowed, expected):
    """A literal namespace or a list of allowed ones limits what has to be watched."""
    policy = compile_one(
        references=(reference(namespace_template=namespace, allowed_namespaces=allowed),)
    )

    assert policy.reference_namespaces(0) == expected


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (
            {"namespace_template": "shared", "allowed_namespaces": ("a",)},
            "spec.references[auth].allowedNamespaces",
        ),
        ({"namespace_template": "Not A Name"}, "spec.references[auth].namespaceTemplate"),
    ],
)
def test_a_fixed_namespace_has_to_make_sense(fields, path):
    """A literal namespace must be one, and be listed where there is a list."""
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(references=(reference(**fields),))

    assert [problem.path for problem in caught.value.problems] == [path]


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"template": in_document("{{ .references.atuh.data }}")}, ["atuh"]),
        (
            {"template": in_document("{{ if .references.b }}{{ .references.b.c }}{{ end }}")},
            ["b"],
        ),
        ({"template": in_document("{{ with .source }}{{ $.references.b }}{{ end }}")}, ["b"]),
        ({"template": in_document("{{ range .references.b.items }}{{ end }}")}, ["b"]),
        (
            {
                "template": in_document(
                    "{{ with .source }}{{ else }}{{ (.references.b).c }}{{ end }}"
                )
            },
            ["b"],
        ),
        ({"creation_condition": "{{ not .references.b }}"}, ["b"]),
        ({"references": (reference(name_template="{{ .references.auth.x }}"),)}, ["auth"]),
    ],
)
def test_references_that_are_not_there_are_problems(fields, keys):
    """A misspelled key would print nothing for ever, so it is told."""
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(**{"references": (reference(),)} | fields)

    assert [problem.message for problem in caught.value.problems] == [
        f"uses .references.{key}, and no reference before it has that key" for key in keys
    ]


@pytest.mark.parametrize(
    "printing",
    [
        "{{ .references.auth.data }}",
        "{{ with .source }}{{ .references.b }}{{ end }}",
        "{{ range .source.items }}{{ .references.b }}{{ end }}",
        '{{ define "t" }}{{ .references.b }}{{ $.references.b }}{{ end }}',
        "{{ .source.references.b }}",
        '{{ ".references.b" }} .references.b',
        "{{ $x := .references }}{{ $x = .source }}{{ $x.b }}",
        "{{ range $k, $v := .references }}{{ $v.b }}{{ end }}",
        '{{ index .references "auth" }}{{ index .references .source.spec.key }}',
        "{{ with $x := .references }}{{ .auth }}{{ $x.auth }}{{ end }}",
    ],
)
def test_only_certain_mistakes_are_told(printing):
    """Where the dot may be something else, nothing is claimed."""
    assert compile_one(references=(reference(),), template=in_document(printing))


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ({"name_template": "{{ .references.auth.data.x }}"}, "spec.nameTemplate", LATER),
        ({"name_template": "{{ .Source.metadata.name }}"}, "spec.nameTemplate", MEANT),
        ({"creation_condition": "{{ .Values.x }}"}, "spec.creationCondition", ROOTS),
        ({"creation_condition": '{{ index .Values "x" }}'}, "spec.creationCondition", ROOTS),
        ({"creation_condition": '{{ index .references "b" }}'}, "spec.creationCondition", KEY),
        ({"creation_condition": '{{ get .references "b" }}'}, "spec.creationCondition", KEY),
        ({"creation_condition": '{{ dig "b" "x" "" .references }}'}, "spec.creationCondition", KEY),
        (
            {"creation_condition": "{{ $r := .references }}{{ $r.b }}"},
            "spec.creationCondition",
            KEY,
        ),
        ({"creation_condition": "{{ with .references }}{{ .b }}{{ end }}"}, CONDITION, KEY),
        (
            {
                "creation_condition": '{{ define "t" }}{{ .b }}{{ end }}'
                '{{ template "t" .references }}'
            },
            CONDITION,
            KEY,
        ),
        ({"creation_condition": "false"}, CONDITION, "always prints `false`"),
        ({"creation_condition": "{{ and true false }}"}, CONDITION, "always prints `false`"),
        ({"creation_condition": "{{ if false }}x{{ end }}"}, CONDITION, "always prints nothing"),
        ({"creation_condition": '{{ fail "x" }}'}, CONDITION, "fails for every cluster"),
        ({"template": "kind: Secret"}, "spec.template", "line 1: kind must be PediaCluster"),
        ({"template": "spec:\n  apiServer: x"}, "spec.template", "line 2: unknown field spec.apiS"),
        ({"template": "spec:\n\tapiserver: x"}, "spec.template", "the rendered text"),
        ({"template": 'spec:\n  caData: "not base64!"'}, "spec.template", "line 2: spec.caData"),
        ({"template": "{{ .source.spec.document }}"}, "spec.template", "must be a mapping"),
    ],
)
def test_t23_what_can_never_work_is_told(fields, path, message):
    """Fields that are never there, a constant that is not true, text that is no PediaCluster."""
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(**{"references": (reference(),)} | fields)

    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message


def test_t23_a_selector_sees_the_source_alone():
    """References are found for what is selected; a selector that takes nothing may be meant."""
    source = SourceType("x.io", "things", selector_template="{{ .references.auth.data.ready }}")
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(references=(reference(),), source=source)
    (problem,) = caught.value.problems
    assert problem.path == "spec.source.selectorTemplate"
    assert problem.message == f"{LATER}; only .source is there"
    assert compile_one(source=SourceType("x.io", "things", selector_template="false"))


def test_t23_everything_is_told_at_once():
    """Whoever mends a policy mends it once."""
    with pytest.raises(InvalidPolicy) as caught:
        compile_one(
            name_template="{{ .Source.x }}",
            creation_condition="never",
            template="kind: Secret",
        )

    assert [problem.path for problem in caught.value.problems] == [
        "spec.nameTemplate",
        "spec.template",
        "spec.creationCondition",
    ]


CALLING = '{{ define "t" }}{{ template "t" .x }}{{ end }}{{ template "t" .source }}'
"""A template that calls itself with ever more."""
DEEP = "".join(
    f'{{{{ define "t{number}" }}}}{"{{ if .a }}" * 90}{{{{ template "t{number + 1}" . }}}}'
    f"{'{{ end }}' * 90}{{{{ end }}}}"
    for number in range(7)
)


@pytest.mark.parametrize("template", [CALLING, DEEP + '{{ template "t0" . }}'])
def test_t23_what_is_too_deep_is_not_judged(template):
    """Nothing is claimed of templates that cannot be followed to their end."""
    document = in_document("a") + template
    assert compile_one(template=document, creation_condition=template + "{{ .source.x }}")


@pytest.mark.parametrize("template", [VARYING, STRUCTURED, BLOCKS])
def test_t23_a_document_that_some_value_makes_right_is_right(template):
    """Only what is wrong with every value and on every way through the text is told."""
    assert compile_one(references=(reference(),), template=template)


def test_later_references_may_use_earlier_ones():
    """References are resolved in their order."""
    assert compile_one(
        references=(
            reference("a"),
            reference("b", name_template="{{ .references.a.data.name }}"),
        )
    )
