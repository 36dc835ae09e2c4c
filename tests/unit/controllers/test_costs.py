"""What one event costs, by counts and not by clocks: a guard against work that comes back unseen.

The table is exact. Whoever makes an event dearer finds out here, and whoever makes it cheaper
lowers the table: it is what the next one may not fall behind.
"""

import asyncio
import sys
from collections import Counter
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from clusterimport.aio import background
from clusterimport.engine.credentials import judge_credentials
from clusterimport.engine.metrics import NullEngineMetrics
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from tests.fakes.controllers.importobjects import CLUSTERS, LABELLED, secret_body, source_body
from tests.fakes.controllers.terms import TermRig, follow

pytestmark = pytest.mark.looptime

SETTLED_SECONDS = 40
"""Longer than a term takes to have looked at the health of everything, too."""
STANDING = 10


class Cost(NamedTuple):
    """What was done for an event."""

    requests: Counter[str]
    """Each is a body that is sent, and one that is parsed. Without a policy's status, which is
    written once a second at most.
    """
    renders: Counter[str]
    judged: int
    """Credentials that were looked into."""


NOTHING = Cost(Counter(), Counter(), 0)
IMPORT = Cost(
    Counter(
        {
            "POST pediaclusterlifecycles": 1,
            "GET secrets": 1,
            "POST pediaclusters": 1,
            "PUT pediaclusterlifecycles/status": 1,
        }
    ),
    # In the look at the source, and in the one at its lifecycle.
    Counter({"name": 2, "reference": 2, "condition": 1, "template": 1}),
    # For the import, which tells it to the health side.
    judged=1,
)
ROTATION = Cost(
    Counter({"GET secrets": 1, "PATCH pediaclusters": 1}),
    Counter({"name": 1, "reference": 2, "template": 1}),
    judged=1,
)
SELECTED_IMPORT = IMPORT._replace(requests=IMPORT.requests - Counter({"GET secrets": 1}))
SELECTED_ROTATION = ROTATION._replace(requests=ROTATION.requests - Counter({"GET secrets": 1}))
"""Where the reference has a label selector: what its cache has is not read."""
TAKEOVER = Cost(Counter(), Counter({"name": 2}), judged=0)
"""For each cluster that is in sync."""


class Ledger:
    """Counts what a term does; a cost is what was done since the one before."""

    def __init__(self, rig):
        self._rig = rig
        self._calls = Counter()
        self._first = len(rig.rest.requests)

    def __enter__(self):
        sys.setprofile(self._hear)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)

    def cost(self):
        """Return what was done since this was last asked."""
        sent = [
            each for each in self._rig.rest.requests[self._first :] if "policies" not in each.path
        ]
        self._first = len(self._rig.rest.requests)
        calls, self._calls = self._calls, Counter()
        judged = calls.pop("judged", 0)
        requests = Counter(f"{each.method} {resource_of(each.path)}" for each in sent)
        return Cost(requests, calls, judged)

    def _hear(self, frame, event, _):
        if event != "call":
            return
        if frame.f_code is judge_credentials.__code__:
            self._calls["judged"] += 1
        elif frame.f_code is NullEngineMetrics.evaluated.__code__:
            self._calls[frame.f_locals["kind"]] += 1


def resource_of(path):
    """Return the resource that a path is of, with its subresource."""
    parts = path.strip("/").split("/")[2 if path.startswith("/api/") else 3 :]
    parts = parts[2:] if parts[0] == "namespaces" else parts
    return "/".join([parts[0], *parts[2:]])


@asynccontextmanager
async def leading(rig):
    """Have the rig lead for the block, and give what counts its work."""
    with Ledger(rig) as ledger:
        async with background(term=rig.run(), following=follow(rig)):
            yield ledger


async def settled(ledger):
    """Return what was done until nothing is left to do."""
    await asyncio.sleep(SETTLED_SECONDS)
    return ledger.cost()


def add(rig, name):
    """Let a cluster appear, its Secret first."""
    rig.put(SECRETS, secret_body(f"auth-{name}"))
    rig.put(CLUSTERS, source_body(name))
    rig.see()


async def test_what_each_event_costs():
    """An import, a rotation, a change that no template reads, and what nobody asks for."""
    rig = TermRig()
    async with leading(rig) as ledger:
        await settled(ledger)

        add(rig, "two")
        assert await settled(ledger) == IMPORT

        rig.put(SECRETS, secret_body("auth-two", token="new"))
        rig.see()
        assert await settled(ledger) == ROTATION

        rig.put(CLUSTERS, source_body("two") | {"status": {"observedGeneration": 2}})
        rig.see()
        assert await settled(ledger) == NOTHING

        rig.put(SECRETS, secret_body("foreign"))
        rig.see()
        assert await settled(ledger) == NOTHING

        assert await settled(ledger) == NOTHING


async def test_a_label_selector_saves_every_read_of_a_reference():
    """An import and a rotation cost the same as without one, but for the GET of the Secret."""
    rig = TermRig()
    rig.activate(references=[LABELLED])
    async with leading(rig) as ledger:
        await settled(ledger)

        add(rig, "two")
        assert await settled(ledger) == SELECTED_IMPORT

        rig.put(SECRETS, secret_body("auth-two", token="new"))
        rig.see()
        assert await settled(ledger) == SELECTED_ROTATION

        rig.put(SECRETS, secret_body("foreign"))
        rig.see()
        assert await settled(ledger) == NOTHING


async def test_what_a_takeover_costs_for_each_cluster():
    """Over clusters in sync the next leader writes nothing; it reads and renders so much each."""
    rig = TermRig()
    async with leading(rig) as ledger:
        for number in range(STANDING - 1):
            add(rig, f"c{number}")
        await settled(ledger)
    assert len(rig.store.types[PEDIACLUSTERS].objects) == STANDING
    rig.see(LIFECYCLES, PEDIACLUSTERS)

    rig.restart()
    async with leading(rig) as ledger:
        assert await settled(ledger) == each_of(STANDING, TAKEOVER)


def each_of(count, cost):
    """Return so many times a cost."""

    def times(counted):
        return Counter({name: number * count for name, number in counted.items()})

    return Cost(times(cost.requests), times(cost.renders), cost.judged * count)
