"""A loop that is busy hears of its own write before it has looked at the answer to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    SECRETS,
    crd_name,
)
from tests.fakes.controllers.health import ScriptedClusters
from tests.fakes.controllers.importing import KEEPS_ALL
from tests.fakes.controllers.importobjects import CLUSTERS, secret_body
from tests.fakes.controllers.reconcilers import KEY
from tests.fakes.controllers.terms import TermRig

pytestmark = pytest.mark.looptime

ONE = "mcp-one"
OURS = {"lifecycles", "pediaclusters"}


class Rig(TermRig):
    """Every event comes while the answer to the write that it tells of is on its way."""

    def __init__(self):
        self.clusters = ScriptedClusters()
        super().__init__(health=HealthOptions(make_probe=self.clusters.make_probe))
        self.heard, self._due = [], set()
        self.rest.arrived = lambda _: self._take()
        self.rest.answering = self._hear

    def due(self):
        """Take what is due of lifecycles and PediaClusters since the last time."""
        self._take()
        due, self._due = sorted(self._due), set()
        return due

    def _hear(self, sent):
        if sent.method in {"POST", "PUT", "PATCH"}:
            before, self._due = self._due, set()
            self.see(LIFECYCLES, PEDIACLUSTERS)
            self.heard.append((sent.method, sent.path.partition("/v1alpha")[2][2:], self.due()))
            self._due = before

    def _take(self):
        self._due |= OURS & set(self.taken())

    @contextmanager
    def writes(self, *expected: tuple[str, str]) -> Iterator[None]:
        """Write this and nothing else, with nothing queued by its echo, and nothing kept of it."""
        self.heard.clear()
        yield
        assert self.heard == [(*each, []) for each in expected]
        assert len(self.newest.written_lifecycles) == 0
        assert len(self.newest.written_pediaclusters) == 0


LIFECYCLE, PEDIACLUSTER = f"pediaclusterlifecycles/{ONE}", f"pediaclusters/{ONE}"


async def imported():
    """Return a rig in which the cluster is imported and was asked."""
    rig = Rig()
    with rig.writes(("POST", "pediaclusterlifecycles")):
        await rig.reconcilers.sources.reconcile(KEY)
    assert rig.due() == ["lifecycles"]
    with rig.writes(("POST", "pediaclusters"), ("PUT", f"{LIFECYCLE}/status")):
        await rig.reconcilers.lifecycles.reconcile(ONE)
    assert rig.due() == ["pediaclusters"]
    return rig


async def test_an_import_is_looked_at_once_by_each():
    """By the reconciler that made it, and by the one that looks after its health."""
    rig = await imported()
    with rig.writes(("PATCH", f"{PEDIACLUSTER}/status")):
        await rig.reconcilers.pediaclusters.reconcile(ONE)
    assert "pediaclusters" not in rig.due()


async def test_a_rotation_is_looked_at_once():
    """The look that follows is the one at its health."""
    rig = await imported()
    rig.put(SECRETS, secret_body(token="new"))
    rig.see(SECRETS)
    rig.due()
    with rig.writes(("PATCH", PEDIACLUSTER)):
        await rig.reconcilers.lifecycles.reconcile(ONE)
    assert rig.due() == ["pediaclusters"]


async def test_a_lifecycle_that_is_put_back_is_looked_at_once():
    """By the reconciler whose it is."""
    rig = await imported()
    edited = rig.get(LIFECYCLES, ONE)
    rig.put(LIFECYCLES, {**edited, "spec": {**edited["spec"], "creationCondition": "false"}})
    rig.see(LIFECYCLES)
    rig.due()
    with rig.writes(("PATCH", LIFECYCLE)):
        await rig.reconcilers.sources.reconcile(KEY)
    assert rig.due() == ["lifecycles"]


async def test_a_type_that_was_seen_is_noted_without_another_look():
    """On Clusterpedia's own CRDs an annotation keeps it, whose echo would queue three keys."""
    rig = await imported()
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    crd = {"metadata": {"name": crd_name(CLUSTERS)}}
    rig.put(CUSTOM_RESOURCE_DEFINITIONS, crd, creationTimestamp="2100-01-01T00:00:00Z", uid="new")
    rig.tracker.type_uids[crd_name(CLUSTERS)] = "new"
    with rig.writes(("PATCH", LIFECYCLE)):
        await rig.reconcilers.lifecycles.reconcile(ONE)
    assert rig.due() == []


async def test_what_somebody_else_writes_meanwhile_is_news():
    """It is looked at when the answer is there."""
    rig = await imported()
    hear = rig.rest.answering

    def edited(sent):
        if sent.method == "PATCH":
            rig.put(PEDIACLUSTERS, rig.get(PEDIACLUSTERS, ONE), labels={"theirs": "x"})
        hear(sent)

    rig.rest.answering = edited
    rig.put(SECRETS, secret_body(token="new"))
    rig.see(SECRETS)
    rig.due()
    await rig.reconcilers.lifecycles.reconcile(ONE)
    assert rig.due() == ["lifecycles", "pediaclusters"]
