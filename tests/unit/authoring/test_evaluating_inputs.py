"""What an evaluation sees of what it is given: bounds, selectors, rules, policies, references."""

import pytest

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import NothingFound
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Outcome
from clusterimport.engine.rules import ImportRules
from tests.fakes.authoring.authored import POLICY, documents, evaluated, policy, secret, source

NESTED: list[object] = []
for _ in range(100):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("excess", "told"),
    [
        ("x" * 1_100_000, "1048576 bytes"),
        (["y"] * 20_000, "20000 values"),
        (NESTED, "deeper than the 64 levels"),
    ],
    ids=("bytes", "values", "levels"),
)
def test_what_the_controller_would_not_read_is_told(excess, told):
    """A source or a reference beyond the bounds, under the reason that a condition has."""
    large = [Document({**each.obj, "more": excess}) for each in documents(source())]
    (found,) = evaluate(Inputs([*documents(POLICY, secret()), *large]))
    assert (found.outcome, found.reason) == (Outcome.SELECTOR_ERROR, "SourceTooLarge")
    assert told in found.message
    large = [Document({**each.obj, "more": excess}) for each in documents(secret())]
    (found,) = evaluate(Inputs([*documents(POLICY, source()), *large]))
    assert (found.outcome, found.reason) == (Outcome.REFERENCE_ERROR, "ReferenceTooLarge")
    assert found.message.startswith("secrets team/one cannot be read: it ")
    assert told in found.message


def test_what_nobody_reads_makes_no_object_too_large():
    """ManagedFields are not counted, nor is an object that the server's selectors leave out."""
    (obj,) = documents(source())
    managed = {**obj.obj["metadata"], "managedFields": [{"x": "y"}] * 20_000}
    inputs = Inputs([*documents(POLICY, secret()), Document({**obj.obj, "metadata": managed})])
    assert [each.outcome for each in evaluate(inputs)] == [Outcome.IMPORT]

    narrow = POLICY.replace("resource: clusters\n", "resource: clusters\n    labelSelector: a=b\n")
    inputs = Inputs([*documents(narrow, secret()), Document({**obj.obj, "more": [0] * 30_000})])
    assert [each.outcome for each in evaluate(inputs)] == [Outcome.NOT_SELECTED]


def test_labels_and_fields_select_before_the_template():
    """What the server would not list the policy does not see."""
    chosen = policy(
        selectorTemplate="'{{ fail \"seen\" }}'\n    labelSelector: x in (web)\n"
        "    fieldSelector: metadata.name!=one"
    )
    (by_label,) = evaluated(chosen, source("two"), secret())
    labelled = source().replace("namespace: team}", "namespace: team, labels: {x: web}}", 1)
    (by_field,) = evaluated(chosen, labelled, secret())

    assert by_label.outcome is by_field.outcome is Outcome.NOT_SELECTED
    assert by_label.message == "spec.source.labelSelector does not take it"
    assert by_field.message == "spec.source.fieldSelector does not take it"


def test_the_rules_of_the_installation_count():
    """What the controller's flags allow can be allowed here, too."""
    texts = (policy(allowedCredentialFeatures="[]"), source(), secret())
    rules = ImportRules(allowed_features=frozenset({"InsecureTLS"}))

    assert evaluated(*texts)[0].outcome is Outcome.CREDENTIAL_REJECTED
    assert evaluated(*texts, rules=rules)[0].outcome is Outcome.IMPORT


def test_only_the_policies_that_are_named_count():
    """An unknown name is told with those that there are."""
    inputs = Inputs(
        documents(POLICY, POLICY.replace("name: blue", "name: red"), source(), secret())
    )

    assert {each.policy for each in evaluate(inputs, only=["red"])} == {"red"}
    with pytest.raises(NothingFound, match="no policy green among what was given, but blue, red"):
        evaluate(inputs, only=["green"])
    with pytest.raises(NothingFound, match="there is no ClusterImportPolicy"):
        evaluated(source())


def test_a_reference_that_is_missing_is_named():
    """Whoever reads from a server fetches it, and asks again."""
    (found,) = evaluated(POLICY, source())

    assert found.missing is not None
    assert found.missing.object_key == ("team", "one")


def test_a_secret_that_was_never_meant_for_a_cluster_is_refused():
    """As by the controller, whatever its keys are called."""
    helm = secret().replace("kind: Secret", "kind: Secret\ntype: helm.sh/release.v1")
    (found,) = evaluated(POLICY, source(), helm)

    assert found.outcome is Outcome.REFERENCE_ERROR
    assert "a Helm release" in found.message


def test_a_namespace_that_does_not_fit_the_type_is_found_where_the_type_is_known():
    """The controller would refuse the policy, once it has asked the server for its types."""
    nowhere = POLICY.replace('      namespaceTemplate: "{{ .source.metadata.namespace }}"\n', "")
    (found,) = evaluated(nowhere, source(), secret())

    assert found.outcome is Outcome.REFERENCE_ERROR
    assert "secrets live in namespaces, so one is needed" in found.message


@pytest.mark.parametrize(("versions", "expected"), [("[v7, v1]", "v7"), ("[]", "v1")])
def test_a_reference_is_read_in_the_version_that_is_preferred(versions, expected):
    """The first that the policy names, else that of what was given."""
    text = POLICY.replace("resource: secrets", f"resource: secrets\n      versions: {versions}")
    (found,) = evaluated(text, source(), secret())

    assert [each.version for each in found.lifecycle.references] == [expected]


NAMESPACE = '"{{ .source.metadata.namespace }}"'
SELECTOR = "labelSelector: {matchLabels: {of: blue}}"


def test_a_reference_is_found_by_the_labels_that_the_policy_tells():
    """As by the controller: with them it is used, without them it is there and not selected."""
    selecting = policy(namespaceTemplate=f"{NAMESPACE}\n      {SELECTOR}")
    labelled = secret().replace("namespace: team}", "namespace: team, labels: {of: blue}}")
    (used,) = evaluated(selecting, source(), labelled)
    (unused,) = evaluated(selecting, source(), secret())

    assert used.outcome is Outcome.IMPORT
    assert (unused.outcome, unused.reason) == (Outcome.REFERENCE_NOT_FOUND, "ReferenceNotSelected")
    assert unused.message.startswith("secrets team/one is there, but has not the labels that")
    assert "(of=blue)" in unused.message
    assert unused.missing is None, "nothing has to be read for it"
