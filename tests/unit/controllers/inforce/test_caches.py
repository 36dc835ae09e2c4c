"""The caches of our own types: what they hold, how they are found, and what they tell."""

import pytest

from clusterimport.controllers.inforce.caches import (
    BY_POLICY,
    BY_SOURCE,
    _is_status_alone,
    is_relevant,
    source_index,
)
from clusterimport.informers import InformerStatus
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ONE, ImportRig
from tests.fakes.controllers.importobjects import (
    CANARY,
    CLUSTERS,
    MACHINES,
    lifecycle_body,
    pediacluster_body,
    policy_owner,
)

pytestmark = pytest.mark.looptime

OBJ = {"metadata": {"uid": "u", "resourceVersion": "1"}, "spec": {"a": 1}, "status": {}}


def changed(**parts):
    metadata = parts.pop("metadata", {})
    return OBJ | {"metadata": OBJ["metadata"] | metadata} | parts


@pytest.mark.parametrize(
    ("old", "new", "relevant"),
    [
        (None, OBJ, True),
        (OBJ, None, True),
        (OBJ, OBJ, False),
        (OBJ, changed(status={"x": 1}, metadata={"resourceVersion": "2"}), False),
        (OBJ, changed(metadata={"managedFields": []}), False),
        (OBJ, changed(spec={"a": 2}), True),
        (OBJ, changed(metadata={"uid": "v"}), True),
        (OBJ, changed(metadata={"generation": 2}), True),
        (OBJ, changed(metadata={"deletionTimestamp": "now"}), True),
        (OBJ, changed(metadata={"finalizers": ["x"]}), True),
        (OBJ, changed(metadata={"labels": {"x": "y"}}), True),
        (OBJ, changed(metadata={"annotations": {"x": "y"}}), True),
        (OBJ, changed(metadata={"ownerReferences": [{}]}), True),
    ],
)
def test_a_mere_status_is_not_relevant(old, new, relevant):
    """Everything that a reconciler decides by is relevant; status and versions are not."""
    assert is_relevant(old, new) is relevant


def names(objects):
    return sorted(meta.name_of(obj) for obj in objects)


async def test_lifecycles_are_found_by_policy_and_source():
    """The indexes follow owner and source; one without a policy as controller is in neither."""
    rig = ImportRig()
    rig.put(LIFECYCLES, lifecycle_body("mcp-one"))
    rig.put(LIFECYCLES, lifecycle_body("mcp-two"))
    other = policy_owner("other")
    rig.put(LIFECYCLES, lifecycle_body("other-one"), ownerReferences=[other])
    plain = {**policy_owner("mcp"), "controller": False}
    rig.put(LIFECYCLES, lifecycle_body("nobodys"), ownerReferences=[plain])
    rig.put(LIFECYCLES, lifecycle_body("empty") | {"spec": {}})
    rig.see()
    caches = rig.caches

    assert names(caches.lifecycles_of("mcp")) == ["empty", "mcp-one", "mcp-two"]
    assert names(caches.lifecycles_of("other")) == ["other-one"]
    group_resource = CLUSTERS.group_resource
    assert names(caches.lifecycles_for("mcp", group_resource, ONE)) == ["mcp-one"]
    assert caches.lifecycles_for("other", group_resource, ONE) == []
    assert caches.lifecycles_for("mcp", MACHINES.group_resource, ONE) == []
    assert caches.lifecycles_for("mcp", group_resource, ObjectKey("", "one")) == []
    index = source_index("mcp", group_resource, ONE)
    assert index == "mcp|clusters.cluster.mcp.io|team/one"
    assert names(caches.lifecycles.by_index(BY_SOURCE, index)) == ["mcp-one"]
    assert len(caches.lifecycles.by_index(BY_POLICY, "mcp")) == 3


async def test_a_pediacluster_is_cached_without_its_credentials():
    """Byte fields are digests; nothing of the credential is in the cache."""
    rig = ImportRig()
    rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.see()
    (cached,) = rig.caches.pediaclusters.list()

    assert CANARY not in str(cached)
    assert pediacluster_body()["spec"]["tokenData"] not in str(cached)
    assert cached["spec"]["tokenData"].startswith("digest:")
    assert cached["spec"]["apiserver"] == "https://one.example:6443"


async def test_what_was_not_listed_yet_is_missing():
    """Each of the three types is named until it was listed completely."""
    rig = ImportRig()
    assert rig.caches.missing() == [
        "clusterimportpolicies.policy.clusterpedia.io",
        "pediaclusterlifecycles.policy.clusterpedia.io",
        "pediaclusters.cluster.clusterpedia.io",
    ]
    rig.see(POLICIES, PEDIACLUSTERS)
    assert rig.caches.missing() == ["pediaclusterlifecycles.policy.clusterpedia.io"]
    rig.see()

    assert rig.caches.missing() == []


async def test_only_a_missing_type_is_asked_for_again():
    """When a CRD comes, the caches whose type was not served list at once, and no others."""
    rig = ImportRig()
    rig.see()
    gone = errors.NotFound(404, "NotFound")
    rig.informers.of(LIFECYCLES).tell(InformerStatus(error=gone, type_missing=True))
    rig.informers.of(POLICIES).fail(errors.TransportError("connection refused"))
    rig.caches.wake()

    assert rig.informers.of(LIFECYCLES).relists == 1
    assert rig.informers.of(POLICIES).relists == 0
    assert rig.informers.of(PEDIACLUSTERS).relists == 0


POLICY = {
    "metadata": {"uid": "u", "generation": 1, "resourceVersion": "1"},
    "status": {"sources": 1},
}


def changed_policy(**parts):
    metadata = parts.pop("metadata", {})
    return {**POLICY, "metadata": {**POLICY["metadata"], **metadata}, **parts}


@pytest.mark.parametrize(
    ("old", "new", "is_alone"),
    [
        (POLICY, changed_policy(status={"sources": 2}, metadata={"resourceVersion": "2"}), True),
        (None, POLICY, False),
        (POLICY, None, False),
        (POLICY, POLICY, False),
        (POLICY, changed_policy(status={}, metadata={"uid": "v"}), False),
        (POLICY, changed_policy(status={}, metadata={"generation": 2}), False),
        (POLICY, changed_policy(status={}, metadata={"annotations": {"a": "b"}}), False),
        (POLICY, changed_policy(status={}, metadata={"finalizers": ["x"]}), False),
        (POLICY, changed_policy(status={}, metadata={"deletionTimestamp": "now"}), False),
        (POLICY, changed_policy(metadata={"labels": {"a": "b"}}), False),
    ],
)
def test_a_status_is_no_reason_to_judge_a_policy(old, new, is_alone):
    """Only a change of the status alone is passed over."""
    assert _is_status_alone(old, new) is is_alone
