"""What is written down and remembered of each namespace's deletions (T53)."""

import asyncio

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.kube import errors
from clusterimport.model.gvr import POLICIES
from clusterimport.model.times import second_time
from tests.fakes.controllers.importing import KEEPS_ALL
from tests.fakes.controllers.reconcilers import LONG_AGO, DeletionRig
from tests.fakes.controllers.sharing import SharedRig

pytestmark = pytest.mark.looptime

STATUS = POLICIES.path(name="mcp", subresource="status")


async def test_a_lifecycle_without_a_cluster_is_no_loss():
    """What was never imported is deleted in any number, and not written down."""
    rig = DeletionRig(gone=0)
    rig.objects = [rig.add(f"c{n}", imported=False) for n in range(30)]
    rig.see()
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 0
    assert rig.deletions() == []


async def test_t53_a_restart_forgets_nobodys_deletions():
    """The status says whose they were: the next leader holds the one, and not the other."""
    rig = SharedRig(bad=8, good=8)
    await rig.delete("bad", count=5)
    rig.restart()
    await rig.delete("bad", count=6)
    await rig.delete("good", count=2)

    assert (rig.count("bad"), rig.count("good")) == (3, 6)
    entries = rig.get(POLICIES, "mcp")["status"]["deletions"]
    assert {entry["namespace"] for entry in entries} == {"bad", "good"}
    assert {entry["created"] for entry in entries} == {LONG_AGO}


async def test_t53_where_the_crd_drops_the_field_the_leader_remembers_whose_they_were():
    """On Clusterpedia's CRD nothing is sent in vain, and the shares are the same."""
    rig = SharedRig(bad=8, good=8)
    rig.schemas.current = ServedSchemas({}, KEEPS_ALL)
    await rig.delete("bad", count=5)
    await rig.delete("bad", count=6)
    await rig.delete("good", count=2)

    assert (rig.count("bad"), rig.count("good")) == (3, 6)
    assert ("PATCH", STATUS) not in rig.rest.writes()


async def test_t53_where_the_crd_drops_whose_they_were_the_leader_remembers_it():
    """An older CRD of ours keeps name, uid and time; what is known better outranks it."""
    rig = SharedRig(bad=8)
    await rig.delete("bad", count=5)
    policy = rig.get(POLICIES, "mcp")
    kept = [
        {name: entry[name] for name in ("name", "uid", "time")}
        for entry in policy["status"]["deletions"]
    ]
    rig.put(POLICIES, {**policy, "status": {"deletions": kept}})
    rig.see()
    await rig.delete("bad", count=6)

    assert rig.count("bad") == 3


async def test_t53_an_entry_without_a_namespace_is_nobodys_share():
    """What an older version wrote down counts for the policy, and holds no namespace alone."""
    rig = SharedRig(bad=6)
    now = second_time(rig.clock.now())
    old = [{"name": f"o{n}", "uid": f"o{n}", "time": now} for n in range(5)]
    rig.put(POLICIES, {**rig.get(POLICIES, "mcp"), "status": {"deletions": old}})
    rig.see()
    await rig.delete("bad", count=5)

    assert rig.count("bad") == 1
    assert len(rig.deletions()) == 10


async def test_t53_namespaces_that_are_judged_together_share_one_write():
    """Each deletion is written down before it happens, in as few writes as there are moments."""
    names = [f"n{n}" for n in range(5)]
    rig = SharedRig(**dict.fromkeys(names, 3), big=60)
    for name in names:
        rig.propose(rig.of[name][0])
    await asyncio.sleep(11)
    rig.rest.latency_seconds = 0.01
    await asyncio.gather(*(rig.look(namespace=name) for name in names))

    assert [rig.count(name) for name in names] == [2] * 5
    assert sorted(rig.deletions()) == [f"mcp-{name}-0" for name in names]
    assert rig.rest.writes().count(("PATCH", STATUS)) <= 2


async def test_t53_namespaces_that_are_judged_together_do_not_overlook_each_other():
    """Seven lose one each at a moment: the policy's five and one more are not exceeded."""
    names = [f"n{n}" for n in range(7)]
    rig = SharedRig(**dict.fromkeys(names, 2))
    for name in names:
        rig.propose(rig.of[name][0])
    await asyncio.sleep(11)
    rig.rest.latency_seconds = 0.01
    await asyncio.gather(*(rig.look(namespace=name) for name in names))

    assert rig.left() == 14
    assert rig.deletions() == []


async def test_t53_what_could_not_be_written_down_is_written_with_the_next():
    """A conflict holds the one that met it; nothing is lost of what was noted."""
    rig = SharedRig(bad=3, good=3)
    rig.rest.meet("PATCH", STATUS, errors.Conflict(409, "Conflict"))
    rig.propose(rig.of["bad"][0])
    rig.propose(rig.of["good"][0])
    await asyncio.sleep(3)
    with pytest.raises(errors.Conflict):
        await rig.look(namespace="bad")
    assert rig.count("bad") == 3
    await rig.look(namespace="good")
    assert sorted(rig.deletions()) == ["mcp-bad-0", "mcp-good-0"]
    await rig.look(namespace="bad")

    assert (rig.count("bad"), rig.count("good")) == (2, 2)
    assert len(rig.deletions()) == 2
