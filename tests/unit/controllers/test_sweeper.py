"""Looks at everything, beside reconciles that are done before a look is over."""

from random import Random

import pytest

from clusterimport.controllers.queues import Sweep
from clusterimport.controllers.sweeper import Sweeper
from clusterimport.model.gvr import LIFECYCLES
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    lifecycle_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import KEY
from tests.fakes.controllers.terms import TermRig

pytestmark = pytest.mark.looptime


def looked_at_meanwhile(rig, sweep):
    """Do a sweep that gives the loop back after each object; return what was queued, and done."""
    work, done = Sweeper(rig.context, Random(1), turn_seconds=0).reconcile(sweep), []
    while True:
        try:
            work.send(None)
        except StopIteration:
            return done + drain(rig.queues.sources)
        done += drain(rig.queues.sources)


async def test_each_source_of_a_policy_is_looked_at_once():
    """Also one that has a lifecycle, and was done before the look came to that."""
    rig = TermRig()
    for name in ("two", "three", "four"):
        rig.put(CLUSTERS, source_body(name))
        body = lifecycle_body(f"mcp-{name}", policy_uid=rig.active.record.uid)
        rig.put(LIFECYCLES, body)
    rig.see()
    rig.taken()
    rig.context.tally.outdate("mcp")

    found = looked_at_meanwhile(rig, Sweep("mcp"))

    sources = [KEY, *(key_of(name) for name in ("four", "three", "two"))]
    assert sorted(found) == sorted(sources)


async def test_a_policy_whose_sources_are_not_listed_has_none_looked_at():
    """What its cache has by then may be half of them; the whole of it has all looked at."""
    rig = TermRig()
    rig.taken()
    rig.activate(source={"group": MACHINES.group, "resource": MACHINES.resource}, see=False)
    rig.put_lifecycle()
    rig.see(LIFECYCLES)
    drain(rig.queues.sources)

    assert looked_at_meanwhile(rig, Sweep("mcp")) == []
    assert rig.context.is_busy("mcp")


def key_of(name):
    """Return the key of a source of the policy."""
    return KEY._replace(source=KEY.source._replace(name=name))
