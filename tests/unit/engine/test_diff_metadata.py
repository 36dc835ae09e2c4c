"""What is written to PediaClusters besides their connection: marks, labels, sync fields."""

import dataclasses

import pytest

from clusterimport.engine.diff import connection_patch, content_patch, create_body
from clusterimport.engine.ownership import Ownership, ownership
from clusterimport.model.pediacluster import redact
from clusterimport.model.policy import DeletionPolicy, ImportOptions, UpdatePolicy
from tests.fakes.engine.diffing import (
    ALL,
    DIGEST,
    KEYS,
    LIFECYCLE,
    MARK,
    MARKED,
    OF_POLICY,
    ORPHAN,
    OTHER,
    OURS,
    OWNER,
    SOURCE,
    existing,
    patch,
    rendered,
)
from tests.fakes.engine.evaluating import base64_of, lifecycle_record


def test_the_policys_label_comes_with_a_creation_and_never_later():
    """A swap, and an upgrade from a version without it, write nothing because of it."""
    for lifecycle in (LIFECYCLE, ALL):
        assert patch(rendered(), existing(), lifecycle) is None


def test_a_template_that_prints_the_policys_label_has_its_own_way():
    """Else it would be created with one value and patched to the other."""
    own = {next(iter(OF_POLICY)): "mine"}
    body = create_body(rendered(labels=own), name="one", lifecycle=ALL)
    body["metadata"]["resourceVersion"] = "1"

    assert body["metadata"]["labels"] == own
    assert patch(rendered(labels=own), redact(body, DIGEST), ALL) is None


def test_what_has_no_policy_has_no_label_of_one():
    """Nor an empty one, by which it would be selected."""
    nobodys = dataclasses.replace(LIFECYCLE, policy=None)
    body = create_body(rendered(), name="one", lifecycle=nobodys)
    assert "labels" not in body["metadata"]


def test_all_keeps_labels_annotations_and_sync_fields_equal():
    """With updatePolicy All the template's share of the rest follows, and no more."""
    cluster = rendered(
        labels={"a": "b", "same": "x"},
        annotations={"c": "d"},
        syncResources=[{"group": "apps", "resources": ["*"]}],
        syncResourcesRefName=None,
        shardingName="west",
    )
    there = existing(
        labels={"by": "hand", "same": "x"},
        annotations={"c": "old"} | OURS,
        syncAllCustomResources=True,
        shardingName="east",
    )

    assert patch(cluster, there, ALL) == {
        "metadata": {
            "labels": {"a": "b"},
            "annotations": {"c": "d", KEYS: '{"annotations":["c"],"labels":["a"]}'},
            "resourceVersion": "9",
        },
        "spec": {
            "syncResources": [{"group": "apps", "resources": ["*"]}],
            "syncAllCustomResources": None,
            "syncResourcesRefName": None,
            "shardingName": "west",
        },
    }


@pytest.mark.parametrize(
    "there",
    [
        existing(),
        existing(shardingName="by-hand"),
        existing(syncAllCustomResources=False),
        existing(syncResources=[{"group": "", "versions": [], "resources": ["pods"]}]),
    ],
)
def test_all_writes_nothing_where_nothing_real_differs(there):
    """Empty and absent are one, and a shard that the template does not name stays."""
    assert patch(rendered(), there, ALL) is None


@pytest.mark.parametrize(
    ("there", "lifecycle", "metadata"),
    [
        (existing(owners=[]), LIFECYCLE, {"ownerReferences": [OWNER]}),
        (existing(owners=[OTHER]), LIFECYCLE, {"ownerReferences": [OTHER, OWNER]}),
        (
            existing(owners=[OTHER, OWNER | {"uid": "old"}]),
            LIFECYCLE,
            {"ownerReferences": [OTHER, OWNER]},
        ),
        (
            existing(owners=[OWNER | {"uid": "old"}, OWNER]),
            LIFECYCLE,
            {"ownerReferences": [OWNER]},
        ),
        (
            existing(owners=[], annotations={MARK: "one", "x": "y"} | OURS),
            LIFECYCLE,
            {"ownerReferences": [OWNER], "annotations": {MARK: None}},
        ),
        (
            existing(owners=[OTHER, OWNER]),
            ORPHAN,
            {"ownerReferences": [OTHER], "annotations": {MARK: "one"} | OURS},
        ),
        (existing(), ORPHAN, {"ownerReferences": None, "annotations": {MARK: "one"} | OURS}),
        (existing(owners=[]), ORPHAN, {"annotations": {MARK: "one"} | OURS}),
        (
            existing(annotations={MARK: "one"} | OURS),
            ORPHAN,
            {"ownerReferences": None},
        ),
        # The form of the versions before that did not name the source.
        (
            existing(owners=[], annotations={MARK: "one"}),
            ORPHAN,
            {"annotations": {MARK: "one"} | OURS},
        ),
    ],
)
def test_the_mark_is_repaired_and_others_keep_theirs(there, lifecycle, metadata):
    """Adoption, re-creation and a changed deletion policy change the mark and nothing else."""
    got = patch(rendered(), there, lifecycle)["metadata"]
    if "annotations" not in metadata:
        # It comes along with what is written anyway.
        assert got.pop("annotations", OURS) == OURS

    assert got == metadata | {"resourceVersion": "9"}


