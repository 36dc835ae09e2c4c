"""Lifecycles that somebody else has edited or given away: whose they are, and what mends them."""

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.queues import SourceKey
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
    source_body,
)
from tests.fakes.controllers.reconcilers import SourceRig

pytestmark = pytest.mark.looptime

OBJECT = LIFECYCLES.path(name="mcp-one")
SOURCE = {"group": "cluster.mcp.io", "resource": "clusters"}

WITNESS = {"source": "clusters.cluster.mcp.io/team/one"}
EVIL = lifecycle_body("mcp-evil")["spec"]["source"] | {"namespace": "other"}


def forge(rig, **change):
    """Let a lifecycle of the source, whose status says so, have been edited by somebody else."""
    body = lifecycle_body(policy_uid=rig.active.record.uid, **change.pop("spec", {}))
    obj = rig.put(LIFECYCLES, body | {"status": change.pop("status", WITNESS)}, **change)
    rig.see()
    return obj


@pytest.mark.parametrize("is_there", [True, False])
async def test_t54_a_forged_source_is_put_back(is_there):
    """What the status says outranks the spec; nothing of what was written there is left."""
    rig = SourceRig()
    if is_there:
        rig.put(CLUSTERS, source_body("evil", namespace="other"))
    forge(rig, spec={"source": EVIL})
    await rig.look()

    assert rig.rest.writes() == [("PATCH", OBJECT)]
    assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]
    assert rig.candidates() == []
    if is_there:
        await rig.look(SourceKey("mcp", ObjectKey("other", "evil")))
        assert rig.candidates() == [], "it is not the forged source's"
        assert rig.get(LIFECYCLES, "mcp-evil") is not None


async def test_t54_a_namespace_is_taken_out_of_a_cluster_scoped_source():
    """A merge patch merges: what was added to the source goes by name."""
    rig = SourceRig()
    rig.put(CLUSTERS, source_body(namespace=""))
    body = lifecycle_body()["spec"]["source"]
    status = {"source": "clusters.cluster.mcp.io/one"}
    forge(rig, spec={"source": body | {"name": "one"}}, status=status)
    await rig.look(SourceKey("mcp", ObjectKey("", "one")))

    assert "namespace" not in rig.get(LIFECYCLES, "mcp-one")["spec"]["source"]


async def test_t54_the_mark_on_the_pediacluster_outranks_the_spec():
    """On CRDs that do not keep ``status.source``."""
    rig = SourceRig()
    obj = forge(rig, spec={"source": EVIL}, status={})
    await rig.look()
    assert rig.rest.writes() == []
    owner = lifecycle_owner("mcp-one", obj["metadata"]["uid"])
    marks = {SOURCE_ANNOTATION: WITNESS["source"]}
    rig.put(PEDIACLUSTERS, pediacluster_body(owners=[owner]), annotations=marks)
    rig.see()
    await rig.look()

    assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]


async def test_t54_the_first_of_two_real_sources_keeps_the_name():
    """Whose it is stands in the status: an edited spec does not give it to the second."""
    rig = SourceRig(nameTemplate="mcp-{{ .source.metadata.name }}")
    second = SourceKey("mcp", ObjectKey("other", "one"))
    rig.put(CLUSTERS, source_body("one", namespace="other"))
    forge(rig, spec={"source": EVIL | {"name": "one"}})
    await rig.look(second)
    assert rig.standing(second.source).reason == "NameConflict"
    assert "taken by source clusters.cluster.mcp.io/team/one" in rig.standing(second.source).message
    assert rig.rest.writes() == []
    await rig.look()

    assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]


@pytest.mark.parametrize(
    ("why", "is_taken_back"),
    [
        ("another name", True),
        ("not selected", True),
        ("our uid", True),
        ("no such source", True),
        ("makes it", False),
        ("blocked", False),
        ("not viewed", False),
        ("unknown", False),
        ("cannot be said", False),
        ("observed", False),
        ("no witness", False),
    ],
)
async def test_t54_a_lifecycle_given_to_another_policy_is_taken_back(why, is_taken_back):
    """Where that policy certainly does not make it, and its status tells whose it was."""
    rig = SourceRig()
    other = {"nameTemplate": "other-{{ .source.metadata.name }}"}
    if why == "makes it":
        other = {}
    elif why == "not selected":
        other = {"source": SOURCE | {"selectorTemplate": "false"}}
    elif why == "cannot be said":
        other = {"nameTemplate": '{{ fail "no" }}'}
    elif why == "no such source":
        other = {"source": {"group": MACHINES.group, "resource": MACHINES.resource}}
        rig.store.serve(MACHINES, "Machine", namespaced=True)
    state = rig.activate("other", see=why != "not viewed", **other)
    if why == "blocked":
        rig.block(Blocker("X", "m"), "other")
    elif why == "unknown":
        rig.tracker.drop("other")
    status = {} if why == "no witness" else dict(WITNESS)
    if why == "observed":
        status["conditions"] = [{"type": "Observed", "status": "True"}]
    uid = rig.active.record.uid if why == "our uid" else state.record.uid
    owners = [policy_owner("other", uid)]
    body = lifecycle_body() | {"status": status}
    rig.put(LIFECYCLES, body, ownerReferences=owners)
    rig.see(LIFECYCLES)
    await rig.look()
    left = rig.get(LIFECYCLES, "mcp-one")["metadata"]["ownerReferences"]

    if is_taken_back:
        assert left == [policy_owner(uid=rig.active.record.uid)]
    else:
        assert left == owners
        assert "policy other" in rig.standing().message
