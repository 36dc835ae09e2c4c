"""What becomes of each source, and what is told of it and where."""

import base64

import pytest

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.outcomes import Outcome, StepKind
from tests.fakes.authoring.authored import POLICY, TOKEN, evaluated, policy, secret, source

KUBECONFIG_POLICY = policy().replace(
    '      apiserver: "{{ .source.spec.server }}"\n'
    '      tokenData: "{{ .references.secret.data.token }}"\n',
    '      kubeconfig: "{{ .references.secret.data.token }}"\n',
)


def test_a_source_becomes_the_whole_object_that_would_be_created():
    """Name, mark and content are the controller's, but for what only a server knows."""
    (found,) = evaluated(POLICY, source(), secret())

    assert found.outcome is Outcome.IMPORT
    assert str(found.source) == "clusters.cluster.example.io/team/one"
    assert found.pedia_cluster == {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": "PediaCluster",
        "metadata": {
            "name": "blue-one",
            "labels": {"policy.clusterpedia.io/policy": "blue"},
            "ownerReferences": [
                {
                    "apiVersion": "policy.clusterpedia.io/v1alpha1",
                    "kind": "PediaClusterLifecycle",
                    "name": "blue-one",
                }
            ],
            "annotations": {
                "policy.clusterpedia.io/source": "clusters.cluster.example.io/team/one"
            },
        },
        "spec": {
            "apiserver": "https://192.0.2.1:6443",
            "tokenData": base64.b64encode(TOKEN.encode()).decode(),
            "syncResources": [],
        },
    }
    assert [step.kind for step in found.steps] == [
        StepKind.SELECTOR,
        StepKind.NAME,
        StepKind.CLAIM,
        StepKind.REFERENCE,
        StepKind.CONDITION,
        StepKind.TEMPLATE,
    ]
    assert all(step.passed for step in found.steps)


@pytest.mark.parametrize(
    ("texts", "outcome", "told", "place"),
    [
        (
            (POLICY, source(ready="false"), secret()),
            Outcome.WAITING,
            "spec.creationCondition prints `false`, not true",
            "0.yaml:22:3",
        ),
        (
            (POLICY, source(ready="null"), secret()),
            Outcome.WAITING,
            "spec.creationCondition prints nothing, not true",
            "0.yaml:22:3",
        ),
        (
            (POLICY, source().replace("remote", "local"), secret()),
            Outcome.NOT_SELECTED,
            "spec.source.selectorTemplate prints `false`, not true",
            "0.yaml:9:5",
        ),
        (
            (POLICY, source()),
            Outcome.REFERENCE_NOT_FOUND,
            "secrets team/one is not there",
            "0.yaml:15:7",
        ),
        (
            (policy(selectorTemplate='"{{ fail .source.spec.server }}"'), source(), secret()),
            Outcome.SELECTOR_ERROR,
            "error calling fail: https://192.0.2.1:6443",
            "0.yaml:9:27",
        ),
        (
            (policy(selectorTemplate='"true"\n    labelSelector: "a in"'), source(), secret()),
            Outcome.SELECTOR_ERROR,
            "spec.source.labelSelector cannot be read from 'a in' on",
            "0.yaml:10:5",
        ),
        (
            (POLICY.replace('"blue-{{ .source.metadata.name }}"', '"A B"'), source(), secret()),
            Outcome.NAME_ERROR,
            "spec.nameTemplate prints something that cannot be a name",
            "0.yaml:16:3",
        ),
        (
            (policy(namespaceTemplate='"{{ .source.spec.kind }}"'), source(), secret()),
            Outcome.REFERENCE_ERROR,
            "may only use objects of its own",
            "0.yaml:15:7",
        ),
        (
            (policy(creationCondition="'{{ fail .source.spec.kind }}'"), source(), secret()),
            Outcome.CONDITION_ERROR,
            "error calling fail: remote",
            "0.yaml:22:26",
        ),
        (
            (policy(tokenData='{{ mustB64dec "%" | quote }}'), source(), secret()),
            Outcome.TEMPLATE_ERROR,
            "spec.template, line 3, column 17: executing",
            "0.yaml:20:21",
        ),
        (
            (policy(tokenData='"{{ .source.spec.server }}"'), source(), secret()),
            Outcome.INVALID_PEDIACLUSTER,
            "spec.tokenData must be base64",
            "0.yaml:20:7",
        ),
        (
            (policy(syncResources="[]\n    metadata: {labels: {a: b c}}"), source(), secret()),
            Outcome.INVALID_PEDIACLUSTER,
            "metadata.labels[a]",
            "0.yaml:17:3",
        ),
        (
            (policy(tokenData='""'), source(), secret()),
            Outcome.INCOMPLETE_CREDENTIALS,
            "",
            "0.yaml:17:3",
        ),
        (
            (policy(allowedCredentialFeatures="[]"), source(), secret()),
            Outcome.CREDENTIAL_REJECTED,
            "allowedCredentialFeatures: [InsecureTLS]",
            "0.yaml:17:3",
        ),
    ],
)
def test_every_outcome_has_its_message_and_place(texts, outcome, told, place):
    """What decided is named, with the line of the policy in which it stands."""
    (found,) = evaluated(*texts)

    assert found.outcome is outcome
    assert told in found.message
    assert str(found.place) == place
    assert found.pedia_cluster is None
    assert not found.steps[-1].passed


