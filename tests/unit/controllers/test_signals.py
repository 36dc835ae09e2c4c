"""Signals of what concerns many keys: a policy, a view that is complete, a CRD, a sweep."""

import asyncio

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.queues import OWNERLESS_KEY, DeletionKey, SourceKey
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
)
from tests.fakes.controllers.reconcilers import KEY
from tests.fakes.controllers.terms import TermRig, priorities

pytestmark = pytest.mark.looptime

TEAM = DeletionKey("mcp", "namespace/team")


async def test_t02_a_policy_that_is_gone_is_asked_for_its_lifecycles_once():
    """Not again with each of them that goes: ten thousand would be proposed fifty million times."""
    rig = TermRig()
    names = [f"mcp-{number}" for number in range(5)]
    for name in names:
        rig.put_lifecycle(name)
    rig.see(LIFECYCLES)
    rig.drop(POLICIES, "mcp")
    rig.see(POLICIES)
    rig.policy_changed("mcp", sources=False)
    assert "mcp" in rig.taken()["policies"]
    await rig.reconcilers.policies.reconcile("mcp")
    assert len(rig.context.candidates.of_policy("mcp")) == 5
    rig.taken()
    for name in names:
        rig.drop(LIFECYCLES, name)
        rig.see(LIFECYCLES)
        assert "policies" not in rig.taken()


async def test_a_changed_policy_queues_its_sources_only_if_asked():
    """A new generation looks at everything of the policy again; a status at nothing but it."""
    rig = TermRig()
    rig.put_lifecycle("mcp-gone")
    rig.see(LIFECYCLES)
    rig.taken()
    rig.policy_changed("mcp", sources=False)
    assert rig.taken() == {"policies": ["mcp"]}
    rig.context.tally.set("mcp", ObjectKey("team", "left"), Standing(State.IMPORTED))
    rig.policy_changed("mcp", sources=True)
    assert rig.taken() == {
        "policies": ["mcp"],
        "sources": [SourceKey("mcp", ObjectKey("team", n)) for n in ("gone", "left", "one")],
    }
    assert rig.context.is_busy("mcp")
    rig.policy_changed("unknown", sources=True)
    assert rig.taken() == {"policies": ["unknown"]}


async def test_a_blocked_policy_has_no_source_outstanding():
    """While its newest generation is not in force nothing of it is looked at, nor awaited."""
    rig = TermRig()
    rig.policy_changed("mcp", sources=True)
    rig.taken()
    assert rig.context.is_busy("mcp")
    rig.block(Blocker("InvalidPolicy", "m"))
    rig.policy_changed("mcp", sources=True)

    assert rig.taken() == {"policies": ["mcp"]}
    assert not rig.context.is_busy("mcp")


async def test_a_changed_policy_wakes_its_candidates():
    """A token on the policy is looked at at once."""
    rig = TermRig()
    rig.propose(rig.put_lifecycle())
    rig.taken()
    rig.policy_changed("mcp", sources=False)

    assert rig.taken() == {"policies": ["mcp"], "deletions": [TEAM]}


async def test_a_candidate_wakes_its_policy_and_later_its_judgement():
    """That deletions are outstanding is told; they are judged when the window closes."""
    rig = TermRig()
    rig.taken()
    rig.propose(rig.put_lifecycle())
    assert rig.taken() == {"policies": ["mcp"]}
    await asyncio.sleep(2.01)

    assert rig.taken() == {"deletions": [TEAM]}


@pytest.mark.parametrize("why", ["", "blocked", "not viewed"])
async def test_lifecycles_of_another_type_are_candidates(why):
    """After a change of the source type, under a policy in force with a complete view only."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.store.serve(MACHINES, "Machine")
    source = {"group": MACHINES.group, "resource": MACHINES.resource}
    rig.activate(source=source, see=False)
    if why == "blocked":
        rig.block(Blocker("X", "m"))
    rig.see(LIFECYCLES, *(() if why == "not viewed" else (MACHINES,)))
    rig.policy_changed("mcp", sources=True)

    assert rig.context.candidates.includes("mcp", "mcp-one") is (why == "")


async def test_a_completed_view_looks_at_sources_and_leftovers():
    """Now absence means absence: all sources, and what nobody owns any more."""
    rig = TermRig()
    rig.activate(source={"group": CLUSTERS.group, "resource": CLUSTERS.resource}, see=False)
    rig.taken()
    rig.see(CLUSTERS)

    assert rig.taken() == {"policies": ["mcp"], "sources": [KEY], "deletions": [OWNERLESS_KEY]}


async def test_t03_everything_is_looked_at_behind_fresh_events():
    """Policies with their sources, what no look at sources comes to, and leftovers."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.put_lifecycle("mcp-orphaned", ownerReferences=[])
    rig.put_lifecycle("other", ownerReferences=[policy_owner("gone")])
    for name, owner in (("left", "left"), ("mcp-one", "mcp-one"), ("free", "")):
        owners = [lifecycle_owner(owner, "u")] if owner else []
        rig.put(PEDIACLUSTERS, pediacluster_body(name, owners=owners))
    rig.see()
    rig.taken()
    rig.look_at_everything()
    assert priorities(rig.queues.policies) - {BACKLOG} <= {FRESH}
    assert priorities(rig.queues.sources) == {BACKLOG}
    assert priorities(rig.queues.lifecycles) == {BACKLOG}
    assert priorities(rig.queues.pediaclusters) <= {BACKLOG, FRESH}

    assert rig.taken() == {
        "policies": ["gone", "mcp"],
        "sources": [KEY],
        "lifecycles": ["left", "mcp-orphaned", "other"],
        "pediaclusters": ["free", "left", "mcp-one"],
    }


