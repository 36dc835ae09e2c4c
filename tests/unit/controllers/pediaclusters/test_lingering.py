"""PediaClusters that clustersynchro-manager does not let go."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.pediaclusters.lingering import LINGERING_SECONDS, LingeringClusters
from clusterimport.controllers.result import DONE
from clusterimport.model.names import SYNCHRO_FINALIZER
from clusterimport.model.pediacluster import release_command
from tests.fakes.aio.manualclock import START
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import pediacluster_body
from tests.fakes.controllers.pediaclusters import ONE

pytestmark = pytest.mark.looptime

COMMAND = f'kubectl patch pediacluster {ONE} --type=merge -p \'{{"metadata":{{"finalizers":%s}}}}\''


def deleting(seconds_ago=0.0, *, finalizers=(SYNCHRO_FINALIZER,), uid="u1", **metadata):
    """Return a PediaCluster that is being deleted."""
    since = (START - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = pediacluster_body()
    body["metadata"] |= {"uid": uid, "deletionTimestamp": since, "finalizers": list(finalizers)}
    body["metadata"] |= metadata
    return body


async def test_it_is_named_after_five_minutes_and_once():
    """An Event on it and a line in the log, with the command; from then on silence."""
    rig = ImportRig()
    subject = LingeringClusters(rig.context)
    obj = deleting()
    with capture_logs() as logs:
        result = subject.look(obj)
        assert LINGERING_SECONDS - 1 <= result.requeue_after <= LINGERING_SECONDS == 300
        assert rig.told() == []
        await asyncio.sleep(result.requeue_after - 0.5)
        assert 0 < subject.look(obj).requeue_after <= 0.6
        await asyncio.sleep(0.6)
        for _ in range(3):
            assert subject.look(obj) == DONE
            await asyncio.sleep(3600)

    (event,) = rig.told()
    assert (event["type"], event["reason"], event["action"]) == (
        *("Warning", "PediaClusterTerminating", "Delete"),
    )
    assert (event["regarding"]["kind"], event["regarding"]["uid"]) == ("PediaCluster", "u1")
    assert event["note"] == (
        f"PediaCluster {ONE} is being deleted since 2026-01-02T03:04:05Z and waits for "
        f"clustersynchro-manager to remove {SYNCHRO_FINALIZER}. If that is not running any more, "
        f"free it: {COMMAND % 'null'}"
    )
    (line,) = logs
    assert (line["log_level"], line["pediacluster"]) == ("warning", ONE)
    assert line["command"] == COMMAND % "null"


async def test_one_that_lingers_already_is_named_at_once():
    """A new leader does not wait five minutes more."""
    rig = ImportRig()

    assert LingeringClusters(rig.context).look(deleting(301)) == DONE
    assert len(rig.told()) == 1


@pytest.mark.parametrize(
    "obj",
    [
        deleting(900, finalizers=["a"]),
        deleting(900, finalizers=[]),
        deleting(deletionTimestamp="soon"),
        deleting(deletionTimestamp="2025-01-01T00:00:00"),
        deleting(deletionTimestamp=None),
    ],
)
async def test_others_are_not_named(obj):
    """Without that finalizer, or a time that can be read."""
    rig = ImportRig()

    assert LingeringClusters(rig.context).look(obj) == DONE
    assert rig.told() == []


async def test_each_object_is_named_for_itself():
    """Another one, one made again under the name, and one forgotten meanwhile."""
    rig = ImportRig()
    subject = LingeringClusters(rig.context)
    subject.look(deleting(900))
    subject.look(deleting(900, name="mcp-two"))
    subject.look(deleting(900, uid="u2"))
    assert [event["regarding"]["name"] for event in rig.told()] == [ONE, "mcp-two", ONE]
    subject.forget(ONE)
    subject.forget(ONE)
    subject.look(deleting(900, uid="u2"))
    assert len(rig.told()) == 1


def test_the_command_takes_off_that_finalizer_alone():
    """A merge patch has the whole list: what others put there stays."""
    assert release_command(deleting()) == COMMAND % "null"
    others = deleting(finalizers=["a/b", SYNCHRO_FINALIZER, "c"])
    assert release_command(others) == COMMAND % '["a/b","c"]'