def test_a_failing_template_is_shown_with_a_caret():
    """Go's own text, the line at fault and the place in it."""
    (found,) = evaluated(policy(tokenData='{{ mustB64dec "%" | quote }}'), source(), secret())

    assert found.excerpt.split("\n") == [
        '  3 |   tokenData: {{ mustB64dec "%" | quote }}',
        "    |                 ^",
    ]
    assert "error calling mustB64dec: illegal base64 data at input byte 0" in found.message


@pytest.mark.parametrize(
    ("field", "outcome"),
    [
        ("selectorTemplate", Outcome.SELECTOR_ERROR),
        ("resource", Outcome.SELECTOR_ERROR),
        ("nameTemplate", Outcome.NAME_ERROR),
        ("namespaceTemplate", Outcome.REFERENCE_ERROR),
        ("creationCondition", Outcome.CONDITION_ERROR),
        ("template", Outcome.TEMPLATE_ERROR),
    ],
)
def test_a_policy_that_cannot_work_says_so_with_each_source(field, outcome):
    """All its problems are told, under the name of the step that cannot be made."""
    if field == "resource":
        texts = (
            POLICY.replace("group: cluster.example.io", "group: coordination.k8s.io").replace(
                "resource: clusters", "resource: leases"
            ),
            "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a}\n",
        )
    elif field == "nameTemplate":
        texts = (POLICY.replace("blue-{{", "blue-{{ nofunction"), source())
    elif field == "template":
        texts = (POLICY.replace("{{ .source.spec.server }}", "{{ nofunction }}"), source())
    else:
        texts = (policy(**{field: '"{{ nofunction }}"'}), source())
    (found,) = evaluated(*texts)

    assert found.outcome is outcome
    assert ("nofunction" in found.message) == (field != "resource")


def test_a_policy_that_cannot_work_and_has_no_source_is_an_error():
    """Else nobody would hear of it."""
    with pytest.raises(InvalidInput, match='function "nofunction" not defined') as caught:
        evaluated(policy(creationCondition='"{{ nofunction }}"'))

    assert str(caught.value.place) == "0.yaml:22:23"


def test_a_policy_without_its_shape_is_an_error_with_the_place():
    """All problems of shape are told at once."""
    with pytest.raises(InvalidInput) as caught:
        evaluated(policy(creationCondition="true"), source())

    assert str(caught.value) == (
        "0.yaml:22:3: ClusterImportPolicy blue: spec.creationCondition: must be a string"
    )


def test_the_first_source_keeps_a_name():
    """Of one policy or of two, in the order of the inputs."""
    one_name = POLICY.replace("blue-{{ .source.metadata.name }}", "same")
    other = one_name.replace("name: blue", "name: other")
    first, second, third, fourth = evaluated(one_name, other, source("a"), source("b"), secret())

    assert first.outcome is Outcome.IMPORT
    assert second.outcome is Outcome.NAME_CONFLICT
    assert "taken by source clusters.cluster.example.io/team/a" in second.message
    assert "taken by a lifecycle of policy blue" in third.message
    assert fourth.outcome is Outcome.NAME_CONFLICT


def test_a_source_that_waits_has_its_name_already():
    """Its lifecycle is there, so that nobody else gets the name meanwhile."""
    one_name = POLICY.replace("blue-{{ .source.metadata.name }}", "same")
    first, second = evaluated(one_name, source("a", ready="false"), source("b"), secret())

    assert (first.outcome, second.outcome) == (Outcome.WAITING, Outcome.NAME_CONFLICT)


def test_what_is_odd_about_an_import_is_told_beside_it():
    """It goes on all the same."""
    odd = POLICY.replace("    spec:\n", "    metadata: {name: x}\n    spec:\n").replace(
        "    resource: clusters\n", "    resource: clusters\n    versions: [v2, v3]\n"
    )
    (found,) = evaluated(f"{odd}  mode: Observe\n", source(), secret())

    assert found.outcome is Outcome.IMPORT
    assert found.message == (
        "metadata.name in spec.template is ignored: spec.nameTemplate names the PediaCluster; "
        "remove it; it was given in v1, and the policy reads it in v2, v3; the policy only "
        "observes (mode: Observe), so nothing is written"
    )


def test_nothing_of_a_result_shows_in_its_repr():
    """Results end up in the messages of failing tests."""
    (found,) = evaluated(POLICY, source(), secret())

    assert TOKEN not in repr(found)
    assert base64.b64encode(TOKEN.encode()).decode() not in repr(found)
