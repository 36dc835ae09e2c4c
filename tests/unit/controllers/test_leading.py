"""From signals to keys: every event concerns as few of them as it can."""

import asyncio

import pytest

from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.queues import OWNERLESS_KEY, DeletionKey, SourceKey
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.model.keys import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.importing import ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_body,
    policy_owner,
    secret_body,
    source_body,
)
from tests.fakes.controllers.terms import TermRig

pytestmark = pytest.mark.looptime

KEY = SourceKey("mcp", ONE)
TEAM = DeletionKey("mcp", "namespace/team")
AUTH = ObjectKey("team", "auth-one")


def priorities(queue):
    return set(queue._turns.priorities)


async def test_each_reconciler_has_its_queue():
    """Six queues, named as controller-runtime's metrics would name the controllers."""
    rig = TermRig()

    assert rig.counters.queue_names == [
        *("clusterimportpolicy", "source", "pediaclusterlifecycle", "pediacluster", "deletion"),
        *("sweep", "policy-tracker"),
    ]


@pytest.mark.parametrize(("initial", "priority"), [(True, BACKLOG), (False, FRESH)])
async def test_what_comes_from_a_list_can_wait(initial, priority):
    """Objects of an initial list stand behind fresh events, in every queue."""
    rig = TermRig()
    rig.source_changed("mcp", ONE, initial=initial)
    assert priorities(rig.queues.sources) == {priority}
    obj = rig.put_lifecycle()
    rig.lifecycle_changed(None, obj, initial=initial)
    assert priorities(rig.queues.lifecycles) == {priority}
    drain(rig.queues.lifecycles)
    rig.pediacluster_changed(None, pediacluster_body(), initial=initial)
    assert priorities(rig.queues.lifecycles) == {priority}
    drain(rig.queues.lifecycles)
    target = ReferencedObject(SECRETS.group_resource, AUTH)
    rig.references.replace("mcp-one", frozenset({target}))
    rig.reference_changed(*target, initial=initial)
    assert priorities(rig.queues.lifecycles) == {priority}


async def test_a_fresh_event_starts_the_clock_of_an_import():
    """The latency of an import runs from a source's event, not from a list."""
    rig = TermRig()
    rig.source_changed("mcp", ONE, initial=True)
    rig.context.latency.looked_at("mcp", ONE, created=True)
    assert rig.metrics.latencies == []
    rig.source_changed("mcp", ONE, initial=False)
    rig.context.latency.looked_at("mcp", ONE, created=True)

    assert len(rig.metrics.latencies) == 1


async def test_a_source_or_reference_concerns_its_own_keys_only():
    """O(1) per event: one source is one key, a Secret those that refer to it."""
    rig = TermRig()
    rig.taken()
    rig.put(CLUSTERS, source_body(url="https://new"))
    rig.see(CLUSTERS)
    assert rig.taken() == {"sources": [KEY]}
    rig.put(SECRETS, secret_body(token="new"))
    rig.see(SECRETS)

    assert rig.taken() == {}


async def test_a_new_lifecycle_is_its_own_key():
    """It is looked at itself; its source made it."""
    rig = TermRig()
    rig.taken()
    rig.put_lifecycle()
    rig.see(LIFECYCLES)

    assert rig.taken() == {"lifecycles": ["mcp-one"]}


