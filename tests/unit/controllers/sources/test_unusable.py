"""Sources whose content is not to be had."""

import pytest

from clusterimport.controllers.shared.tally import PENDING, State
from clusterimport.model.gvr import LIFECYCLES
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import CLUSTERS, source_body
from tests.fakes.controllers.reconcilers import SourceRig

pytestmark = pytest.mark.looptime

HUGE = [[]] * 25_000


async def test_t51_a_source_that_is_too_large_is_rejected_with_a_reason_and_an_event():
    """No lifecycle is made; condition and Event say what is too large, and by how much."""
    rig = SourceRig(cluster=source_body(junk=HUGE))
    await rig.look()

    assert rig.rest.writes() == []
    standing = rig.standing()
    assert (standing.state, standing.reason) == (State.FAILED, "SourceTooLarge")
    assert "20000 values" in standing.message
    assert [event["reason"] for event in rig.told()] == ["SourceTooLarge"]


@pytest.mark.parametrize("selector", ["", "{{ not .source.spec.ignored }}"])
async def test_t01_what_was_imported_stays_when_its_source_cannot_be_read(selector):
    """Its lifecycle is neither changed nor proposed for deletion, and looks at itself again."""
    rig = SourceRig(
        source={"group": CLUSTERS.group, "resource": CLUSTERS.resource}
        | ({"selectorTemplate": selector} if selector else {})
    )
    before = rig.owned()
    drain(rig.queues.lifecycles)
    rig.put(CLUSTERS, source_body(junk=HUGE))
    rig.see()
    await rig.look()

    assert rig.rest.writes() == []
    assert rig.candidates() == []
    assert rig.get(LIFECYCLES, "mcp-one") == before
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    assert rig.standing().reason == "SourceTooLarge"


async def test_t01_a_source_that_can_be_read_again_is_imported_again():
    """Nothing has to be done but to mend the source."""
    rig = SourceRig(cluster=source_body(junk=HUGE))
    await rig.look()
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.look()

    assert rig.get(LIFECYCLES, "mcp-one") is not None
    assert rig.standing() == PENDING
