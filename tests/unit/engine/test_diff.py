"""The bodies of PediaClusters that are created, and what is written to their connection."""

import dataclasses

import pytest

from clusterimport.engine.diff import create_body
from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.engine.ownership import Ownership, ownership
from clusterimport.model.pediacluster import BYTE_FIELDS, redact
from tests.fakes.engine.diffing import (
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
    SPEC,
    existing,
    patch,
    rendered,
)
from tests.fakes.engine.evaluating import base64_of


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
