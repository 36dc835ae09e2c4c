"""Whose a PediaCluster is."""

import dataclasses

import pytest

from clusterimport.engine.ownership import (
    Ownership,
    is_leftover,
    lifecycle_owners,
    ownership,
    source_of,
    witnessed_source,
)
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


MINE = {"source": "r.g/one"}
THEIRS = {"source": "r.g/two"}
THEN = "2026-01-01T00:00:05Z"


@pytest.mark.parametrize(
    ("existing", "created_at", "expected"),
    [
        (None, "", Ownership.ABSENT),
        (None, THEN, Ownership.ABSENT),
        (cluster(owner()), "", Ownership.OURS),
        (cluster(owner(), **MINE), "", Ownership.OURS),
        (cluster(owner(uid="old")), "", Ownership.RENEW),
        (cluster(owner(uid="old"), owner()), "", Ownership.OURS),
        (cluster(owner(apiVersion="policy.clusterpedia.io/v2")), "", Ownership.OURS),
        (cluster(), "", Ownership.CONFLICT),
        (cluster(), THEN, Ownership.ADOPT),
        (cluster(adopt="mcp"), "", Ownership.ADOPT),
        (cluster(adopt="other"), "", Ownership.CONFLICT),
        (cluster(adopt=""), "", Ownership.CONFLICT),
        (cluster(owner(kind="Other")), "", Ownership.CONFLICT),
        (cluster(owner(apiVersion="other.io/v1")), "", Ownership.CONFLICT),
        (cluster(owner(kind="Other"), adopt="mcp"), "", Ownership.ADOPT),
        (cluster(owner("two", "l2")), "", Ownership.CONFLICT),
        (cluster(owner("two", "l2")), THEN, Ownership.CONFLICT),
        (cluster(owner("two", "l2"), adopt="mcp"), THEN, Ownership.CONFLICT),
        (cluster(owner("two", "l2"), owner()), "", Ownership.CONFLICT),
        (cluster(lifecycle="two"), THEN, Ownership.CONFLICT),
        (cluster(lifecycle="two", **MINE), THEN, Ownership.CONFLICT),
        (cluster(owner(), name="another"), THEN, Ownership.CONFLICT),
    ],
)
def test_marks_decide_whose_it_is(existing, created_at, expected):
    """Only our mark, a person's offer or our own earlier creation make a PediaCluster ours."""
    assert ownership(existing, LIFECYCLE, created_at=created_at) is expected


@pytest.mark.parametrize(
    ("existing", "created_at", "expected"),
    [
        (cluster(lifecycle="one", **MINE), "", Ownership.OURS),
        (cluster(lifecycle="one", **THEIRS), "", Ownership.CONFLICT),
        (cluster(lifecycle="one", **THEIRS), THEN, Ownership.CONFLICT),
        (cluster(lifecycle="one", **THEIRS, adopt="mcp"), "", Ownership.ADOPT),
        (cluster(lifecycle="one"), "", Ownership.CONFLICT),
        (cluster(lifecycle="one"), THEN, Ownership.ADOPT),
        (cluster(lifecycle="one", adopt="mcp"), "", Ownership.ADOPT),
        (cluster(owner(uid="old"), **MINE), "", Ownership.RENEW),
        (cluster(owner(uid="old"), **THEIRS), "", Ownership.CONFLICT),
        (cluster(owner(uid="old"), **THEIRS), THEN, Ownership.CONFLICT),
        (cluster(owner(uid="old"), **THEIRS, adopt="mcp"), "", Ownership.ADOPT),
        (cluster(**MINE), "", Ownership.CONFLICT),
        (cluster(**MINE), THEN, Ownership.ADOPT),
        (cluster(**THEIRS), THEN, Ownership.CONFLICT),
    ],
)
def test_t56_a_name_without_its_source_claims_nothing(existing, created_at, expected):
    """What an orphan's or an earlier lifecycle's mark names is taken back by the same source."""
    assert ownership(existing, LIFECYCLE, created_at=created_at) is expected


