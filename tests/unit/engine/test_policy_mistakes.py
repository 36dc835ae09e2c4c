"""What can never work of a policy is told before it is in force, and nothing that may work."""

import pytest

from clusterimport.engine.errors import InvalidPolicy
from clusterimport.model.policy import SourceType
from tests.fakes.engine.policies import compile_one, in_document, reference

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
