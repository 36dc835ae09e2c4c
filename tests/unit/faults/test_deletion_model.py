"""No sequence of events, errors, losses and restarts deletes without certainty, or past the budget.

The real rule on a server in memory. What is true is looked up in the server at the moment of each
DELETE, and not asked of the rule.
"""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
)
from tests.fakes.controllers.importobjects import CLUSTERS, source_body
from tests.fakes.controllers.reconcilers import LONG_AGO, DeletionRig
from tests.unit.faults.virtualmachine import GENERATED, VirtualMachine

SOURCES = 12
WINDOW_SECONDS = 600.0
BUDGET = 5
"""The larger of five and a tenth."""
YOUNG = "2026-06-01T00:00:00Z"
NUMBERS = st.integers(0, SOURCES - 1)
FEW = st.sets(NUMBERS, min_size=1, max_size=BUDGET + 1)
LOOK_SECONDS = 5.0
"""How often we look while time passes; in the program a queue tells when it is time."""
LONG_SECONDS = 1200.0
"""Longer than the window, and than what is doubtful waits to be looked at again."""
FAILURES = st.sampled_from(
    [
        errors.Forbidden(403, "Forbidden"),
        errors.InternalError(500, "InternalError"),
        errors.TooManyRequests(429, "TooManyRequests"),
        errors.TransportError("connection lost"),
        errors.NotFound(404),
        errors.NotFound(404, "NotFound", details_name="another"),
    ]
)


