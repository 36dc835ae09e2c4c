"""PediaClusters without a lifecycle, judged together."""

import pytest

from clusterimport.controllers.deletions.candidates import OWNERLESS
from clusterimport.controllers.policies.state import Blocker
from clusterimport.controllers.result import DONE
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
)
from tests.fakes.importobjects import (
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
)
from tests.fakes.reconcilers import DeletionRig

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
    assert bool(rig.context.candidates.of(OWNERLESS)) is (why != "lifecycle")
