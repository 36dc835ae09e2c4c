"""Who looks after a PediaCluster, by the traces of clustersynchro-manager in its shard."""

import pytest

from clusterimport.controllers.shared.duty import Duty, StatusMode
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import SYNCHRO_FINALIZER
from clusterimport.model.pediacluster import shard_of, synchro_shards
from tests.fakes.controllers.importobjects import pediacluster_body
from tests.fakes.controllers.pediaclusters import ONE, PediaRig, said

pytestmark = pytest.mark.looptime

AUTO, OWN, NEVER = StatusMode
FINALIZER = {"metadata": {"finalizers": ["a", SYNCHRO_FINALIZER]}}
CONDITION = {"status": {"conditions": [said("SynchroRunning", "False")]}}
NOTHING = {"metadata": {"finalizers": ["a"]}, "status": {"conditions": [said("Ready", "True")]}}


@pytest.mark.parametrize("trace", [FINALIZER, CONDITION])
@pytest.mark.parametrize("where", [ONE, "other"])
@pytest.mark.parametrize(("mode", "duty"), [(AUTO, Duty.READ), (OWN, None), (NEVER, Duty.READ)])
async def test_a_trace_anywhere_in_the_shard_tells_that_it_is_taken(trace, where, mode, duty):
    """Its own or a neighbour's, finalizer or condition, whatever that says; ``own`` ignores it."""
    rig = PediaRig(status=mode)
    obj = rig.imported(**(trace if where == ONE else {}))
    if where != ONE:
        rig.pediacluster(where, **trace)

    assert rig.duties.of(obj) is (duty or Duty.PROBE_AND_WRITE)


@pytest.mark.parametrize(
    ("mode", "duty"),
    [(AUTO, Duty.PROBE_AND_WRITE), (OWN, Duty.PROBE_AND_WRITE), (NEVER, Duty.PROBE)],
)
async def test_without_a_trace_in_its_shard_a_cluster_is_ours(mode, duty):
    """Other finalizers and conditions, and traces in other shards, are no traces."""
    rig = PediaRig(status=mode)
    obj = rig.imported(**NOTHING)
    rig.pediacluster("elsewhere", shardingName="b", **FINALIZER)

    assert rig.duties.of(obj) is duty


async def test_shards_are_told_apart_by_name():
    """A cluster without a shard belongs to the unnamed one, as an empty name does."""
    rig = PediaRig()
    rig.pediacluster("a", shardingName="a", **FINALIZER)

    assert rig.duties.of(pediacluster_body("x", shardingName="a")) is Duty.READ
    assert rig.duties.of(pediacluster_body("x", shardingName="")) is Duty.PROBE_AND_WRITE
    assert shard_of(pediacluster_body("x")) == shard_of(pediacluster_body("x", shardingName=""))
    assert shard_of({}) == ""


@pytest.mark.parametrize("mode", [AUTO, OWN])
@pytest.mark.parametrize("how", ["spec", "status"])
async def test_what_is_only_observed_is_not_written(mode, how):
    """``Observe`` promises to write nothing of a PediaCluster, its status included."""
    rig = PediaRig(status=mode)
    told = [said("Observed", "True")] if how == "status" else []
    obj = rig.imported(told=told)
    if how == "spec":
        rig.observe()

    assert rig.duties.of(obj) is Duty.PROBE
    rig.pediacluster("other", **FINALIZER)
    assert rig.duties.of(obj) is (Duty.READ if mode is AUTO else Duty.PROBE)


async def test_what_is_observed_no_more_is_written():
    """A condition that says ``False`` is none, and another mode neither."""
    rig = PediaRig()
    obj = rig.imported(told=[said("Observed", "False")])

    assert rig.duties.of(obj) is Duty.PROBE_AND_WRITE


def change(rig, name, *, is_gone=False, **fields):
    """Change a PediaCluster, and return what the change tells of shards."""
    key = ObjectKey("", name)
    old = rig.caches.pediaclusters.get(key)
    if is_gone:
        rig.drop(PEDIACLUSTERS, name)
        rig.see()
    else:
        rig.pediacluster(name, **fields)
    return rig.duties.changed_shards(old, rig.caches.pediaclusters.get(key))


async def test_the_first_trace_and_the_last_are_news():
    """Of all clusters of a shard that are taken or let go, one is; so events stay cheap."""
    rig = PediaRig()
    assert change(rig, "one") == ()
    assert change(rig, "one", **FINALIZER) == ("",)
    assert change(rig, "two", **FINALIZER) == ()
    assert change(rig, "two", metadata={"finalizers": []}) == ()
    assert change(rig, "two", status={"conditions": [said("SynchroRunning", "True")]}) == ()
    assert change(rig, "one", is_gone=True) == ()
    assert change(rig, "two", is_gone=True) == ("",)


async def test_a_cluster_that_changes_its_shard_may_be_news_to_both():
    """The one that it leaves and the one that it comes to, where it is the only trace."""
    rig = PediaRig()
    assert change(rig, "one", shardingName="a", **FINALIZER) == ("a",)
    assert change(rig, "one", shardingName="b") == ("b", "a")
    assert change(rig, "two", shardingName="b", **FINALIZER) == ()
    assert change(rig, "two", shardingName="c") == ("c",)


@pytest.mark.parametrize(
    ("fields", "shards"),
    [(FINALIZER, ("s",)), (CONDITION, ("s",)), (NOTHING, ()), ({"status": None}, ())],
)
def test_a_trace_is_a_finalizer_or_a_condition(fields, shards):
    """What the index of the cache holds of a PediaCluster."""
    body = pediacluster_body(shardingName="s") | fields
    assert tuple(synchro_shards(body)) == shards
