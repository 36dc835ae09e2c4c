"""What a policy's status and metrics count, while sources are looked at and after a takeover."""

import asyncio

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.shared.tally import PENDING
from clusterimport.model.gvr import POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ONE, condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    policy_body,
    source_body,
)
from tests.fakes.controllers.policies import IMPORTED, PolicyRig

pytestmark = pytest.mark.looptime


async def test_t22_objects_that_no_selector_takes_are_counted_now_and_then():
    """``sources`` follows them, ten seconds apart where nothing else has changed."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    for number in range(3):
        rig.put(CLUSTERS, source_body(f"c{number}"))
        rig.see(CLUSTERS)
        result = await rig.look()
        await asyncio.sleep(1.0)
    assert len(rig.rest.writes()) == 1
    await asyncio.sleep(result.requeue_after)
    await rig.look()

    assert rig.status()["sources"] == 3
    assert len(rig.rest.writes()) == 2


async def test_t22_the_metric_is_never_less_than_what_is_known():
    """While everything is looked at again, and after a takeover, the sums stay what they were."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    rig.context.tally.renew("mcp", [ONE])
    await rig.look()
    assert rig.metrics.gauges["mcp imported"] == 1
    assert rig.metrics.gauges["mcp pending"] == 1

    restarted = PolicyRig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    assert restarted.metrics.gauges["mcp imported"] == 1
    assert "mcp unreachable" not in restarted.metrics.gauges


async def test_t22_a_first_import_is_shown_as_it_goes():
    """Whoever watches the columns sees it grow; and so does the next look of the same leader."""
    rig = PolicyRig()
    for number in range(3):
        rig.set(IMPORTED, ObjectKey("team", str(number)))
        rig.set(PENDING, ONE)
        await rig.look()
        assert rig.status()["imported"] == number + 1
        await asyncio.sleep(2.0)


async def test_t22_a_takeover_under_an_invalid_policy_keeps_its_numbers():
    """The caches of an older generation are warm, and nothing is looked at: nothing is known."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = PolicyRig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.block(Blocker("InvalidPolicy", "m"))
    for _ in range(2):
        await restarted.look()
        await asyncio.sleep(2.0)

    assert restarted.status()["imported"] == 1
    assert condition(restarted.get(POLICIES, "mcp"), "Ready")["reason"] == "InvalidPolicy"


async def test_t22_a_takeover_on_clusterpedias_crds_shows_no_zeros():
    """Their status keeps no numbers, so the metric waits until they are known."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    conditions = {"conditions": rig.status()["conditions"]}
    restarted = PolicyRig()
    restarted.put(POLICIES, policy_body() | {"status": conditions})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    assert "mcp imported" not in restarted.metrics.gauges
    restarted.set(IMPORTED)
    restarted.context.tally.judged("mcp", ONE)
    await restarted.look()
    assert restarted.metrics.gauges["mcp imported"] == 1
