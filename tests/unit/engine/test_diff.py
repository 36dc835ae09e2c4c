"""The bodies that are written to PediaClusters."""

import dataclasses

import pytest

from clusterimport.engine.diff import connection_patch, content_patch, create_body, update_patch
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.engine.ownership import Ownership, ownership
from clusterimport.model.pediacluster import BYTE_FIELDS, CONNECTION_FIELDS, Digest, redact
from clusterimport.model.policy import DeletionPolicy, ImportOptions, UpdatePolicy
from tests.fakes.engine.evaluating import base64_of, lifecycle_record

DIGEST = Digest(b"key")
OWNER = {
    "apiVersion": "policy.clusterpedia.io/v1alpha1",
    "kind": "PediaClusterLifecycle",
    "name": "one",
    "uid": "l1",
}
OTHER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "c1", "controller": True}
MARK = "policy.clusterpedia.io/lifecycle"
SOURCE = "policy.clusterpedia.io/source"
KEYS = "policy.clusterpedia.io/template-keys"
OURS = {SOURCE: "clusters.cluster.mcp.io/team-a/one"}
LIFECYCLE = lifecycle_record()
ORPHAN = lifecycle_record(options=ImportOptions(deletion_policy=DeletionPolicy.ORPHAN))
ALL = lifecycle_record(options=ImportOptions(update_policy=UpdatePolicy.ALL))
SPEC = {
    "apiserver": "https://a:6443",
    "caData": base64_of("ca"),
    "tokenData": base64_of("token"),
    "syncResources": [{"group": "", "resources": ["pods"]}],
    "syncResourcesRefName": "ref",
}


def rendered(named=(), labels=None, annotations=None, **spec):
    content = {key: value for key, value in (SPEC | spec).items() if value is not None}
    names = (set(content) | set(named)) & set(CONNECTION_FIELDS)
    return RenderedCluster(labels or {}, annotations or {}, content, frozenset(names))


def existing(*, owners=(OWNER,), labels=None, annotations=None, **spec):
    metadata = {"name": "one", "uid": "u", "resourceVersion": "9", "ownerReferences": list(owners)}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return redact({"metadata": metadata, "spec": SPEC | spec}, DIGEST)


OF_POLICY = {"policy.clusterpedia.io/policy": "mcp"}
MARKED = existing(annotations=OURS)
"""Made by us: Clusterpedia's, like the others here, do not name their source."""


def patch(cluster, there, lifecycle=LIFECYCLE):
    return update_patch(cluster, there, digest=DIGEST, lifecycle=lifecycle)


def test_a_creation_has_everything_and_its_owner():
    """A new PediaCluster carries content, name and its lifecycle as plain owner."""
    body = create_body(
        rendered(labels={"a": "b"}, annotations={"c": "d"}), name="one", lifecycle=LIFECYCLE
    )

    assert body == {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": "PediaCluster",
        "metadata": {
            "name": "one",
            "labels": OF_POLICY | {"a": "b"},
            "annotations": {"c": "d", KEYS: '{"annotations":["c"],"labels":["a"]}'} | OURS,
            "ownerReferences": [OWNER],
        },
        "spec": SPEC,
    }


def test_t50_a_kubeconfig_that_stands_as_clusterpedia_wrote_it_is_left():
    """A swap writes nothing where the bytes that stand are equal to what the template printed."""
    ours, printed, other = base64_of("{}"), base64_of("{} # as printed"), base64_of("{} # other")
    cluster = dataclasses.replace(rendered(kubeconfig=ours), printed_kubeconfig=printed)

    assert patch(cluster, existing(kubeconfig=ours)) is None
    assert patch(cluster, existing(kubeconfig=printed)) is None
    for there in (other, ""):
        assert patch(cluster, existing(kubeconfig=there))["spec"] == {"kubeconfig": ours}


def test_t50_what_was_printed_excuses_no_other_field():
    """Neither an absent kubeconfig nor another credential."""
    cluster = dataclasses.replace(rendered(), printed_kubeconfig=SPEC["tokenData"])

    assert patch(cluster, existing(kubeconfig=base64_of("x")))["spec"] == {"kubeconfig": None}
    assert patch(
        dataclasses.replace(
            rendered(tokenData=base64_of("x")), printed_kubeconfig=SPEC["tokenData"]
        ),
        existing(),
    )["spec"] == {"tokenData": base64_of("x")}


