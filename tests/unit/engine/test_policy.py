"""A policy whose templates are compiled."""

import pytest

from clusterimport.engine.errors import EvaluationError, InvalidPolicy
from clusterimport.model.policy import ReferenceType, SourceType
from tests.fakes.engine.policies import compile_one, reference

CANARY = "canary4711"


def source(**fields):
    return {"metadata": {"name": "cluster-1", "namespace": "team-a"}, **fields}


def selecting(template):
    return compile_one(source=SourceType("g", "r", selector_template=template))


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


def test_later_references_may_use_earlier_ones():
    """References are resolved in their order."""
    assert compile_one(
        references=(
            reference("a"),
            reference("b", name_template="{{ .references.a.data.name }}"),
        )
    )