@pytest.mark.parametrize("why", ["deleting", "nobody's", "another's"])
async def test_t03_what_no_look_at_sources_comes_to_is_looked_at_itself(why):
    """Its finalizer may have to go, or its policy be gone, and no event will tell of it again."""
    assert whole_look_at_a_lifecycle(why) == ["mcp-one"]


@pytest.mark.parametrize("why", ["blocked", "not viewed"])
async def test_what_waits_for_its_policy_is_not_looked_at_before(why):
    """Nothing is decided until the policy is in force and knows its sources."""
    assert whole_look_at_a_lifecycle(why) == []


def whole_look_at_a_lifecycle(why):
    """Return the lifecycles that a look at everything queues, of one in this state."""
    rig = TermRig()
    metadata = {
        "deleting": {"deletionTimestamp": "now", "finalizers": ["x"]},
        "nobody's": {"ownerReferences": []},
        "another's": {"ownerReferences": [policy_owner("unknown")]},
    }
    rig.put_lifecycle(**metadata.get(why, {}))
    if why == "not viewed":
        rig.activate(source={"group": MACHINES.group, "resource": MACHINES.resource}, see=False)
    rig.see(LIFECYCLES)
    if why == "blocked":
        rig.block(Blocker("InvalidPolicy", "m"))
    rig.taken()
    rig.look_at_everything()
    return rig.taken().get("lifecycles", [])


async def test_t03_what_waits_to_be_deleted_is_looked_at():
    """Candidates are judged again, and PediaClusters of another lifecycle of their name."""
    rig = TermRig()
    rig.propose(rig.put_lifecycle())
    body = pediacluster_body("mcp-one", owners=[lifecycle_owner("mcp-one", "gone")])
    marks = {"policy.clusterpedia.io/source": "clusters.cluster.mcp.io/team/other"}
    rig.put(PEDIACLUSTERS, body, annotations=marks)
    rig.see()
    rig.taken()
    rig.look_at_everything()
    taken = rig.taken()

    assert taken["deletions"] == [TEAM]
    assert taken["lifecycles"] == ["mcp-one"]


async def test_a_changed_crd_lets_everything_be_tried_again():
    """Refusals are forgotten and all is looked at."""
    rig = TermRig()
    path = LIFECYCLES.path()
    rig.rest.meet("POST", path, errors.Invalid(422, "Invalid", verb="create"))
    await rig.reconcilers.sources.reconcile(KEY)
    await rig.reconcilers.sources.reconcile(KEY)
    assert rig.rest.count("POST", path) == 1
    rig.taken()
    rig.schemas_changed()
    assert rig.taken() == {"policies": ["mcp"], "sources": [KEY]}
    await rig.reconcilers.sources.reconcile(KEY)

    assert rig.rest.count("POST", path) == 2


async def test_a_policy_that_is_gone_leaves_nothing_of_its_sources():
    """What was refused to them, and what they wait for, is forgotten when each is looked at."""
    rig = TermRig()
    rig.rest.meet("POST", LIFECYCLES.path(), errors.Invalid(422, "Invalid", verb="create"))
    await rig.reconcilers.sources.reconcile(KEY)
    rig.context.claims.wait("x", KEY)
    rig.taken()
    rig.drop(POLICIES, "mcp")
    rig.tracker.drop("mcp")
    rig.see(POLICIES)
    await rig.reconcilers.policies.reconcile("mcp")
    assert rig.taken()["sources"] == [KEY]
    await rig.reconcilers.sources.reconcile(KEY)

    assert len(rig.reconcilers.sources._refusals) == 0
    assert rig.context.claims.release("x") == ()