def test_an_orphan_is_created_with_an_annotation_in_place_of_an_owner():
    """Nothing that goes takes an orphan along."""
    body = create_body(rendered(), name="one", lifecycle=ORPHAN)

    assert body["metadata"] == {
        "name": "one",
        "labels": OF_POLICY,
        "annotations": {MARK: "one"} | OURS,
    }


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


@pytest.mark.parametrize("lifecycle", [LIFECYCLE, ORPHAN])
def test_what_was_created_is_ours_and_equal(lifecycle):
    """A creation is followed by no update."""
    body = create_body(rendered(), name="one", lifecycle=lifecycle)
    body["metadata"]["resourceVersion"] = "1"
    cached = redact(body, DIGEST)

    assert patch(rendered(), cached, lifecycle) is None
    assert ownership(cached, lifecycle, created_at="") is Ownership.OURS


@pytest.mark.parametrize(
    "there",
    [
        existing(),
        existing(apiserver="a:6443"),
        existing(certData="", keyData=None, kubeconfig=""),
        existing(tokenData="dG9r\nZW4="),
        existing(syncResources=[], syncResourcesRefName="other", shardingName="east"),
        existing(labels={"by": "hand"}, annotations={"by": "hand"}),
        existing(owners=[OTHER, OWNER | {"blockOwnerDeletion": True}]),
        existing(owners=[OWNER | {"apiVersion": "policy.clusterpedia.io/v1beta1"}]),
        existing(authenticationFrom={"token": {"name": "by", "key": "hand"}}),
    ],
)
def test_nothing_is_written_where_nothing_real_differs(there):
    """A synchro is never rebuilt for a difference in spelling, or in what is not ours to keep."""
    assert patch(rendered(), there) is None


def test_only_the_fields_that_differ_are_written():
    """A rotated token is one field and the version it is based on."""
    assert patch(rendered(tokenData=base64_of("new")), MARKED) == {
        "metadata": {"resourceVersion": "9"},
        "spec": {"tokenData": base64_of("new")},
    }
    assert patch(rendered(apiserver="https://b"), MARKED) == {
        "metadata": {"resourceVersion": "9"},
        "spec": {"apiserver": "https://b"},
    }


def test_a_field_that_the_template_does_not_name_is_removed():
    """Changing from token to certificate removes the token by null."""
    cluster = rendered(tokenData=None, certData=base64_of("c"), keyData=base64_of("k"))

    assert patch(cluster, MARKED) == {
        "metadata": {"resourceVersion": "9"},
        "spec": {"tokenData": None, "certData": base64_of("c"), "keyData": base64_of("k")},
    }


@pytest.mark.parametrize("field", BYTE_FIELDS)
def test_a_named_field_is_never_emptied(field):
    """A Secret that lost a key for a while changes nothing."""
    cluster = rendered(named=[field], **{field: None})

    with pytest.raises(IncompleteCredentials, match=f"spec.{field} is set"):
        patch(cluster, existing(**{field: base64_of("there")}))


def test_a_named_field_that_is_empty_on_both_sides_is_no_matter():
    """Templates name more fields than a cluster has."""
    assert patch(rendered(named=BYTE_FIELDS), existing()) is None


def test_an_address_beside_a_kubeconfig_may_go():
    """The address is no credential: empty on our side, it is removed."""
    cluster = rendered(named=["apiserver"], apiserver=None)

    assert patch(cluster, existing())["spec"] == {"apiserver": None}


def test_authentication_from_is_written_as_a_whole_and_never_removed():
    """A merge patch would keep what is not wanted; what is set by hand stays."""
    wanted = {"token": {"name": "s", "key": "k"}}
    there = existing(authenticationFrom={"ca": {"name": "x", "key": "y"}})

    assert patch(rendered(authenticationFrom=wanted), there)["spec"] == {
        "authenticationFrom": {"ca": None} | wanted
    }
    assert patch(rendered(authenticationFrom=wanted), existing(authenticationFrom=wanted)) is None


def test_credentials_only_leaves_the_rest_alone():
    """By default labels, annotations and sync fields belong to whoever edits them."""
    cluster = rendered(labels={"a": "b"}, annotations={"c": "d"}, syncResources=[])

    assert patch(cluster, existing()) is None


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
