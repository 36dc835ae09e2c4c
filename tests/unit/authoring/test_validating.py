"""Each rule has a policy that breaks it, and no other one does."""

import pytest

from clusterimport.authoring.documents import read_documents
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.validation import problems, validating
from clusterimport.authoring.validation.problems import RULES, Severity
from clusterimport.authoring.validation.validating import validate
from clusterimport.engine.errors import InvalidPolicy
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import compile_policy
from clusterimport.model.fields import Rule
from clusterimport.model.policy import EXTENSION_FIELDS, parse_policy
from development import manifests
from tests.fakes.authoring.authored import POLICY, documents, secret, source

# No warning and no note: Clusterpedia's own controller would do the same with it.
PLAIN = (
    POLICY.replace("  allowedCredentialFeatures: [InsecureTLS]\n", "")
    .replace(
        "blue-{{ .source.metadata.name }}",
        "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}",
    )
    .replace("tokenData:", 'caData: "{{ .references.secret.data.ca }}"\n      tokenData:')
)
CRD = """
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusters.cluster.example.io}
spec:
  group: cluster.example.io
  scope: Namespaced
  names: {kind: Cluster, plural: clusters}
  versions: [{name: v1, served: true}]
"""


def found(*texts):
    """Return rule, line and column of each problem."""
    return [
        (each.rule, each.place.line, each.place.column)
        for each in validate(Inputs(documents(*texts)))
    ]


def changed(old, new):
    assert PLAIN.count(old) == 1, old
    return PLAIN.replace(old, new)


def extended(fields):
    return f"{PLAIN}{fields}"


REFERENCE = '{key: more, group: "", resource: secrets, namespaceTemplate: team, nameTemplate: '
BROKEN = [
    (changed("io/v1alpha1", "io/v1"), problems.API_VERSION, 1, 1),
    (changed("    resource: clusters", "    resource: 7"), Rule.SCHEMA, 8, 5),
    (changed("    resource: clusters\n", ""), Rule.SCHEMA, 6, 3),
    (extended("  createCondition: x\n"), problems.UNKNOWN_FIELD, 24, 3),
    (
        changed("    - key: secret", "    - kee: x\n      key: secret"),
        problems.UNKNOWN_FIELD,
        11,
        7,
    ),
    (
        changed(
            "  references:\n", f"  references:\n    - {REFERENCE.replace('more', 'secret')}x}}\n"
        ),
        Rule.DUPLICATE_KEY,
        11,
        7,
    ),
    (changed("group: cluster.example.io", "group: clusterpedia.io"), Rule.REFUSED_TYPE, 6, 3),
    (changed("cluster.example.io", "cluster.example.io/v1"), problems.RESOURCE_NAME, 7, 5),
    (changed("resource: secrets", "resource: Secret"), problems.RESOURCE_NAME, 13, 7),
    (
        changed(
            '"{{ .source.status.ready }}"',
            '"{{ range .source.status.conditions }}{{ .source.status.ready }}{{ end }}"',
        ),
        problems.SHADOWED_DATA,
        23,
        63,
    ),
    (changed("resource: secrets", "resource: secret"), problems.RESOURCE_NAME, 13, 7),
    (
        changed("    resource: clusters", "    resource: clusters\n    versions: [v9]") + CRD,
        problems.VERSION_NOT_SERVED,
        9,
        5,
    ),
    (
        changed('      namespaceTemplate: "{{ .source.metadata.namespace }}"\n', ""),
        Rule.SCOPE,
        11,
        7,
    ),
    (changed('"{{ .source.metadata.namespace }}"', "A_B"), Rule.NAMESPACE_NAME, 14, 7),
    (
        changed('"{{ .source.metadata.namespace }}"', "team\n      allowedNamespaces: [other]"),
        Rule.ALLOWED_NAMESPACES,
        15,
        7,
    ),
    (
        extended("").replace("    selectorT", '    labelSelector: "a in"\n    selectorT'),
        problems.SELECTOR_SYNTAX,
        9,
        5,
    ),
    (changed("{{ .source.spec.server }}", "{{ .source.spec.server"), Rule.TEMPLATE_SYNTAX, 19, 5),
    (changed("{{ .source.spec.server }}", "{{ loewr .source }}"), Rule.UNKNOWN_FUNCTION, 19, 22),
    (changed("{{ .source.spec.server }}", "{{ now }}"), Rule.REFUSED_FUNCTION, 19, 22),
    (
        changed("blue\n", "blue\n").replace(
            "  template: |\n", "  template: |\n    #" + "x" * 140_000 + "\n"
        ),
        Rule.TEMPLATE_LIMIT,
        17,
        3,
    ),
    (changed("{{ .source.spec.server }}", "{{ .cluster.spec.server }}"), Rule.UNKNOWN_DATA, 19, 22),
    (
        changed("{{ .source.spec.server }}", "{{ .references.other.data.x }}"),
        problems.UNKNOWN_REFERENCE,
        19,
        22,
    ),
    (
        changed(
            "  references:\n",
            f'  references:\n    - {REFERENCE}"{{{{ .references.secret.data.x }}}}"}}\n',
        ).replace("{{ .source.spec.server }}", "{{ .references.more.data.x }}"),
        problems.REFERENCE_ORDER,
        11,
        92,
    ),
    (changed('"{{ .source.status.ready }}"', '"False"'), Rule.NEVER_TRUE, 23, 3),
    (changed("      syncResources: []", "      syncResource: []"), Rule.INVALID_DOCUMENT, 22, 7),
    (
        changed('      tokenData: "{{ .references.secret.data.token }}"\n', ""),
        problems.NO_CREDENTIALS,
        17,
        3,
    ),
    (
        changed('      caData: "{{ .references.secret.data.ca }}"\n', ""),
        problems.INSECURE_TLS,
        17,
        3,
    ),
    (
        changed("  references:\n", f"  references:\n    - {REFERENCE}x}}\n"),
        problems.UNUSED_REFERENCE,
        11,
        7,
    ),
    (changed('"{{ ne .source.spec.kind \\"local\\" }}"', '"no"'), problems.NEVER_SELECTS, 9, 5),
    (
        changed("{{ .source.metadata.namespace }}.{{ .source.metadata.name }}", "one"),
        problems.CONSTANT_NAME,
        16,
        3,
    ),
    (
        changed(
            "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}",
            "{{ .source.metadata.name }}",
        ),
        problems.AMBIGUOUS_NAME,
        16,
        3,
    ),
    (extended("  mode: Observe\n"), problems.EXTENSION_FIELD, 24, 3),
    (
        changed('"{{ .source.metadata.namespace }}"', "team\n      allowedNamespaces: [team]"),
        problems.EXTENSION_FIELD,
        15,
        7,
    ),
    (
        changed("{{ .source.spec.server }}", "{{ required `no` .source.spec.server }}"),
        problems.EXTENSION_FUNCTION,
        19,
        22,
    ),
]


