"""PediaClusters without a lifecycle, judged together."""

import pytest

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.queues import OWNERLESS
from clusterimport.controllers.result import DONE
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
)
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importobjects import (
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
)
from tests.fakes.controllers.reconcilers import DeletionRig

pytestmark = pytest.mark.looptime


class Leftovers(DeletionRig):
    """PediaClusters whose lifecycles are gone."""

    def __init__(self, count, *, there=0):
        super().__init__(gone=0)
        owner = [(f"mcp-{n}", [lifecycle_owner(f"mcp-{n}", "u")]) for n in range(count + there)]
        made = [self.put(PEDIACLUSTERS, pediacluster_body(n, owners=o)) for n, o in owner]
        self.objects = made[:count]
        self.put(PEDIACLUSTERS, pediacluster_body("unowned"))
        self.see()

    def left(self):
        return len(self.store.types[PEDIACLUSTERS].objects) - 1


async def test_leftovers_go_under_a_budget_of_their_own():
    """Five go, six do not: they count against the PediaClusters that have an owner."""
    few = Leftovers(5)
    await few.propose_all(OWNERLESS)
    assert await few.look(OWNERLESS) == DONE
    assert few.left() == 0
    many = Leftovers(6, there=53)
    await many.propose_all(OWNERLESS)
    await many.look(OWNERLESS)

    assert many.left() == 59
    assert many.blocks.get(OWNERLESS).count == 6


@pytest.mark.parametrize("why", ["blocked", "not viewed", "lifecycle"])
async def test_leftovers_wait_for_every_policy(why):
    """As long as one policy cannot be judged, its lifecycle may be made again."""
    rig = Leftovers(1)
    if why == "blocked":
        rig.block(Blocker("InvalidPolicy", "m"))
    elif why == "not viewed":
        rig.activate("other", see=False)
    else:
        rig.put(LIFECYCLES, lifecycle_body("mcp-0"))
        rig.see(LIFECYCLES)
    await rig.propose_all(OWNERLESS)
    await rig.look(OWNERLESS)

    assert rig.left() == 1
    assert rig.rest.writes() == []
    assert rig.rest.count("GET", LIFECYCLES.path(name="mcp-0")) == 0
    assert bool(rig.context.candidates.of_policy(OWNERLESS)) is (why != "lifecycle")


async def test_t56_what_another_source_left_over_goes_beside_the_lifecycle_of_its_name():
    """The lifecycle that owned it is gone; the one that has the name now takes nothing over."""
    rig = Leftovers(2)
    for name, source in (("mcp-0", "other/0"), ("mcp-1", "team/1")):
        rig.put(LIFECYCLES, lifecycle_body(name))
        there = rig.get(PEDIACLUSTERS, name)
        marks = {SOURCE_ANNOTATION: f"clusters.cluster.mcp.io/{source}"}
        rig.put(PEDIACLUSTERS, there, annotations=marks)
    rig.see()
    await rig.propose_all(OWNERLESS)
    assert await rig.look(OWNERLESS) == DONE

    assert rig.get(PEDIACLUSTERS, "mcp-0") is None
    assert rig.get(PEDIACLUSTERS, "mcp-1") is not None, "its source was made again"
