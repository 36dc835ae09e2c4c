"""Whose a PediaCluster is."""

import dataclasses

import pytest

from clusterimport.engine.ownership import Ownership, lifecycle_owners, ownership
from clusterimport.model.lifecycle import LifecycleRecord, SourceReference
from clusterimport.model.meta import OwnerReference

POLICY = OwnerReference("policy.clusterpedia.io/v1alpha1", "ClusterImportPolicy", "mcp", "p", True)
LIFECYCLE = LifecycleRecord(
    name="one",
    uid="l1",
    generation=1,
    resource_version="1",
    policy=POLICY,
    source=SourceReference("g", "v1", "r", "", "one"),
    references=(),
    template="",
    creation_condition="",
)


def owner(name="one", uid="l1", **change):
    return {
        "apiVersion": "policy.clusterpedia.io/v1alpha1",
        "kind": "PediaClusterLifecycle",
        "name": name,
        "uid": uid,
    } | change


def cluster(*owners, name="one", **annotations):
    return {
        "metadata": {
            "name": name,
            "ownerReferences": list(owners),
            "annotations": {
                f"policy.clusterpedia.io/{key}": value for key, value in annotations.items()
            },
        }
    }


@pytest.mark.parametrize(
    ("existing", "created_before", "expected"),
    [
        (None, False, Ownership.ABSENT),
        (None, True, Ownership.ABSENT),
        (cluster(owner()), False, Ownership.OURS),
        (cluster(owner(uid="old")), False, Ownership.RENEW),
        (cluster(owner(uid="old"), owner()), False, Ownership.OURS),
        (cluster(owner(apiVersion="policy.clusterpedia.io/v2")), False, Ownership.OURS),
        (cluster(lifecycle="one"), False, Ownership.OURS),
        (cluster(), False, Ownership.CONFLICT),
        (cluster(), True, Ownership.ADOPT),
        (cluster(adopt="mcp"), False, Ownership.ADOPT),
        (cluster(adopt="other"), False, Ownership.CONFLICT),
        (cluster(adopt=""), False, Ownership.CONFLICT),
        (cluster(owner(kind="Other")), False, Ownership.CONFLICT),
        (cluster(owner(apiVersion="other.io/v1")), False, Ownership.CONFLICT),
        (cluster(owner(kind="Other"), adopt="mcp"), False, Ownership.ADOPT),
        (cluster(owner("two", "l2")), False, Ownership.CONFLICT),
        (cluster(owner("two", "l2")), True, Ownership.CONFLICT),
        (cluster(owner("two", "l2"), adopt="mcp"), True, Ownership.CONFLICT),
        (cluster(owner("two", "l2"), owner()), False, Ownership.CONFLICT),
        (cluster(lifecycle="two"), True, Ownership.CONFLICT),
        (cluster(owner(), name="another"), True, Ownership.CONFLICT),
    ],
)
def test_marks_decide_whose_it_is(existing, created_before, expected):
    """Only our mark, a person's offer or our own earlier creation make a PediaCluster ours."""
    assert ownership(existing, LIFECYCLE, created_before=created_before) is expected


def test_a_lifecycle_of_nobody_is_offered_nothing():
    """An offer names a policy, and a lifecycle without one cannot take it."""
    nobody = dataclasses.replace(LIFECYCLE, policy=None)

    assert ownership(cluster(adopt="mcp"), nobody, created_before=False) is Ownership.CONFLICT


def test_lifecycle_owners_are_found_among_others():
    """Other kinds of owners are not lifecycles."""
    names = [o.name for o in lifecycle_owners(cluster(owner(kind="X"), owner("a"), owner("b")))]

    assert names == ["a", "b"]