async def test_an_edited_or_deleted_lifecycle_is_looked_at_by_its_source():
    """Its source writes it again; its policy counts it."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.see(LIFECYCLES)
    rig.taken()
    rig.put_lifecycle(labels={"edited": "yes"})
    rig.see(LIFECYCLES)
    expected = {"policies": ["mcp"], "sources": [KEY], "lifecycles": ["mcp-one"]}
    assert rig.taken() == expected
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see(LIFECYCLES)

    assert rig.taken() == expected


@pytest.mark.parametrize("is_witnessed", [True, False])
async def test_t54_a_forged_lifecycle_wakes_what_puts_it_back(is_witnessed):
    """The source before and after, the one that the status tells of, and both policies."""
    rig = TermRig()
    rig.put(POLICIES, policy_body("other"))
    rig.see(POLICIES)
    status = {"status": {"source": "clusters.cluster.mcp.io/team/one"}} if is_witnessed else {}

    def put(name, **metadata):
        body = lifecycle_body("mcp-one", policy_uid=rig.active.record.uid)
        body["spec"]["source"] |= {"name": name}
        rig.put(LIFECYCLES, body | status, **metadata)
        rig.see(LIFECYCLES)

    put("one")
    rig.taken()
    put("evil")
    evil = SourceKey("mcp", ObjectKey("team", "evil"))
    assert rig.taken()["sources"] == [evil, KEY]
    put("evil", ownerReferences=[policy_owner("other")])
    taken = rig.taken()
    assert taken["pediaclusters"] == ["mcp-one"], "another policy may allow something else"
    assert taken["policies"] == ["mcp", "other"]
    assert (KEY in taken["sources"]) is is_witnessed
    rig.drop(CLUSTERS, "one", "team")
    rig.see(CLUSTERS)
    put("evil", ownerReferences=[policy_owner("mcp")])
    rig.taken()
    rig.look_at_everything()
    assert rig.taken()["sources"] == [KEY if is_witnessed else evil]
    put("evil", ownerReferences=[])
    put("other", ownerReferences=[policy_owner("mcp")])
    assert (KEY in rig.taken()["sources"]) is is_witnessed


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


async def test_a_lifecycle_that_goes_frees_its_name():
    """Those who waited for the name are queued."""
    rig = TermRig()
    rig.put_lifecycle(ownerReferences=[policy_owner("other")])
    rig.see(LIFECYCLES)
    await rig.reconcilers.sources.reconcile(KEY)
    rig.taken()
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see(LIFECYCLES)
    rig.taken()
    await rig.reconcilers.lifecycles.reconcile("mcp-one")

    assert KEY in rig.taken()["sources"]


async def test_the_echo_of_our_own_write_queues_nothing():
    """What comes back exactly as the server answered is known already; anything else is not."""
    rig = TermRig()
    obj, cluster = rig.put_lifecycle(), rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.context.newest.written_lifecycles.wrote("mcp-one", obj)
    rig.context.newest.written_pediaclusters.wrote("mcp-one", cluster)
    rig.see(LIFECYCLES, PEDIACLUSTERS)
    assert "lifecycles" not in rig.taken()
    rig.put_lifecycle(labels={"a": "b"})
    rig.put(PEDIACLUSTERS, pediacluster_body(), labels={"a": "b"})
    rig.see(LIFECYCLES)
    assert rig.taken()["lifecycles"] == ["mcp-one"]
    rig.see(PEDIACLUSTERS)
    assert rig.taken() == {"lifecycles": ["mcp-one"], "pediaclusters": ["mcp-one"]}


async def test_an_end_seen_ends_the_memory_of_a_write():
    """What was written and is gone is not taken for being there."""
    rig = TermRig()
    obj, cluster = rig.put_lifecycle(), rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.context.newest.written_lifecycles.wrote("mcp-one", obj)
    rig.context.newest.written_pediaclusters.wrote("mcp-one", cluster)
    rig.lifecycle_changed(obj, None, initial=False)
    rig.pediacluster_changed(cluster, None, initial=False)

    assert rig.context.newest.lifecycle("mcp-one") is None
    assert rig.context.newest.pediacluster("mcp-one") is None
    assert rig.taken()["lifecycles"] == ["mcp-one"]


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


@pytest.mark.parametrize("why", ["deleting", "blocked", "nobody's", "not viewed", "another's"])
async def test_t03_what_no_look_at_sources_comes_to_is_looked_at_itself(why):
    """Its finalizer may have to go, or its policy be gone, and no event will tell of it again."""
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

    assert rig.taken()["lifecycles"] == ["mcp-one"]


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


async def test_t56_a_pediacluster_that_went_or_was_replaced_is_remembered():
    """What has its name afterwards is not what the lifecycle speaks of."""
    rig = TermRig()
    lost = rig.newest.lost
    old = rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.see(PEDIACLUSTERS)
    rig.put(PEDIACLUSTERS, pediacluster_body(), labels={"a": "b"})
    rig.see(PEDIACLUSTERS)
    assert lost == set()
    rig.put(PEDIACLUSTERS, pediacluster_body(), uid="another")
    rig.see(PEDIACLUSTERS)
    assert lost == {"mcp-one"}
    rig.pediacluster_changed(old | {"metadata": {"name": "x"}}, None, initial=False)
    assert lost == {"mcp-one", "x"}


async def test_a_mere_status_concerns_who_looks_after_the_cluster():
    """Of a lifecycle it is nobody's; of a PediaCluster, unless it is ours, that of its health."""
    rig = TermRig()
    lifecycle, cluster = rig.put_lifecycle(), rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.see()
    rig.taken()
    rig.put(LIFECYCLES, lifecycle | {"status": {"references": []}})
    rig.see(LIFECYCLES)
    assert rig.taken() == {}
    rig.put(PEDIACLUSTERS, cluster | {"status": {"version": "1"}})
    rig.see(PEDIACLUSTERS)

    assert rig.taken() == {"pediaclusters": ["mcp-one"]}


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
