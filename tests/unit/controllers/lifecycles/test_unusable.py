"""Lifecycles whose source or reference cannot be read."""

import pytest

from clusterimport.limits.counted import Limit
from clusterimport.model.gvr import PEDIACLUSTERS, SECRETS
from tests.fakes.controllers.importobjects import CLUSTERS, secret_body, source_body
from tests.fakes.controllers.reconcilers import ConfirmRig, LifecycleRig

pytestmark = pytest.mark.looptime

HUGE = [[]] * 25_000


async def test_t51_a_reference_that_is_too_large_holds_its_lifecycle():
    """The lifecycle says which object it is and why; no PediaCluster is made of it."""
    rig = LifecycleRig()
    rig.put(SECRETS, secret_body(junk=HUGE))
    rig.see()
    await rig.look()

    assert rig.get(PEDIACLUSTERS, "mcp-one") is None
    assert rig.ready() == "ReferenceTooLarge"
    assert rig.limit_metrics.reached[Limit.OBJECT_VALUES] == 1


@pytest.mark.parametrize("what", ["source", "reference"])
async def test_t01_an_imported_cluster_stays_when_what_it_came_from_cannot_be_read(what):
    """Its PediaCluster is as it was, and the reason is told."""
    rig = LifecycleRig()
    await rig.look()
    before = rig.get(PEDIACLUSTERS, "mcp-one")
    if what == "source":
        rig.put(CLUSTERS, source_body(junk=HUGE, url="https://other.example:6443"))
    else:
        rig.put(SECRETS, secret_body(token="new", junk=HUGE))
    rig.see()
    await rig.look()

    assert rig.get(PEDIACLUSTERS, "mcp-one") == before
    assert rig.ready() == f"{what.capitalize()}TooLarge"


async def test_t01_a_source_that_cannot_be_read_live_is_no_reason_to_delete():
    """Whether it is still selected cannot be known, so it is a doubt."""
    rig = ConfirmRig()
    rig.put(CLUSTERS, source_body(junk=HUGE))

    assert await rig.verdict() == ("doubtful", "SourceTooLarge")
