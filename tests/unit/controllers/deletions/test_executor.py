"""PediaCluster first, then its lifecycle; neither if something newer or another owner is there."""

import pytest

from clusterimport.controllers.deletions.executor import Executor
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import (
    ORPHANED,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
)

pytestmark = pytest.mark.looptime

CLUSTER = PEDIACLUSTERS.path(name="mcp-one")
LIFECYCLE = LIFECYCLES.path(name="mcp-one")
BOTH = [("DELETE", CLUSTER), ("DELETE", LIFECYCLE)]
PLAIN = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y"}


class Rig(ImportRig):
    """A lifecycle with its PediaCluster, and the executor."""

    def __init__(self, *, policy=None, owners=None, exists=True, **spec):
        super().__init__()
        active = self.activate(see=False, **(policy or {}))
        self.obj = self.put(LIFECYCLES, lifecycle_body(policy_uid=active.record.uid, **spec))
        self.owner = lifecycle_owner("mcp-one", self.obj["metadata"]["uid"])
        if exists:
            owners = [self.owner] if owners is None else owners
            self.cluster = self.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
        self.see()
        self.subject = Executor(self.context)

    async def delete(self):
        await self.subject.delete(self.obj)


def preconditions(rig):
    return [sent.body["preconditions"] for sent in rig.rest.requests if sent.method == "DELETE"]


async def test_the_pediacluster_goes_first():
    """Both are deleted with uid and resourceVersion, in the order that leaves no orphan."""
    rig = Rig()
    await rig.delete()

    assert rig.rest.writes() == BOTH
    assert preconditions(rig) == [
        {name: obj["metadata"][name] for name in ("uid", "resourceVersion")}
        for obj in (rig.cluster, rig.obj)
    ]
    assert rig.metrics.counts == {"delete pediaclusters": 1, "delete pediaclusterlifecycles": 1}
    assert rig.context.newest.lifecycle("mcp-one") is None


async def test_the_lifecycle_is_condemned_meanwhile():
    """Between the two deletes nobody makes the PediaCluster again; afterwards it is free."""
    rig = Rig()
    seen = []
    is_condemned = rig.context.candidates.is_condemned
    rig.rest.meet("DELETE", LIFECYCLE, lambda: seen.append(is_condemned("mcp-one")))
    await rig.delete()

    assert seen == [True]
    assert not is_condemned("mcp-one")


@pytest.mark.parametrize(("path", "left"), [(CLUSTER, 2), (LIFECYCLE, 1)])
async def test_what_has_changed_is_not_deleted(path, left):
    """A conflict ends the deletion where it is, and the lifecycle may be looked at again."""
    rig = Rig()
    rig.rest.meet("DELETE", path, errors.Conflict(409, "Conflict"))
    with pytest.raises(errors.Conflict):
        await rig.delete()

    stands = [rig.get(LIFECYCLES, "mcp-one"), rig.get(PEDIACLUSTERS, "mcp-one")]
    assert len([obj for obj in stands if obj]) == left
    assert not rig.context.candidates.is_condemned("mcp-one")


async def test_a_lifecycle_that_was_edited_is_not_deleted():
    """The version that was judged is the only one that goes."""
    rig = Rig(exists=False)
    rig.put(LIFECYCLES, lifecycle_body(template="edited"))
    with pytest.raises(errors.Conflict):
        await rig.delete()

    assert rig.get(LIFECYCLES, "mcp-one") is not None


async def test_the_pediacluster_is_read_live():
    """A status that changed it since the cache saw it does not hold the deletion up."""
    rig = Rig()
    rig.put(PEDIACLUSTERS, {**rig.cluster, "status": {"version": "v1.36"}})
    await rig.delete()

    assert rig.rest.writes() == BOTH


@pytest.mark.parametrize(("path", "absent"), [(CLUSTER, "cluster"), (LIFECYCLE, "lifecycle")])
async def test_what_is_gone_already_is_no_failure(path, absent):
    """NotFound of either goes on with the rest."""
    rig = Rig()
    rig.rest.meet("DELETE", path, errors.NotFound(404, "NotFound", details_name="mcp-one"))
    await rig.delete()

    assert rig.rest.writes() == BOTH
    assert rig.metrics.counts["delete pediaclusters"] == (absent != "cluster")


