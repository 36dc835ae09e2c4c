"""From signals to keys: every event concerns as few of them as it can."""

import pytest

from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.queues import SourceKey
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH
from tests.fakes.controllers.importing import ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    pediacluster_body,
    policy_body,
    policy_owner,
    secret_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import KEY
from tests.fakes.controllers.terms import TermRig, priorities

pytestmark = pytest.mark.looptime

AUTH = ObjectKey("team", "auth-one")


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
    """Of a lifecycle, and of a PediaCluster, who writes it; nobody, where it is of our writing."""
    rig = TermRig()
    lifecycle, cluster = rig.put_lifecycle(), rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.see()
    rig.taken()
    rig.put(LIFECYCLES, lifecycle | {"status": {"references": []}})
    rig.see(LIFECYCLES)
    assert rig.taken() == {"lifecycles": ["mcp-one"]}
    rig.put(PEDIACLUSTERS, cluster | {"status": {"version": "1"}})
    rig.see(PEDIACLUSTERS)
    assert rig.taken() == {"pediaclusters": ["mcp-one"]}

    for gvr, written, obj in (
        (LIFECYCLES, rig.newest.written_lifecycles, lifecycle),
        (PEDIACLUSTERS, rig.newest.written_pediaclusters, cluster),
    ):
        written.wrote("mcp-one", rig.put(gvr, obj | {"status": {"conditions": []}}))
        rig.see(gvr)
        assert rig.taken() == {}
