"""No sequence of events, errors, losses and restarts deletes without certainty, or past the budget.

The real rule on a server in memory; ``deletionworld`` knows what is true.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from clusterimport.controllers.result import DONE, Result
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
)
from tests.fakes.controllers.importobjects import CLUSTERS
from tests.fakes.controllers.reconcilers import LONG_AGO
from tests.unit.faults.deletionworld import BUDGET, CRD_NAME, SOURCES, YOUNG, DeletionWorld
from tests.unit.faults.virtualmachine import GENERATED, VirtualMachine

WINDOW_SECONDS = 600.0
NUMBERS = st.integers(0, SOURCES - 1)
FEW = st.sets(NUMBERS, min_size=1, max_size=BUDGET + 1)
LOOK_SECONDS = 5.0
"""How long we wait where nobody says when to look again."""
BEHIND_SECONDS = 20.0
"""For how long a cache stays behind while time passes."""
LONG_SECONDS = 1300.0
"""Longer than the window, and than what is doubtful waits to be looked at again."""
MODES, KINDS = ["Import", "Observe"], ["Delete", "Orphan"]
ENDS = ["gone", "forgotten", "not in force"]
TYPES = ["old", "young", "going", "none"]
FAILURES = st.sampled_from(
    [
        errors.Forbidden(403, "Forbidden"),
        errors.InternalError(500, "InternalError"),
        errors.TransportError("connection lost"),
        errors.Conflict(409, "Conflict"),
        errors.NotFound(404),
        errors.NotFound(404, "NotFound", details_name="another"),
    ]
)
MAYBE = st.none() | FAILURES
AT: Mapping[str, Callable[[str], tuple[str, str]]] = MappingProxyType(
    {
        "source": lambda name: ("GET", CLUSTERS.path(namespace="team", name=name)),
        "type": lambda _: ("GET", CUSTOM_RESOURCE_DEFINITIONS.path(name=CRD_NAME)),
        "policy": lambda _: ("GET", POLICIES.path(name="mcp")),
        "note": lambda _: ("PATCH", POLICIES.path(name="mcp", subresource="status")),
        "cluster": lambda name: ("GET", PEDIACLUSTERS.path(name=f"mcp-{name}")),
        "delete cluster": lambda name: ("DELETE", PEDIACLUSTERS.path(name=f"mcp-{name}")),
        "delete lifecycle": lambda name: ("DELETE", LIFECYCLES.path(name=f"mcp-{name}")),
    }
)
"""Requests in the middle of which something may fail, or happen."""
MEANWHILE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "another owner": ("source", "type", "note", "cluster", "delete cluster"),
        "lifecycle changes": tuple(AT),
        "comes back": ("type", "note"),
        "policy is not in force": ("source", "type", "note"),
        "policy observes": ("source", "type", "note", "cluster"),
    }
)
"""What may happen, and until which request of a deletion we have to heed it: no server has two
objects change at one time."""
HAPPENINGS = [(what, where) for what, places in MEANWHILE.items() for where in places]
NEEDED = (
    "refused",
    "policy gone",
    "not selected",
    "gone",
    "gone under the type",
    "held by the budget",
)
"""What has to come, and how often: a run without one of them says nothing of it."""
ENOUGH = 20

traffic: Counter[str] = Counter()
"""Why each DELETE came, over all sequences."""


class DeletionModel(VirtualMachine):
    """Whatever may happen to the clusters, to their type and policy, to requests and to us."""

    @initialize(by_label=st.booleans())
    def begin(self, by_label: bool) -> None:
        self.do(self._begin(by_label))

    async def _begin(self, by_label: bool) -> None:
        self.world = DeletionWorld(traffic, by_label=by_label)
        self.rig = self.world.rig
        self.names = self.world.names

    # -- the world --------------------------------------------------------------------------

    @rule(numbers=FEW)
    def sources_go(self, numbers: set[int]) -> None:
        """Have some go, which a cache sees at once."""
        for number in numbers:
            self.world.go(self.names[number])
        self._propose(numbers)

    @rule(numbers=FEW, state=st.sampled_from(["taken", "left out", "broken"]))
    def sources_come(self, numbers: set[int], state: str) -> None:
        """Have some come, or be left out, and what is not imported any more imported again."""
        for number in numbers:
            self.world.come(self.names[number], state)

    @rule(numbers=FEW)
    def sources_are_left_out(self, numbers: set[int]) -> None:
        """Have a selector leave out some, which a cache sees at once."""
        for number in numbers:
            self.world.come(self.names[number], "left out")
        self._propose(numbers)

    @rule(how=st.sampled_from(TYPES), numbers=FEW, left_out=st.booleans(), calm=st.booleans())
    def type_changes(self, how: str, numbers: set[int], *, left_out: bool, calm: bool) -> None:
        """Have the CRD as it was, reinstalled, going, or gone, and some sources go with it.

        ``left_out``: they are still there, on their way out, and a selector has lost them.
        """
        self._calm(calm=calm)
        self._install(how)
        if left_out:
            for number in numbers:
                self.world.come(self.names[number], "left out", deletionTimestamp=YOUNG)
            self._propose(numbers)
        else:
            self.sources_go(numbers)
        self.time_passes(3.0)

    def _install(self, how: str) -> None:
        match how:
            case "old":
                self.world.install_type(LONG_AGO)
            case "young":
                self.world.install_type(YOUNG)
            case "going":
                self.world.install_type(LONG_AGO, deletionTimestamp=YOUNG)
            case _:
                self.world.uninstall_type()

    @rule(numbers=FEW, calm=st.booleans())
    def sources_are_seen_under_a_young_type(self, numbers: set[int], *, calm: bool) -> None:
        """Have the type reinstalled, some sources come and be seen, and go."""
        self._calm(calm=calm)
        self.world.install_type(YOUNG)
        for number in numbers:
            self.world.come(self.names[number])
            self.world.see_under_type(self.names[number])
        self.caches_catch_up()
        self.sources_go(numbers)
        self.time_passes(3.0)

    @rule(mode=st.sampled_from(MODES), what=st.sampled_from(KINDS), numbers=FEW)
    def policy_changes(self, mode: str, what: str, numbers: set[int]) -> None:
        """Have it be edited, and be in force; sources go after that."""
        self._enforce(mode, what)
        self.caches_catch_up()
        self.sources_go(numbers)
        self.time_passes(3.0)

    def _enforce(self, mode: str, what: str) -> None:
        async def enforce() -> None:
            self.world.enforce_policy(mode=mode, deletionPolicy=what)

        self.do(enforce())

    @rule(numbers=FEW, calm=st.booleans())
    def policy_is_edited_unseen(self, numbers: set[int], *, calm: bool) -> None:
        """Have it be edited, and the caches of its sources be ahead of that of policies."""
        self._calm(calm=calm)
        self.world.edit_policy()
        self.sources_go(numbers)
        self.time_passes(3.0)

    @rule(how=st.sampled_from(ENDS), numbers=FEW, failure=MAYBE, calm=st.booleans())
    def policy_goes(
        self, how: str, numbers: set[int], failure: errors.KubeError | None, *, calm: bool
    ) -> None:
        """Have it be gone, or seem to be, or not be in force; all of its lifecycles seem left."""
        self._calm(calm=calm)
        if failure is not None:
            self._fail(failure, "policy", numbers)
        match how:
            case "gone":
                self.world.drop_policy()
            case "forgotten":
                self.world.forget_policy()
            case _:
                self.world.block_policy()
        self.caches_catch_up()
        self._propose(numbers)
        self.time_passes(3.0)

    @rule()
    def caches_catch_up(self) -> None:
        async def see() -> None:
            self.rig.see()

        self.do(see())

    @rule(seconds=st.sampled_from([0.5, 3.0, 40.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.do(self._work(seconds))

    async def _work(self, seconds: float) -> None:
        began, ends = self.loop.time(), self.loop.time() + seconds
        while self.rig.context.candidates.of_policy("mcp") and self.loop.time() < ends:
            # What we wrote is remembered for a while, and then the caches have to have it.
            self.rig.see(*([POLICIES] if self.loop.time() < began + BEHIND_SECONDS else ()))
            result = await self._look()
            wait = LOOK_SECONDS if result.requeue_after is None else result.requeue_after
            await asyncio.sleep(min(max(wait, 0.1), max(ends - self.loop.time(), 0.1)))
        await asyncio.sleep(max(0.0, ends - self.loop.time()))

    async def _look(self) -> Result:
        with suppress(errors.KubeError):
            return await self.rig.look()
        return DONE

    @rule()
    def all_is_well(self) -> None:
        """Have what is certain go: a model in which nothing is deleted shows nothing."""
        self.rig.rest.heal()
        self._install("old")
        self._enforce("Import", "Delete")
        self.caches_catch_up()
        gone = [name for name in self.names if self.world.is_gone(name)]
        self._propose({self.names.index(name) for name in gone})
        self.do(self._work(LONG_SECONDS))
        left = [name for name in gone if self.world.lifecycle(name) is not None]
        traffic["held by the budget"] += bool(left)
        assert not left or len(left) > BUDGET

    # -- us ---------------------------------------------------------------------------------

    @rule(numbers=FEW)
    def caches_seem_to_lack(self, numbers: set[int]) -> None:
        """Whatever a cache may say, true or not, makes candidates."""
        self._propose(numbers)

    def _propose(self, numbers: set[int]) -> None:
        async def propose() -> None:
            self.world.seem_unwanted(self.names[number] for number in numbers)

        self.do(propose())

    @rule(failure=FAILURES, where=st.sampled_from([*AT]), numbers=FEW, calm=st.booleans())
    def sources_go_and_the_server_fails(
        self, failure: errors.KubeError, where: str, numbers: set[int], *, calm: bool
    ) -> None:
        """Have some go, and a request about each of them fail."""
        self._calm(calm=calm)
        self._fail(failure, where, numbers)
        self.sources_go(numbers)
        self.time_passes(3.0)

    @rule(failure=FAILURES, where=st.sampled_from([*AT]), numbers=FEW, calm=st.booleans())
    def sources_seem_gone_and_the_server_fails(
        self, failure: errors.KubeError, where: str, numbers: set[int], *, calm: bool
    ) -> None:
        """Have a cache lack some that may be there, and a request about each of them fail."""
        self._calm(calm=calm)
        self._fail(failure, where, numbers)
        self._propose(numbers)
        self.time_passes(3.0)

    @rule(happening=st.sampled_from(HAPPENINGS), numbers=FEW, calm=st.booleans())
    def sources_go_and_meanwhile(
        self, happening: tuple[str, str], numbers: set[int], *, calm: bool
    ) -> None:
        """Have some go, and something happen between the look and the DELETE."""
        self._calm(calm=calm)
        what, where = happening
        for number in numbers:
            name = self.names[number]
            self.rig.rest.meet(*AT[where](name), partial(self._happen, what, name))
        self.sources_go(numbers)
        self.time_passes(3.0)

    def _calm(self, *, calm: bool) -> None:
        """Have all be there, after a time without faults: so that what goes then would go."""
        if calm:
            self.sources_come({*range(SOURCES)}, "taken")
            self.all_is_well()

    def _fail(self, failure: errors.KubeError, where: str, numbers: set[int]) -> None:
        for number in numbers:
            method, path = AT[where](self.names[number])
            # To a DELETE that is as good as done, whatever may stand there; a watch tells in time.
            if method != "DELETE" or not isinstance(failure, errors.NotFound):
                self.rig.rest.meet(method, path, failure)

    def _happen(self, what: str, name: str) -> None:
        match what:
            case "another owner":
                self.world.share(name)
            case "lifecycle changes":
                self.world.change_lifecycle(name)
            case "comes back":
                self.world.come_back(name)
            case "policy is not in force":
                self.world.block_policy()
            case _:
                self.world.enforce_policy(mode="Observe")

    @rule()
    def another_leads(self) -> None:
        async def restart() -> None:
            self.rig.restart()

        self.do(restart())

    # -- what must hold ---------------------------------------------------------------------

    @invariant()
    def nothing_goes_without_certainty(self) -> None:
        assert self.world.wrongs == []

    @invariant()
    def nothing_goes_past_the_budget(self) -> None:
        recent = [at for at in self.world.gone_at if at > self.loop.time() - WINDOW_SECONDS]
        assert len(recent) <= BUDGET


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_sequence_of_steps_breaks_the_rule():
    """Whatever happens, nothing goes without certainty, and all ways to go were gone."""
    traffic.clear()
    run_state_machine_as_test(
        DeletionModel,
        settings=settings(
            max_examples=150, stateful_step_count=30, deadline=None, phases=GENERATED
        ),
    )
    assert all(traffic[each] >= ENOUGH for each in NEEDED), traffic