async def test_without_a_pediacluster_the_lifecycle_goes():
    """A crash between the two deletes is finished later."""
    rig = Rig(exists=False)
    await rig.delete()

    assert rig.rest.writes() == [("DELETE", LIFECYCLE)]


@pytest.mark.parametrize(
    "owners",
    [
        [],
        [lifecycle_owner("mcp-one", "another")],
        [lifecycle_owner("mcp-two", "another")],
        [{**PLAIN, "name": "mcp-one"}],
    ],
    ids=["nobody", "another uid", "another name", "another kind"],
)
async def test_a_pediacluster_that_is_not_its_own_stays(owners):
    """Only what the lifecycle owns by uid goes with it."""
    rig = Rig(owners=owners)
    await rig.delete()

    assert rig.rest.writes() == [("DELETE", LIFECYCLE)]
    assert rig.get(PEDIACLUSTERS, "mcp-one") is not None


@pytest.mark.parametrize(
    "other", [PLAIN, lifecycle_owner("mcp-one", "another"), lifecycle_owner("mcp-two", "another")]
)
async def test_another_owner_keeps_the_pediacluster(other):
    """Where somebody else owns it too, be it a lifecycle of its name, only the lifecycle goes."""
    rig = Rig()
    rig.put(PEDIACLUSTERS, rig.cluster, ownerReferences=[rig.owner, other])
    await rig.delete()

    assert rig.rest.writes() == [("DELETE", LIFECYCLE)]


async def test_a_pediacluster_that_is_going_is_not_deleted_again():
    """Its finalizer is waited for by nobody; the lifecycle goes."""
    rig = Rig()
    rig.put(PEDIACLUSTERS, rig.cluster, deletionTimestamp="now", finalizers=["x"])
    await rig.delete()

    assert rig.rest.writes() == [("DELETE", LIFECYCLE)]


@pytest.mark.parametrize("where", ["policy", "lifecycle"])
async def test_orphan_keeps_the_pediacluster(where):
    """Its owner is taken off first, since a garbage collector would take it along."""
    orphan = {"deletionPolicy": "Orphan"}
    rig = Rig(policy=orphan) if where == "policy" else Rig(**orphan)
    await rig.delete()
    left = rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]

    assert rig.rest.writes() == [("PATCH", CLUSTER), ("DELETE", LIFECYCLE)]
    assert not left.get("ownerReferences")
    assert left["annotations"] == ORPHANED


@pytest.mark.parametrize(("owners", "writes"), [(None, []), ([], [("DELETE", LIFECYCLE)])])
async def test_observe_deletes_no_lifecycle_that_owns_a_pediacluster(owners, writes):
    """With Observe the pair stays; a lifecycle without one of its own goes."""
    rig = Rig(policy={"mode": "Observe"}, owners=owners)
    await rig.delete()

    assert rig.rest.writes() == writes


@pytest.mark.parametrize(
    ("owners", "goes"),
    [
        ([lifecycle_owner("mcp-one", "gone")], True),
        ([lifecycle_owner("mcp-one", "gone"), lifecycle_owner("mcp-two", "x")], False),
        ([lifecycle_owner("mcp-one", "gone"), PLAIN], False),
    ],
)
async def test_a_leftover_goes_if_nobody_else_has_it(owners, goes):
    """Without a lifecycle the owner is told by its name; every other owner keeps it."""
    rig = Rig(exists=False)
    obj = rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
    await rig.subject.delete_pediacluster(obj)

    assert rig.rest.writes() == ([("DELETE", CLUSTER)] if goes else [])


async def test_a_failed_read_deletes_nothing():
    """If the PediaCluster cannot be looked at, the lifecycle stays too."""
    rig = Rig()
    rig.rest.meet("GET", CLUSTER, errors.ServiceUnavailable(503, "X"))
    with pytest.raises(errors.ServiceUnavailable):
        await rig.delete()

    assert rig.rest.writes() == []


async def test_t54_an_orphan_is_marked_with_the_source_that_it_is_of():
    """What was written into the spec of its lifecycle gives it to nobody else."""
    evil = lifecycle_body("mcp-evil")["spec"]["source"]
    rig = Rig(policy={"deletionPolicy": "Orphan"}, source=evil)
    status = {"source": ORPHANED["policy.clusterpedia.io/source"]}
    rig.obj = rig.put(LIFECYCLES, rig.obj | {"status": status})
    await rig.delete()

    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["annotations"] == ORPHANED