@pytest.mark.parametrize(
    ("made", "created_at", "expected"),
    [
        ("2026-01-01T00:00:04Z", THEN, Ownership.ADOPT),
        (THEN, THEN, Ownership.ADOPT),
        ("2026-01-01T00:00:06Z", THEN, Ownership.CONFLICT),
        ("2026-01-01T00:00:04Z", "", Ownership.CONFLICT),
    ],
)
def test_t56_what_is_younger_than_the_word_of_it_is_a_strangers(made, created_at, expected):
    """``Created=True`` speaks of what was there by then, and not of what came in its place."""
    existing = cluster()
    existing["metadata"]["creationTimestamp"] = made

    assert ownership(existing, LIFECYCLE, created_at=created_at) is expected


def test_a_lifecycle_of_nobody_is_offered_nothing():
    """An offer names a policy, and a lifecycle without one cannot take it."""
    nobody = dataclasses.replace(LIFECYCLE, policy=None)

    assert ownership(cluster(adopt="mcp"), nobody, created_at="") is Ownership.CONFLICT


def lifecycle_of(uid="l1", source="r.g/one", stored="one"):
    return {
        "metadata": {"name": "one", "uid": uid},
        "spec": {"source": {"group": "g", "version": "v1", "resource": "r", "name": stored}},
        "status": {"source": source} if source else {},
    }


@pytest.mark.parametrize(
    ("existing", "lifecycle", "expected"),
    [
        (cluster(owner()), None, True),
        (cluster(owner(uid="old"), **THEIRS), lifecycle_of(), True),
        (cluster(owner(uid="old"), **THEIRS), lifecycle_of(source=""), True),
        (cluster(owner(), **THEIRS), lifecycle_of(), False),
        (cluster(owner(uid="old"), owner(), **THEIRS), lifecycle_of(), False),
        (cluster(owner(uid="old"), **MINE), lifecycle_of(), False),
        (cluster(owner(uid="old")), lifecycle_of(), False),
        (cluster(owner(uid="old"), **THEIRS), {"metadata": {"name": "one", "uid": "x"}}, False),
        (cluster(owner("two", "x")), None, False),
        (cluster(lifecycle="one", **THEIRS), lifecycle_of(), False),
        (cluster(lifecycle="one"), None, False),
        (cluster(), None, False),
    ],
)
def test_t56_a_leftover_is_owned_by_a_lifecycle_that_is_gone(existing, lifecycle, expected):
    """Also where another source's lifecycle has the name by now; an orphan is left for good."""
    assert is_leftover(existing, lifecycle) is expected


@pytest.mark.parametrize(
    ("lifecycle", "existing", "expected"),
    [
        (lifecycle_of(source="r.g/team/two"), None, "r.g/team/two"),
        (lifecycle_of(source="r.g/two"), cluster(owner(), **MINE), "r.g/two"),
        (lifecycle_of(source="", stored="x"), cluster(owner(), **MINE), "r.g/one"),
        (lifecycle_of(source="nonsense", stored="x"), cluster(owner(), **MINE), "r.g/one"),
        (lifecycle_of(source=""), cluster(owner(uid="old"), **MINE), None),
        (lifecycle_of(source=""), cluster(lifecycle="one", **MINE), None),
        (lifecycle_of(source=""), cluster(owner()), None),
        (lifecycle_of(source=""), cluster(owner(), source="a/b/c/d"), None),
        (lifecycle_of(source=""), None, None),
    ],
)
def test_t54_more_than_its_spec_says_whose_a_lifecycle_is(lifecycle, existing, expected):
    """The status, or the mark on what this very lifecycle owns; its spec comes last."""
    found = witnessed_source(lifecycle, existing)

    assert (str(found) if found else None) == expected
    assert str(source_of(lifecycle, existing)) == (expected or "r.g/one")


def test_lifecycle_owners_are_found_among_others():
    """Other kinds of owners are not lifecycles."""
    names = [o.name for o in lifecycle_owners(cluster(owner(kind="X"), owner("a"), owner("b")))]

    assert names == ["a", "b"]