class DeletionModel(VirtualMachine):
    """Twelve imported clusters, and whatever may happen to them, to their type and to us."""

    def __init__(self) -> None:
        super().__init__()
        self.wrongs: list[str] = []
        self.gone_at: list[float] = []
        self.do(self._begin())

    async def _begin(self) -> None:
        self.rig = DeletionRig(there=SOURCES)
        self.names = [f"there{number}" for number in range(SOURCES)]
        self._attend()

    def _attend(self) -> None:
        """Look at each DELETE that comes, for as long as the run may be."""
        for gvr in (LIFECYCLES, PEDIACLUSTERS):
            for name in self.names:
                path = gvr.path(name=f"mcp-{name}")
                watch = lambda name=name, gvr=gvr: self._deleted(name, gvr is PEDIACLUSTERS)  # noqa: E731
                self.rig.rest.meet("DELETE", path, *[watch] * 50)

    def _deleted(self, name: str, is_pediacluster: bool) -> None:
        """Note a DELETE that arrives, just before the server does it."""
        if self.rig.get(CLUSTERS, name, "team") is not None:
            self.wrongs.append(f"{name} is there")
        crd = self.rig.get(CUSTOM_RESOURCE_DEFINITIONS, f"{CLUSTERS.resource}.{CLUSTERS.group}")
        if crd is None:
            self.wrongs.append(f"the type of {name} is not installed")
        elif crd["metadata"].get("deletionTimestamp"):
            self.wrongs.append(f"the type of {name} is going")
        elif crd["metadata"]["creationTimestamp"] == YOUNG:
            self.wrongs.append(f"the type of {name} was reinstalled")
        if is_pediacluster:
            self.gone_at.append(self.loop.time())

    # -- the world --------------------------------------------------------------------------

    @rule(numbers=FEW)
    def sources_go(self, numbers: set[int]) -> None:
        """Have some go, which a cache sees at once."""
        for number in numbers:
            with suppress(KeyError):
                self.rig.drop(CLUSTERS, self.names[number], "team")
        self.caches_seem_to_lack(numbers)

    @rule(numbers=FEW)
    def sources_come(self, numbers: set[int]) -> None:
        """Have some come, and what is not imported any more imported again."""
        for number in numbers:
            name = self.names[number]
            self.rig.put(CLUSTERS, source_body(name))
            if self.rig.get(LIFECYCLES, f"mcp-{name}") is None:
                self.rig.add(name)

    @rule(how=st.sampled_from([{}, {"creationTimestamp": YOUNG}, {"deletionTimestamp": YOUNG}]))
    def type_changes(self, how: dict[str, str]) -> None:
        """Have the CRD as it was, reinstalled, or going."""
        name = f"{CLUSTERS.resource}.{CLUSTERS.group}"
        with suppress(KeyError):
            self.rig.drop(CUSTOM_RESOURCE_DEFINITIONS, name)
        body = {"metadata": {"name": name}}
        created = {"creationTimestamp": LONG_AGO, **how}
        self.rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, **created)

    @rule()
    def type_is_uninstalled(self) -> None:
        with suppress(KeyError):
            self.rig.drop(CUSTOM_RESOURCE_DEFINITIONS, f"{CLUSTERS.resource}.{CLUSTERS.group}")

    @rule()
    def caches_catch_up(self) -> None:
        self.do(self._see())

    async def _see(self) -> None:
        self.rig.see()

    @rule(seconds=st.sampled_from([0.5, 3.0, 40.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(self._work(seconds))

    async def _work(self, seconds: float) -> None:
        ends = self.loop.time() + seconds
        while self.rig.context.candidates.of_policy("mcp") and self.loop.time() < ends:
            await self._look()
            await asyncio.sleep(min(seconds, LOOK_SECONDS))
        await asyncio.sleep(max(0.0, ends - self.loop.time()))

    @rule()
    def all_is_well(self) -> None:
        """Have what is certain go: a model in which nothing is deleted shows nothing."""
        self.rig.rest.heal()
        self._attend()
        self.type_changes({})
        self.caches_catch_up()
        gone = [name for name in self.names if self.rig.get(CLUSTERS, name, "team") is None]
        self.caches_seem_to_lack(set(map(self.names.index, gone)))
        self.do(self._work(LONG_SECONDS))
        left = [name for name in gone if self.rig.get(LIFECYCLES, f"mcp-{name}") is not None]
        assert not left or len(left) > BUDGET

    # -- us ---------------------------------------------------------------------------------

    @rule(numbers=FEW)
    def caches_seem_to_lack(self, numbers: set[int]) -> None:
        """Whatever a cache may say, true or not, makes candidates."""
        self.do(self._propose(numbers))

    async def _propose(self, numbers: set[int]) -> None:
        for number in sorted(numbers):
            obj = self.rig.get(LIFECYCLES, f"mcp-{self.names[number]}")
            if obj is not None:
                self.rig.propose(obj)

    @rule(failure=FAILURES, numbers=st.sets(NUMBERS, min_size=3))
    def the_server_fails_about_sources(self, failure: errors.KubeError, numbers: set[int]) -> None:
        """Have the next answer about each of these be an error."""
        for number in numbers:
            path = CLUSTERS.path(namespace="team", name=self.names[number])
            self.rig.rest.meet("GET", path, failure)

    @rule(failure=FAILURES, what=st.sampled_from(["type", "status"]))
    def the_server_fails(self, failure: errors.KubeError, what: str) -> None:
        """Have the next answer about the type, or to what is written down, be an error."""
        crd = CUSTOM_RESOURCE_DEFINITIONS.path(name=f"{CLUSTERS.resource}.{CLUSTERS.group}")
        path = {
            "type": crd,
            "status": POLICIES.path(name="mcp", subresource="status"),
        }[what]
        self.rig.rest.meet("PATCH" if what == "status" else "GET", path, failure)

    async def _look(self) -> None:
        with suppress(errors.KubeError):
            await self.rig.look()

    @rule()
    def another_leads(self) -> None:
        self.do(self._restart())

    async def _restart(self) -> None:
        self.rig.restart()

    # -- what must hold ---------------------------------------------------------------------

    @invariant()
    def nothing_goes_without_certainty(self) -> None:
        assert self.wrongs == []

    @invariant()
    def nothing_goes_past_the_budget(self) -> None:
        recent = [at for at in self.gone_at if at > self.loop.time() - WINDOW_SECONDS]
        assert len(recent) <= BUDGET


DeletionModel.TestCase.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, phases=GENERATED
)


@pytest.mark.slow
class TestDeletion(DeletionModel.TestCase):  # type: ignore[misc, valid-type]
    """No sequence of steps breaks the rule."""