def test_t56_the_source_is_named_with_what_is_written_anyway():
    """A PediaCluster of Clusterpedia's is not written for the sake of its mark (the swap)."""
    assert patch(rendered(), existing()) is None
    got = patch(rendered(tokenData=base64_of("new")), existing())
    assert got["metadata"] == {"annotations": OURS, "resourceVersion": "9"}
    there = existing(annotations={SOURCE: "clusters.cluster.mcp.io/team-b/one"})
    got = patch(rendered(tokenData=base64_of("new")), there)
    assert got["metadata"] == {"annotations": OURS, "resourceVersion": "9"}


def test_marks_and_annotations_change_in_one_patch():
    """With All a changed deletion policy loses no annotation."""
    lifecycle = lifecycle_record(
        options=ImportOptions(deletion_policy=DeletionPolicy.ORPHAN, update_policy=UpdatePolicy.ALL)
    )

    got = patch(rendered(annotations={"c": "d"}), existing(), lifecycle)

    assert (
        got["metadata"]["annotations"]
        == {
            MARK: "one",
            "c": "d",
            KEYS: '{"annotations":["c"]}',
        }
        | OURS
    )


def created(lifecycle=ALL, **content):
    body = create_body(rendered(**content), name="one", lifecycle=lifecycle)
    body["metadata"] |= {"resourceVersion": "9"}
    return body


def test_t04_a_label_that_the_template_prints_no_more_is_removed_and_those_of_others_stay():
    """The keys that the template has set are remembered on the PediaCluster itself."""
    body = created(labels={"a": "1", "tier": "gold"}, annotations={"note": "x"})
    body["metadata"]["labels"] |= {"by": "hand"}
    body["metadata"]["annotations"] |= {"by": "hand"}

    got = patch(rendered(labels={"a": "1"}), redact(body, DIGEST), ALL)

    assert got == {
        "metadata": {
            "labels": {"tier": None},
            "annotations": {"note": None, KEYS: '{"labels":["a"]}'},
            "resourceVersion": "9",
        }
    }


def test_t04_with_the_last_key_the_memory_goes():
    """A template that prints no labels any more leaves nothing behind."""
    body = created(labels={"tier": "gold"})
    got = patch(rendered(), redact(body, DIGEST), ALL)

    assert got["metadata"]["labels"] == {"tier": None}
    assert got["metadata"]["annotations"] == {KEYS: None}


def test_t04_a_key_that_is_gone_already_is_only_forgotten():
    """What a person has removed is not removed again, and is theirs if they set it anew."""
    body = created(labels={"a": "1", "tier": "gold"})
    del body["metadata"]["labels"]["tier"]
    got = patch(rendered(labels={"a": "1"}), redact(body, DIGEST), ALL)

    assert "labels" not in got["metadata"]
    assert got["metadata"]["annotations"] == {KEYS: '{"labels":["a"]}'}


def test_t04_a_label_that_was_set_by_hand_before_the_template_printed_it_stays():
    """Only keys that were written count as the template's."""
    there = existing(labels={"tier": "gold"}, annotations=OURS)
    assert patch(rendered(labels={"tier": "gold"}), there, ALL) is None
    assert patch(rendered(), there, ALL) is None


@pytest.mark.parametrize(
    "memory", ["", "{", "[]", '{"labels": 1}', '{"labels": ["policy.clusterpedia.io/x"]}']
)
def test_t04_a_memory_that_cannot_be_read_removes_nothing(memory):
    """A hand that edits it cannot have our own marks removed, nor fail the import."""
    there = existing(
        labels={"tier": "gold", "policy.clusterpedia.io/x": "y"},
        annotations=OURS | {KEYS: memory},
    )
    got = patch(rendered(), there, ALL)

    assert got is None


def test_t04_the_connection_goes_by_itself():
    """A patch of the connection holds no label and no sync field, and the other no credential."""
    cluster = rendered(labels={"a": "b"}, tokenData=base64_of("new"), syncResources=[])
    first = connection_patch(cluster, MARKED, digest=DIGEST, lifecycle=ALL)
    second = content_patch(cluster, MARKED, lifecycle=ALL)

    assert first == {
        "metadata": {"resourceVersion": "9"},
        "spec": {"tokenData": base64_of("new")},
    }
    assert second["spec"] == {"syncResources": []}
    assert second["metadata"]["labels"] == {"a": "b"}
    assert content_patch(cluster, MARKED, lifecycle=LIFECYCLE) is None


def test_t04_labels_that_would_be_refused_stay_as_they_are_and_sync_fields_follow():
    """Nothing is sent that cannot be accepted, nor removed for what is wrong beside it."""
    body = created(labels={"a": "1", "tier": "gold"})
    cluster = dataclasses.replace(
        rendered(labels={"a": "not a value"}, syncResources=[]), metadata_problems=("a: why",)
    )

    assert content_patch(cluster, redact(body, DIGEST), lifecycle=ALL) == {
        "metadata": {"resourceVersion": "9"},
        "spec": {"syncResources": []},
    }


def test_a_renewed_lifecycle_finds_its_cluster_equal_after_one_patch():
    """A re-created lifecycle renews its mark once and is then at rest."""
    renewed = dataclasses.replace(LIFECYCLE, uid="l2")
    change = patch(rendered(), existing(), renewed)
    after = existing(owners=change["metadata"]["ownerReferences"])

    assert ownership(existing(), renewed, created_at="") is Ownership.RENEW
    assert patch(rendered(), after, renewed) is None
    assert ownership(after, renewed, created_at="") is Ownership.OURS
