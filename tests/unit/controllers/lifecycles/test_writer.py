"""The writes to PediaClusters: fenced, as small as they can be, and refused ones not repeated."""

import pytest

from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.kube import errors
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importobjects import (
    CANARY,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
)
from tests.fakes.controllers.writing import COLLECTION, OBJECT, WriterRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime


async def test_a_pediacluster_is_created_with_its_owner():
    """The lifecycle is its plain owner, the spec is what was rendered."""
    rig = WriterRig()
    verdict = await rig.write()
    obj = rig.get(PEDIACLUSTERS, "mcp-one")

    assert (verdict.exists, verdict.created_reason) == (True, "PediaClusterCreated")
    assert obj["metadata"]["ownerReferences"] == rig.owners
    assert obj["spec"] == pediacluster_body()["spec"]
    assert rig.metrics.counts == {"create pediaclusters": 1}


async def test_what_is_equal_is_not_written():
    """Before and after the cache shows the creation a second look writes nothing."""
    rig = WriterRig()
    await rig.write()
    assert (await rig.write()).exists
    rig.see()
    await rig.write()

    assert len(rig.rest.requests) == 1


async def test_only_a_difference_is_patched_at_the_version_seen():
    """A rotated token is one field with the resourceVersion; a stale view is a conflict."""
    rig = WriterRig()
    obj = rig.exists()
    assert (await rig.write(token="new")).exists
    body = rig.rest.last("PATCH").body
    assert body == {
        "metadata": {
            "annotations": {SOURCE_ANNOTATION: "clusters.cluster.mcp.io/team/one"},
            "resourceVersion": obj["metadata"]["resourceVersion"],
        },
        "spec": {"tokenData": base64_of("new")},
    }
    assert rig.metrics.counts == {"patch pediaclusters": 1}

    await rig.write(token="new")
    assert len(rig.rest.writes()) == 1
    rig.see()
    rig.exists(see=False, shardingName="x")
    with pytest.raises(errors.Conflict):
        await rig.write(token="third")


async def test_credentials_are_remembered_as_digests_only():
    """What is kept of our own write holds no credential."""
    rig = WriterRig()
    await rig.write()
    kept = rig.context.newest.pediacluster("mcp-one")
    assert kept["spec"]["tokenData"].startswith("digest:")
    rig.see()
    await rig.write(token="another")

    assert rig.context.newest.pediacluster("mcp-one")["spec"]["tokenData"].startswith("digest:")


async def test_a_name_that_was_just_taken_is_compared_not_overwritten():
    """A CREATE is fenced by its name: the object that won is read, and left if it is not ours."""
    rig = WriterRig()
    rig.exists(owners=[], see=False)
    held = await rig.held()

    assert held.reason == "NameConflict"
    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == []


async def test_our_own_creation_that_was_not_answered_is_found_again():
    """After a lost answer the object with our mark is the one we made."""
    rig = WriterRig()
    rig.exists(see=False)
    assert (await rig.write()).created_reason == "PediaClusterCreated"

    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert CANARY not in str(rig.context.newest.pediacluster("mcp-one"))


@pytest.mark.parametrize(
    ("made", "owner", "reason"),
    [
        ("2026-01-01T00:00:01Z", "", "PediaClusterCreated"),
        ("2026-01-01T00:00:00Z", "", "PediaClusterCreated"),
        ("2025-12-31T23:59:59Z", "", "PediaClusterExisted"),
        ("2026-01-01T00:00:01Z", "older", "PediaClusterExisted"),
    ],
)
async def test_what_was_made_for_the_lifecycle_was_created(made, owner, reason):
    """With its mark and not older than it, a PediaCluster is one whose creation was not told."""
    rig = WriterRig()
    owners = [lifecycle_owner("mcp-one", owner)] if owner else rig.owners
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners), creationTimestamp=made)
    rig.see()

    assert (await rig.write()).created_reason == reason


@pytest.mark.parametrize("is_written", [True, False])
async def test_an_unmarked_pediacluster_is_ours_if_our_status_says_so(is_written):
    """After a swap the mark is added; without that claim it is never written."""
    rig = WriterRig()
    rig.exists(owners=[])
    if is_written:
        await rig.write(created_at="2026-01-01T00:00:00Z")
        assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == rig.owners
    else:
        assert (await rig.held()).reason == "NameConflict"
        assert rig.rest.requests == []


async def test_a_token_that_would_become_empty_is_kept():
    """A Secret that is half way through a rotation changes nothing."""
    rig = WriterRig()
    rig.exists(certData=base64_of("c"), keyData=base64_of("k"))
    template = rig.record.template + '  certData: ""\n'
    rig.record = parse_lifecycle(lifecycle_body(template=template))
    with pytest.raises(IncompleteCredentials):
        await rig.write()

    assert rig.rest.requests == []


@pytest.mark.parametrize(("method", "path"), [("POST", COLLECTION), ("PATCH", OBJECT)])
@pytest.mark.parametrize(
    "error",
    [
        errors.ServiceUnavailable(503, "X"),
        errors.Conflict(409, "X"),
        errors.TransportError("gone"),
        errors.GateClosed("shut"),
    ],
)
async def test_a_failure_of_the_moment_is_raised(method, path, error):
    """It is no refusal: the next try sends the same body at once."""
    rig = WriterRig()
    if method == "PATCH":
        rig.exists(apiserver="https://old:6443")
    rig.rest.meet(method, path, error)
    with pytest.raises(type(error)):
        await rig.write()

    assert (await rig.write()).exists


@pytest.mark.parametrize(
    ("exists", "values", "expected"),
    [
        (
            False,
            {},
            (
                False,
                (
                    "would create the PediaCluster with apiserver https://one.example:6443; "
                    "caData given; tokenData given; kubeconfig, certData, keyData absent; "
                    "syncResources none"
                ),
            ),
        ),
        (True, {}, (True, "")),
        (
            True,
            {"token": "b", "url": "https://x:1"},
            (
                True,
                (
                    "would change apiserver from https://one.example:6443 to https://x:1; "
                    "tokenData (another value)"
                ),
            ),
        ),
    ],
)
async def test_t14_observing_tells_and_writes_nothing(exists, values, expected):
    """What would be created or changed is told field by field, credentials as given or not."""
    rig = WriterRig()
    if exists:
        rig.exists()
    existing = rig.context.newest.pediacluster("mcp-one")
    verdict = rig.subject.observe(rig.record, rig.rendered(**values), existing)

    assert (verdict.exists, verdict.observed) == expected
    assert rig.rest.requests == []


async def test_t14_observing_tells_of_a_missing_mark():
    """Where only the owner differs, that is what would change."""
    rig = WriterRig()
    rig.exists(owners=[])
    existing = rig.context.newest.pediacluster("mcp-one")
    verdict = rig.subject.observe(rig.record, rig.rendered(), existing)

    assert verdict.observed == "would change the mark of whose it is (ownerReferences)"
