import base64

import pytest
import yaml

from clusterimport.authoring.outcomes import Outcome
from tests.fakes.authoring.authored import POLICY, documents, evaluated, policy, secret, source

OWNER = {
    "apiVersion": "policy.clusterpedia.io/v1alpha1",
    "kind": "PediaClusterLifecycle",
    "name": "blue-one",
    "uid": "7",
}
SOURCE = "clusters.cluster.example.io/team/one"
CHANGED = "bmV3LXNhbXBsZS10b2tlbg=="


def pediacluster(*, owner=OWNER, annotations=None, more=None, **spec):
    """Return a PediaCluster as the server has it."""
    metadata = {"name": "blue-one", "resourceVersion": "5", **(more or {})}
    if owner:
        metadata["ownerReferences"] = [owner]
    marks = {"policy.clusterpedia.io/source": SOURCE} if annotations is None else annotations
    body = {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": "PediaCluster",
        "metadata": {**metadata, "annotations": marks},
        "spec": {
            "apiserver": "https://192.0.2.1:6443",
            "tokenData": base64.b64encode(b"sample-token-7f3a").decode(),
            "syncResources": [],
            **spec,
        },
    }
    return yaml.safe_dump(body)


def lifecycle(*, owner="blue", source_key="team/one", created="True", deleting=False):
    """Return a PediaClusterLifecycle as the server has it."""
    owners = [{"apiVersion": "policy.clusterpedia.io/v1alpha1", "kind": "ClusterImportPolicy"}]
    owners[0] |= {"name": owner, "uid": "3", "controller": True}
    metadata = {"name": "blue-one", "uid": "7", "ownerReferences": owners if owner else []}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    condition = {"type": "Created", "status": created, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    body = {
        "apiVersion": "policy.clusterpedia.io/v1alpha1",
        "kind": "PediaClusterLifecycle",
        "metadata": metadata,
        "status": {
            "source": f"clusters.cluster.example.io/{source_key}",
            "conditions": [condition],
        },
    }
    return yaml.safe_dump(body)


def against(*standing, with_policy=POLICY, ready="true"):
    """Evaluate the source against what stands."""
    texts = (with_policy, source(ready=ready), secret())
    (found,) = evaluated(*texts, observed=documents(*standing))
    return found


def test_what_stands_as_it_should_needs_no_patch():
    """The mark of its lifecycle is taken for the right one where that was not given."""
    found = against(pediacluster())

    assert found.outcome is Outcome.IMPORT
    assert found.patch is None
    assert found.after == found.observed.obj


def test_what_was_rendered_here_is_known_again():
    """It has owners without a uid, and is what the next step of a test starts from."""
    first = against()
    found = against(yaml.safe_dump(dict(first.pedia_cluster)))

    assert found.patch is None


def test_a_rotation_is_the_smallest_patch():
    """Only the token differs; what a person has set beside stays."""
    found = against(pediacluster(tokenData=CHANGED, shardingName="mine"))

    assert list(found.patch["spec"]) == ["tokenData"]
    assert found.after["spec"]["shardingName"] == "mine"
    assert found.after["metadata"]["resourceVersion"] == "5"


def test_the_condition_is_not_asked_of_what_was_created():
    """A cluster that is not ready any more keeps its PediaCluster, and follows its Secret."""
    assert against(pediacluster(), ready="false").outcome is Outcome.IMPORT
    assert against(lifecycle(), ready="false").outcome is Outcome.IMPORT
    assert against(lifecycle(created="False"), ready="false").outcome is Outcome.WAITING


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        ([pediacluster(owner=None, annotations={})], "exists that is not this lifecycle's"),
        (
            [pediacluster(owner=None, annotations={"policy.clusterpedia.io/source": "a.b/c"})],
            "a PediaCluster blue-one of source a.b/c exists",
        ),
        ([pediacluster(owner={**OWNER, "name": "other"})], "exists that is not this lifecycle's"),
        ([lifecycle(owner="red")], "the name blue-one is taken by a lifecycle of policy red"),
        ([lifecycle(owner="")], "has no policy as its controller"),
        ([lifecycle(deleting=True)], "is still being deleted"),
        (
            [lifecycle(source_key="team/two")],
            "the name blue-one is taken by source clusters.cluster.example.io/team/two",
        ),
    ],
)
def test_a_name_that_somebody_else_has_is_a_conflict(standing, told):
    """The controller would not write it either, by the same marks."""
    found = against(*standing)

    assert found.outcome is Outcome.NAME_CONFLICT
    assert told in found.message
    assert found.after is None


def test_a_pediacluster_that_is_offered_is_taken_over():
    """The annotation of a person counts as on the server."""
    found = against(pediacluster(owner=None, annotations={"policy.clusterpedia.io/adopt": "blue"}))

    assert found.outcome is Outcome.IMPORT
    assert found.after["metadata"]["ownerReferences"][0]["name"] == "blue-one"


@pytest.mark.parametrize(
    ("made", "outcome"),
    [("2025-12-31T00:00:00Z", Outcome.IMPORT), ("2026-01-02T00:00:00Z", Outcome.NAME_CONFLICT)],
)
def test_a_lifecycle_that_says_created_has_the_pediacluster_that_was_there_by_then(made, outcome):
    """It has lost its mark; a younger one was made by somebody else."""
    unmarked = pediacluster(owner=None, annotations={}, more={"creationTimestamp": made})

    assert against(unmarked, lifecycle()).outcome is outcome


def test_what_is_being_deleted_is_waited_for():
    """It is made again when it is gone."""
    found = against(pediacluster(more={"deletionTimestamp": "2026-01-01T00:00:00Z"}))

    assert found.outcome is Outcome.WAITING
    assert "is being deleted and is made again when it is gone" in found.message


def test_a_credential_that_would_become_empty_is_kept():
    """A Secret half way through a rotation takes nothing away."""
    emptied = policy(tokenData='""\n      kubeconfig: "{{ .references.secret.data.token }}"')
    found = against(pediacluster(kubeconfig=CHANGED), with_policy=emptied)

    assert found.outcome is Outcome.INCOMPLETE_CREDENTIALS


def test_labels_that_the_server_refuses_hold_back_a_creation_and_no_rotation():
    """Unless they are to be kept equal, too."""
    bad = policy(syncResources="[]\n    metadata: {labels: {a: b c}}")

    assert against(with_policy=bad).outcome is Outcome.INVALID_PEDIACLUSTER
    assert against(pediacluster(), with_policy=bad).outcome is Outcome.IMPORT
    every = f"{bad}  updatePolicy: All\n"
    assert against(pediacluster(), with_policy=every).outcome is Outcome.INVALID_PEDIACLUSTER
