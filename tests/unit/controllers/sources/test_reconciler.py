"""One lifecycle per selected source, and none for the others."""

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
    source_body,
)
from tests.fakes.controllers.reconcilers import KEY, SourceRig

pytestmark = pytest.mark.looptime

COLLECTION = LIFECYCLES.path()
OBJECT = LIFECYCLES.path(name="mcp-one")
SOURCE = {"group": "cluster.mcp.io", "resource": "clusters"}
SELECTING = SOURCE | {"selectorTemplate": "{{ not .source.spec.ignored }}"}


async def test_a_selected_source_gets_a_lifecycle():
    """It has the policy as controller, the source, the template, and is queued."""
    rig = SourceRig()
    assert await rig.look() == DONE
    obj = rig.get(LIFECYCLES, "mcp-one")

    assert rig.rest.writes() == [("POST", COLLECTION)]
    assert obj["metadata"]["ownerReferences"] == [policy_owner(uid=rig.active.record.uid)]
    assert obj["spec"] == lifecycle_body()["spec"]
    assert obj["metadata"]["labels"] == {"policy.clusterpedia.io/policy": "mcp"}
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    assert rig.standing() == PENDING
    assert rig.metrics.counts["create pediaclusterlifecycles"] == 1
    assert rig.told() == []


async def test_a_lifecycle_that_is_right_is_not_written():
    """Before and after the cache shows the write, a second look writes nothing."""
    rig = SourceRig()
    await rig.look()
    await rig.look()
    rig.see()
    drain(rig.queues.lifecycles)
    assert await rig.look() == DONE

    assert len(rig.rest.writes()) == 1
    assert drain(rig.queues.lifecycles) == ["mcp-one"]


@pytest.mark.parametrize("reason", ["none", "blocked", "frozen", "not viewed"])
async def test_nothing_is_decided_without_a_view_under_a_policy_in_force(reason):
    """What exists stays as it is, whatever its own spec says."""
    rig = SourceRig(see=reason != "not viewed")
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.drop(CLUSTERS, "one", "team")
    rig.see(LIFECYCLES)
    if reason != "not viewed":
        rig.see(CLUSTERS)
    if reason == "none":
        rig.tracker.drop("mcp")
    elif reason != "not viewed":
        rig.block(Blocker("X", "m", freezes=reason == "frozen"))
    assert await rig.look() == DONE

    assert rig.rest.writes() == []
    assert rig.candidates() == []
    assert rig.standing() is None
    assert drain(rig.queues.lifecycles) == []


@pytest.mark.parametrize("how", ["gone", "not selected"])
async def test_an_unselected_source_makes_its_lifecycle_a_candidate(how):
    """Nothing is deleted here: the lifecycle is proposed, and the source is counted no more."""
    rig = SourceRig(
        cluster=source_body(ignored=True), source=SELECTING if how != "gone" else SOURCE
    )
    if how == "gone":
        rig.drop(CLUSTERS, "one", "team")
    obj = rig.owned()
    rig.context.tally.set("mcp", ONE, PENDING)
    assert await rig.look() == DONE

    assert rig.context.candidates.of_policy("mcp") == (Candidate.of(obj, None),)
    assert rig.standing() is None
    assert rig.rest.writes() == []


async def test_a_source_that_is_selected_again_is_no_candidate_any_more():
    """A lifecycle that is wanted after all is withdrawn."""
    rig = SourceRig()
    rig.propose(rig.owned())
    await rig.look()

    assert rig.candidates() == []


async def test_another_name_leaves_the_old_lifecycle_as_a_candidate():
    """The new lifecycle is made first; the old one is proposed once it stands."""
    rig = SourceRig(nameTemplate="new-{{ .source.metadata.name }}")
    rig.owned("mcp-one")
    assert await rig.look() == DONE

    assert rig.get(LIFECYCLES, "new-one") is not None
    assert rig.candidates() == ["mcp-one"]
    rig.context.candidates.withdraw("mcp", "mcp-one")
    rig.see()
    await rig.look()
    assert rig.candidates() == ["mcp-one"]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"source": SOURCE | {"selectorTemplate": "{{ div 1 0 }}"}}, "FailedParseSourceSelector"),
        ({"nameTemplate": "{{ .source.spec.nothing }}"}, "FailedParseLifecycleName"),
    ],
)
async def test_a_template_error_deletes_nothing_and_is_told_once(spec, reason):
    """What exists stays as it is; one Event and one count tell of the source."""
    rig = SourceRig(**spec)
    rig.owned()
    for _ in range(2):
        assert await rig.look() == DONE

    assert rig.candidates() == []
    assert rig.rest.writes() == []
    assert rig.standing().state is State.FAILED
    assert rig.standing().reason == reason
    assert rig.standing().has_lifecycle
    (event,) = rig.told()
    assert (event["reason"], event["regarding"]["name"]) == (reason, "one")
    assert event["note"].startswith("policy mcp: ")
    assert rig.metrics.counts == {f"rejected mcp {reason}": 1}