@pytest.mark.parametrize(("text", "rule", "line", "column"), BROKEN)
def test_a_policy_that_breaks_a_rule_breaks_no_other(text, rule, line, column):
    """Its place is that in the file, also of a line inside the template."""
    extension = [(problems.EXTENSION_FIELD, line, column)]
    expected = [(str(rule), line, column)]
    # Some fields that can be wrong are our own.
    assert found(text) in (expected, expected + extension)


def test_every_rule_has_a_policy_that_breaks_it():
    """A rule that nothing breaks is none; that of files is the command's own."""
    assert {str(rule) for _, rule, _, _ in BROKEN} == set(RULES) - {problems.FILE}
    assert {str(rule) for rule in Rule} <= set(RULES)


def test_a_policy_that_is_in_order_has_no_problem():
    """With or without its sources beside it."""
    assert found(PLAIN) == found(PLAIN, source(), secret()) == []


BEYOND_THE_ENGINE = {
    *(problems.API_VERSION, problems.UNKNOWN_FIELD, problems.RESOURCE_NAME),
    *(problems.SELECTOR_SYNTAX, problems.NO_CREDENTIALS, "scope"),
}
"""What the API server refuses, or what shows only with a source or with its type."""


@pytest.mark.parametrize("text", [text for text, _, _, _ in BROKEN])
def test_what_the_controller_refuses_is_an_error_and_nothing_else_of_a_template_is(text):
    """The engine judges once, for a condition and for a file."""
    document = documents(text)[0]
    errors = {each.rule for each in validate(Inputs([document])) if each.severity is Severity.ERROR}
    try:
        compile_policy(parse_policy(document.obj), ProgramCache())
    except InvalidPolicy:
        assert errors
    except Exception:  # noqa: BLE001 - a policy without its shape
        assert "schema" in errors
    else:
        assert errors <= BEYOND_THE_ENGINE


def test_an_unknown_function_is_told_with_what_is_near():
    """And with a caret, though Go tells its line alone."""
    (problem,) = validate(Inputs(documents(changed(".source.spec.server", "loewr .source"))))

    assert problem.message == 'function "loewr" not defined; did you mean lower?'
    assert problem.excerpt.split("\n")[1] == "    |                  ^"


def test_no_policy_of_the_catalogue_has_an_error():
    """A rule that is wrong about one of them is wrong."""
    documents_ = read_documents([manifests.EXAMPLES], recursive=True)
    found = validate(Inputs(documents_, only_policies=True))

    assert [str(each) for each in found if each.severity is Severity.ERROR] == []


def test_no_line_is_shown_where_it_may_be_another_ones():
    """Of two references with one key the path of a field does not say which is meant."""
    twice = changed(
        "  references:\n",
        f'  references:\n    - {REFERENCE.replace("more", "secret")}"{{{{ .x }}}}"}}\n',
    )
    found = {each.rule: each for each in validate(Inputs(documents(twice)))}

    assert found["unknown-data"].excerpt == ""


def test_names_of_cluster_scoped_sources_are_never_ambiguous():
    """There is but one of each name."""
    ambiguous = changed(
        "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}",
        "{{ .source.metadata.name }}",
    ).replace('"{{ .source.metadata.namespace }}"', "team")

    assert found(ambiguous) == [("ambiguous-name", 16, 3)]
    assert found(ambiguous, CRD.replace("Namespaced", "Cluster")) == []


def test_the_fields_are_those_of_the_crd():
    """Whoever adds one there adds it here."""
    (crd,) = manifests.read(
        manifests.ROOT / "manifests/crds/policy.clusterpedia.io_clusterimportpolicies.yaml"
    )
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]

    def names(part, known):
        if part.get("type") == "array" and isinstance(known, list):
            return names(part["items"], known[0])
        if not known:
            return None
        assert set(part["properties"]) == set(known)
        for name, inner in part["properties"].items():
            names(inner, known[name])
        return None

    names(spec, validating.SPEC)
    assert {name.split(".")[0] for name in EXTENSION_FIELDS} <= set(validating.SPEC)
