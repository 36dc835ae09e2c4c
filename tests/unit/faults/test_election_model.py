"""No sequence of cuts, freezes, losses, clocks and restarts has two replicas write at once.

All gates are looked at each second, and whenever a replica starts or stops. The replicas'
clocks run at different rates, and their wall clocks jump.
"""

import asyncio
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from clusterimport.leaderelection import LeaderRecord
from tests.fakes.aio.virtualtime import freeze, now
from tests.fakes.leaderelection.candidate import Candidate, Referee
from tests.fakes.leaderelection.lease import LeaseServer
from tests.unit.faults.virtualmachine import GENERATED, VirtualMachine

REPLICAS = 3
NUMBERS = st.integers(0, REPLICAS - 1)
FAULTS = st.sampled_from(["", "refused", "hang", "lost answer", "conflict", "too many requests"])
RATES = (1.0, 0.9, 1.1)
"""Of the monotonic clocks: the slowest one still ends its deadline before the lease of the rest."""
NOTICED_SECONDS = 10.0
"""By then its holder has seen what was done to the lease, or has tried to renew it."""
SOON_SECONDS = 4.0
"""A renewal is tried every 2 s, and the way is fast: by then its holder knows what stands there."""
LOOK_SECONDS = 1.0
STOPPED_SECONDS = 1.5
"""The fast clock of a replica shuts its gate a second before the loop's tells its renewer."""
LONG_SECONDS = 60.0
"""By then a lease without an owner was taken: its own 15 s, and pauses with jitter."""


