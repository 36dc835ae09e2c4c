"""A source that is waited for, and what its creation condition prints."""

import asyncio
import gc

import pytest

from clusterimport.controllers.lifecycles.verdict import Held
from clusterimport.controllers.result import DONE
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    source_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.garbage import no_search

pytestmark = pytest.mark.looptime

COLLECTION = PEDIACLUSTERS.path()
STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")


async def test_a_missing_source_is_waited_for():
    """Absence from the cache deletes nothing and says so."""
    rig = LifecycleRig()
    rig.drop(CLUSTERS, "one", "team")
    rig.exists()
    assert await rig.look() == DONE

    assert rig.ready() == "SourceResourceNotFound"
    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "True"
    assert rig.get(PEDIACLUSTERS, "mcp-one") is not None


CONDITION = '{{ with .source.status }}{{ .phase | eq "Ready" }}{{ end }}'


async def test_t21_a_condition_says_what_it_printed_and_since_when():
    """Nothing, false, or so much of something else; and since when what it reads is as it is."""
    rig = LifecycleRig(policy={"creationCondition": CONDITION})

    async def told(**status):
        rig.put(CLUSTERS, source_body() | {"status": status, "heartbeat": rig.clock.monotonic()})
        rig.see()
        await rig.look()
        return condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["message"]

    first = await told()
    assert first.startswith("the creation condition prints nothing, not `true`, since 20")
    assert "; what it reads is unchanged since 20" in first
    await asyncio.sleep(600)
    assert await told() == first, "what it does not read does not count"
    written = len(rig.rest.writes())

    second = await told(phase="Provisioning")
    assert second.startswith("the creation condition prints `false`, not `true`, since 20")
    await asyncio.sleep(600)
    third = await told(phase="Provisioned")
    since, unchanged = third.split("; what it reads is ")
    assert second.startswith(since)
    assert unchanged > second.split("; what it reads is ")[1]
    assert len(rig.rest.writes()) == written + 2
    assert "Provision" not in third

    rig.restart()
    await rig.look()
    assert len(rig.rest.writes()) == written + 2, "the next leader goes on with what was told"
    await told(phase="Ready")
    assert rig.subject._waits._seen == {}


async def test_t21_something_else_is_told_by_its_length():
    """What it is may be anything, and is nobody's business."""
    rig = LifecycleRig(policy={"creationCondition": "{{ .source.spec.url }}"})
    await rig.look()
    message = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["message"]

    assert "prints something else of 24 characters, not `true`" in message
    assert "example" not in message


@pytest.mark.parametrize(
    ("created_before", "writes"), [(False, []), (True, [("POST", COLLECTION)])]
)
async def test_the_creation_condition_counts_before_the_creation_only(created_before, writes):
    """What was created once is made again and updated, whatever the condition says now."""
    rig = LifecycleRig(policy={"creationCondition": "{{ .source.spec.isReady }}"})
    if created_before:
        status = {"conditions": [{"type": "Created", "status": "True", "reason": "X"}]}
        rig.put(LIFECYCLES, {**rig.lifecycle_object, "status": status})
        rig.see()
    await rig.look()
    assert rig.rest.writes() == [*writes, ("PUT", STATUS)]
    assert rig.ready() == ("Imported" if created_before else "WaitCreationCondition")

    existing = LifecycleRig(policy={"creationCondition": "{{ .source.spec.isReady }}"})
    existing.exists()
    await existing.look()
    assert existing.ready() == "Imported"


async def test_what_waits_holds_nothing_of_the_look_that_found_it():
    """A verdict with the frames that it came through is garbage that only a search finds."""
    rig = LifecycleRig(policy={"creationCondition": CONDITION})
    of_others = _verdicts()
    with no_search():
        await rig.look()
        left = [each for each in _verdicts() if not any(each is other for other in of_others)]
        assert [each.__traceback__ for each in left] == [None] * len(left)
    assert rig.ready() == "WaitCreationCondition"


def _verdicts():
    return [each for each in gc.get_objects() if isinstance(each, Held)]
