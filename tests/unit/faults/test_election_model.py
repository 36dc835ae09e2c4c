"""No sequence of cuts, freezes, losses and restarts has two replicas write at once.

Each step looks at all gates, and whenever a replica starts or stops they are looked at, too.
"""

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from clusterimport.leaderelection import LeaderRecord
from tests.fakes.aio.virtualtime import freeze, now
from tests.fakes.leaderelection.candidate import Candidate, Referee
from tests.fakes.leaderelection.lease import LeaseServer
from tests.unit.faults.virtualmachine import GENERATED, VirtualMachine

REPLICAS = 3
NUMBERS = st.integers(0, REPLICAS - 1)
FAULTS = st.sampled_from(["", "refused", "hang", "lost answer", "conflict", "too many requests"])
NOTICED_SECONDS = 10.0
"""By then its holder has seen what was done to the lease, or has tried to renew it."""
LONG_SECONDS = 60.0
"""By then a lease without an owner was taken: its own 15 s, and pauses with jitter."""


class NotingServer(LeaseServer):
    """Notes when each holder's record was last written."""

    def __init__(self) -> None:
        super().__init__()
        self.written_at: dict[str, float] = {}

    def write(self, record: LeaderRecord | None) -> None:
        if record is not None and record.holder_identity:
            self.written_at[record.holder_identity] = now()
        super().write(record)


class ElectionModel(VirtualMachine):
    """Three replicas, one lease."""

    def __init__(self) -> None:
        super().__init__()
        self.server = NotingServer()
        self.referee = Referee()
        self.replicas: list[Candidate] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.made = 0
        for number in range(REPLICAS):
            self.replicas.append(self._new())
            self.tasks.append(self._run(number))
        self.pass_time(LONG_SECONDS)

    def _new(self) -> Candidate:
        self.made += 1
        return self.referee.add(Candidate(self.server, f"c{self.made}", seed=self.made))

    def _run(self, number: int) -> asyncio.Task[None]:
        replica = self.replicas[number]
        return self.loop.create_task(replica.elector.run(replica.lead), name=replica.identity)

    @rule(number=NUMBERS, fault=FAULTS)
    def the_way_changes(self, number: int, fault: str) -> None:
        """Of one replica to the server."""
        self.replicas[number].lock.fault = fault

    @rule(number=NUMBERS, latency=st.sampled_from([0.0, 0.3, 3.0]))
    def the_way_slows(self, number: int, latency: float) -> None:
        self.replicas[number].lock.latency_seconds = latency

    @rule(seconds=st.sampled_from([0.3, 2.0, 9.0, 16.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.sampled_from([9.0, 16.0, 40.0]))
    def all_are_frozen(self, seconds: float) -> None:
        """Have time pass while nothing runs, as SIGSTOP or a blocked loop does."""
        self.do(self._freeze(seconds))

    async def _freeze(self, seconds: float) -> None:
        freeze(seconds)

    @rule(number=NUMBERS, seconds=st.sampled_from([0.0, 4.0]))
    def one_stops(self, number: int, seconds: float) -> None:
        """In order: it takes a while to end, and another process begins in its place."""
        self.replicas[number].drain_seconds = seconds
        self.tasks[number].cancel()
        self.pass_time(seconds + 3.0)
        if self.tasks[number].done():
            self.replicas[number] = self._new()
            self.tasks[number] = self._run(number)

    @precondition(lambda self: not any(each.lock.fault for each in self.replicas))
    @rule(how=st.sampled_from(["delete", "blank"]))
    def a_person_edits_the_lease(self, how: str) -> None:
        """Take it away from its holder, who is told by its watch.

        One who is cut off then leads on until its renewal is refused, beside the next: there a
        person has taken away what kept them apart, and the versions that each write names are left.
        """
        if how == "delete":
            self.server.write(None)
        elif self.server.record is not None:
            self.do(self._blank())
        self.pass_time(NOTICED_SECONDS)

    async def _blank(self) -> None:
        self.server.edit(holder_identity="")

    @rule()
    def all_is_healed(self) -> None:
        """Then one of them leads, soon, and works."""
        for replica in self.replicas:
            replica.lock.fault = ""
            replica.lock.latency_seconds = 0.0
        self.pass_time(LONG_SECONDS)
        assert self.do(self._leaders()) == 1
        assert sum(replica.is_working for replica in self.replicas) == 1

    @invariant()
    def one_at_most_may_write(self) -> None:
        assert self.referee.fouls == []
        assert self.do(self._leaders()) <= 1

    @invariant()
    def nobody_may_write_after_the_deadline(self) -> None:
        """Count from what the server has, which is later than what the replica counts from."""
        assert self.do(self._late()) == []

    async def _late(self) -> list[str]:
        return [
            replica.identity
            for replica in self.replicas
            if replica.elector.is_leading
            and now() - self.server.written_at[replica.identity]
            > replica.options.renew_deadline_seconds
        ]

    async def _leaders(self) -> int:
        return sum(replica.elector.is_leading for replica in self.replicas)

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        super().teardown()


ElectionModel.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, phases=GENERATED
)


@pytest.mark.slow
class TestElection(ElectionModel.TestCase):  # type: ignore[misc, valid-type]
    """No sequence of steps has two replicas lead."""