traffic: Counter[str] = Counter()
"""What came, over all sequences: a run in which nobody loses the lease shows nothing."""


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
        self.shut: dict[tuple[str, int], float] = {}
        """Since when the work of a replica, in a term, goes on behind a gate that is shut."""
        for number in range(REPLICAS):
            self.replicas.append(self._new())
            self.tasks.append(self._run(number))
        self.pass_time(LONG_SECONDS)

    def _new(self) -> Candidate:
        self.made += 1
        rate = RATES[self.made % len(RATES)]
        candidate = Candidate(self.server, f"c{self.made}", seed=self.made, rate=rate)
        return self.referee.add(candidate)

    def _run(self, number: int) -> asyncio.Task[None]:
        replica = self.replicas[number]
        return self.loop.create_task(replica.elector.run(replica.lead), name=replica.identity)

    @rule(number=NUMBERS, fault=FAULTS)
    def the_way_changes(self, number: int, fault: str) -> None:
        """Of one replica to the server."""
        self.replicas[number].leases.fault = fault

    @rule(number=NUMBERS, latency=st.sampled_from([0.0, 0.3, 3.0]))
    def the_way_slows(self, number: int, latency: float) -> None:
        self.replicas[number].leases.latency_seconds = latency

    @rule(seconds=st.sampled_from([0.3, 2.0, 9.0, 16.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule(seconds=st.sampled_from([9.0, 16.0, 40.0]))
    def all_are_frozen(self, seconds: float) -> None:
        """Have time pass while nothing runs, as SIGSTOP or a blocked loop does."""
        self.do(self._freeze(seconds))

    async def _freeze(self, seconds: float) -> None:
        freeze(seconds)
        # Before anybody has run again: what goes on first may be a write.
        self.shut.clear()
        self._look()

    @rule(number=NUMBERS, seconds=st.sampled_from([-3600.0, 0.0, 3600.0]))
    def the_wall_clock_steps(self, number: int, seconds: float) -> None:
        """Away from the true time by so much, of one replica; no duration is any different."""
        self.replicas[number].clock.step_seconds = seconds

    @rule(number=NUMBERS, seconds=st.sampled_from([0.0, 4.0]))
    def one_stops(self, number: int, seconds: float) -> None:
        """In order: it takes a while to end, and another process begins in its place."""
        self.replicas[number].drain_seconds = seconds
        self.tasks[number].cancel()
        self.pass_time(seconds + 3.0)
        if self.tasks[number].done():
            self.replicas[number] = self._new()
            self.tasks[number] = self._run(number)

    @precondition(lambda self: not any(each.leases.fault for each in self.replicas))
    @rule(how=st.sampled_from(["delete", "blank"]), unseen=st.sampled_from([0.0, 20.0]))
    def a_person_edits_the_lease(self, how: str, unseen: float) -> None:
        """Take it away from its holder; the others have not seen it for a while.

        One who is cut off then leads on until its renewal is refused, beside the next: there a
        person has taken away what kept them apart, and the versions that each write names are left.
        """
        leading = self.do(self._leading())
        others = [each for each in self.replicas if each.identity not in leading]
        for replica in others:
            replica.leases.fault = "refused" if unseen else ""
        self.pass_time(unseen)
        for replica in others:
            replica.leases.fault = ""
        if how == "delete":
            self.server.write(None)
        elif self.server.record is not None:
            self.do(self._blank())
        self.pass_time(NOTICED_SECONDS)

    async def _blank(self) -> None:
        self.server.edit(holder_identity="")

    @precondition(lambda self: self._is_near())
    @rule(seconds=st.sampled_from([0.0, 6.0]))
    def a_person_gives_the_lease_away(self, seconds: float) -> None:
        """Give it to one who never comes: its holder may write no more, long before its deadline.

        Its work may take a while to end.
        """
        if self.server.record is None:
            return
        for replica in self.replicas:
            replica.drain_seconds = seconds
        before = self.do(self._give_away())
        self.pass_time(SOON_SECONDS)
        assert not before & self.do(self._leading())
        self.pass_time(NOTICED_SECONDS)

    async def _give_away(self) -> set[str]:
        self.server.edit(holder_identity="nobody")
        return await self._leading()

    def _is_near(self) -> bool:
        """Whether the server is well, and answers each of them at once."""
        return not any(each.leases.fault or each.leases.latency_seconds for each in self.replicas)

    @rule()
    def all_is_healed(self) -> None:
        """Then one of them leads, soon, and works."""
        for replica in self.replicas:
            replica.leases.fault = ""
            replica.leases.latency_seconds = 0.0
        self.pass_time(LONG_SECONDS)
        assert len(self.do(self._leading())) == 1
        assert sum(replica.is_working for replica in self.replicas) == 1

    @invariant()
    def one_at_most_may_write(self) -> None:
        assert self.referee.fouls == []
        self.pass_time(0.0)

    def pass_time(self, seconds: float) -> None:
        self.do(self._pass_time(seconds))

    async def _pass_time(self, seconds: float) -> None:
        self._look()
        whole, rest = divmod(seconds, LOOK_SECONDS)
        for each in (*[LOOK_SECONDS] * int(whole), rest):
            await asyncio.sleep(each)
            self._look()

    def _look(self) -> None:
        """One leads at most, and none after its deadline; and then its work is told to end.

        The deadline is counted from when the server wrote, later than what the replica counts from.
        """
        leading = [each for each in self.replicas if each.elector.is_leading]
        assert len(leading) <= 1
        for each in leading:
            deadline = each.options.renew_deadline_seconds / each.clock.rate
            assert now() - self.server.written_at[each.identity] <= deadline
        for each in self.replicas:
            term = (each.identity, len(each.started))
            if each.elector.is_leading or len(each.cancelled) == len(each.started):
                self.shut.pop(term, None)
            else:
                traffic["gates shut at work"] += 1
                assert now() - self.shut.setdefault(term, now()) <= STOPPED_SECONDS

    async def _leading(self) -> set[str]:
        return {each.identity for each in self.replicas if each.elector.is_leading}

    def teardown(self) -> None:
        traffic["runs"] += 1
        traffic["terms"] += sum(len(each.started) for each in self.replicas)
        for task in self.tasks:
            task.cancel()
        super().teardown()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_sequence_of_steps_has_two_replicas_write():
    """Whatever happens, one writes at most, and the lease has gone from one to another for that."""
    traffic.clear()
    run_state_machine_as_test(
        ElectionModel,
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None, phases=GENERATED),
    )
    assert traffic["terms"] >= 2 * traffic["runs"], traffic
    assert traffic["gates shut at work"], traffic