@pytest.mark.parametrize(
    ("metadata", "spec", "reason", "part"),
    [
        ({"deletionTimestamp": "now", "finalizers": ["x"]}, {}, "NameConflict", "being deleted"),
        ({"ownerReferences": []}, {}, "OrphanLifecycle", "nobody's"),
        ({"ownerReferences": [policy_owner("other")]}, {}, "NameConflict", "policy other"),
        ({}, {"source": SOURCE | {"namespace": "team", "name": "two"}}, "NameConflict", "team/two"),
        ({}, {"source": None}, "NameConflict", "taken by source None"),
    ],
)
async def test_a_name_that_another_has_is_waited_for(metadata, spec, reason, part):
    """A lifecycle that is not this source's is not written, and its end lets the source in."""
    rig = SourceRig()
    obj = rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid, **spec), **metadata)
    rig.see()
    assert await rig.look() == DONE

    assert rig.rest.writes() == []
    assert rig.standing().reason == reason
    assert part in rig.standing().message
    assert rig.standing().has_lifecycle is bool(
        rig.caches.lifecycles_for("mcp", CLUSTERS.group_resource, ONE)
    )
    assert drain(rig.queues.lifecycles) == ["mcp-one"] * (part == "being deleted")
    assert rig.get(LIFECYCLES, "mcp-one") == obj
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see()
    assert list(rig.context.claims.release("mcp-one")) == [KEY]
    await rig.look()
    assert rig.rest.writes() == [("POST", COLLECTION)]


async def test_who_got_its_name_waits_no_more():
    """A source that has a lifecycle, or is gone, is not told when the name becomes free."""
    rig = SourceRig()
    rig.owned(source=SOURCE | {"namespace": "team", "name": "two"})
    await rig.look()
    rig.owned()
    await rig.look()
    assert list(rig.context.claims.release("mcp-one")) == []

    rig.owned(source=SOURCE | {"namespace": "team", "name": "two"})
    await rig.look()
    rig.drop(CLUSTERS, "one", "team")
    rig.see()
    await rig.look()
    assert list(rig.context.claims.release("mcp-one")) == []


async def test_a_rejected_source_is_pending_when_its_lifecycle_stands():
    """What was rejected without a lifecycle is told by the lifecycle from now on."""
    rig = SourceRig()
    rig.owned()
    rejected = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
    rig.context.tally.set("mcp", ONE, rejected)
    await rig.look()
    assert rig.standing() == PENDING
    imported = Standing(State.IMPORTED)
    rig.context.tally.set("mcp", ONE, imported)
    await rig.look()

    assert rig.standing() == imported


async def test_a_changed_policy_changes_its_lifecycles():
    """Only spec and owner are patched, at the version that was seen; what is not wanted goes."""
    rig = SourceRig()
    obj = rig.owned(template="old", updatePolicy="All")
    assert await rig.look() == DONE

    assert rig.rest.writes() == [("PATCH", OBJECT)]
    body = rig.rest.last("PATCH").body
    assert body["metadata"] == {"resourceVersion": obj["metadata"]["resourceVersion"]}
    assert body["spec"]["updatePolicy"] is None
    assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]
    assert rig.standing() == PENDING
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    assert rig.metrics.counts == {"patch pediaclusterlifecycles": 1}


async def test_the_reference_to_a_policy_made_again_is_renewed():
    """The controller gets the new uid; other owners stay."""
    rig = SourceRig()
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y"}
    rig.put(LIFECYCLES, lifecycle_body(), ownerReferences=[policy_owner(uid="old"), plain])
    rig.see()
    await rig.look()

    assert rig.rest.last("PATCH").body.keys() == {"metadata"}
    assert rig.get(LIFECYCLES, "mcp-one")["metadata"]["ownerReferences"] == [
        plain,
        policy_owner(uid=rig.active.record.uid),
    ]


@pytest.mark.parametrize("has_cluster", [True, False])
async def test_observe_does_not_touch_a_lifecycle_that_owns_a_pediacluster(has_cluster):
    """With Observe a lifecycle that has a PediaCluster stays as it is, and is looked at."""
    rig = SourceRig(mode="Observe")
    rig.owned(template="old")
    if has_cluster:
        rig.put(PEDIACLUSTERS, pediacluster_body())
        rig.see()
    drain(rig.queues.lifecycles)
    await rig.look()

    assert rig.rest.writes() == ([] if has_cluster else [("PATCH", OBJECT)])
    assert drain(rig.queues.lifecycles) == ["mcp-one"]


async def test_fields_that_the_crd_prunes_are_left_out():
    """On Clusterpedia's CRD our fields are neither sent nor missed."""
    rig = SourceRig(updatePolicy="All")
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    await rig.look()
    assert "updatePolicy" not in rig.get(LIFECYCLES, "mcp-one")["spec"]
    rig.see()
    await rig.look()
    assert len(rig.rest.writes()) == 1

    rig.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL)
    await rig.look()
    assert rig.get(LIFECYCLES, "mcp-one")["spec"]["updatePolicy"] == "All"


async def test_t12_a_source_that_is_renamed_is_no_candidate_until_it_may_go():
    """One that was deselected, and is selected under another name, is wanted as it is again."""
    rig = SourceRig(nameTemplate="new-{{ .source.metadata.name }}")
    obj = rig.owned()
    owners = [lifecycle_owner("mcp-one", obj["metadata"]["uid"])]
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
    rig.see()
    rig.propose(obj)
    await rig.look()

    assert rig.candidates() == []
    assert rig.get(LIFECYCLES, "new-one") is not None


async def test_t12_a_name_that_is_taken_has_the_old_lifecycle_tell_so():
    """No lifecycle of the new name is there to wake it."""
    rig = SourceRig(nameTemplate="taken")
    rig.put(LIFECYCLES, lifecycle_body("taken"), ownerReferences=[policy_owner("other")])
    obj = rig.owned()
    rig.put(LIFECYCLES, obj | {"status": {"source": "clusters.cluster.mcp.io/team/one"}})
    rig.see()
    await rig.look()

    assert rig.standing().reason == "NameConflict"
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    assert rig.candidates() == []
