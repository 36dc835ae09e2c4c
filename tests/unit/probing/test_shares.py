"""What tenants may have of a thing, or of processor time, while others want it, too."""

import asyncio
import random
from collections import Counter
from functools import partial

import pytest

from clusterimport.probing.shares import CPUBudget, Shares, Ticket

pytestmark = pytest.mark.looptime


class _Hall:
    """Asks for tickets, and remembers who was served in which order."""

    def __init__(self, size: int, **more) -> None:
        self.waits = 0
        self.subject = Shares(size, on_wait=self._count, **more)
        self.served: list[str] = []
        self.tickets: dict[str, list[Ticket]] = {}

    def ask(self, tenant: str) -> Ticket:
        ticket = self.subject.request(tenant, self._serve)
        if ticket.is_granted:
            self._serve(ticket)
        return ticket

    def give_back(self, tenant: str) -> None:
        self.subject.give_back(self.tickets[tenant].pop(0))

    def has(self, tenant: str) -> int:
        return len(self.tickets.get(tenant, ()))

    def serve(self, name: str, _: Ticket) -> None:
        self.served.append(name)

    def _serve(self, ticket: Ticket) -> None:
        self.served.append(ticket.tenant)
        self.tickets.setdefault(ticket.tenant, []).append(ticket)

    def _count(self) -> None:
        self.waits += 1


async def test_t52_one_tenant_has_half_and_a_newcomer_finds_some():
    """However much one asks for: half is left, and who comes later gets of it at once."""
    hall = _Hall(64)
    for _ in range(300):
        hall.ask("greedy")
    assert hall.has("greedy") == 32
    assert hall.waits == 300 - 32
    for number in range(5):
        assert hall.ask(f"other-{number}").is_granted
    for _ in range(300):
        hall.ask("greedy-too")
    assert hall.has("greedy-too") == 14
    assert hall.ask("late").is_granted


async def test_t52_lines_move_in_turns():
    """Of what becomes free each tenant gets one in turn, whoever came first and with how many."""
    hall = _Hall(1)
    hall.ask("holder")
    for tenant in ("a", "a", "a", "a", "b", "b", "c"):
        hall.ask(tenant)
    order = []
    holder = "holder"
    for _ in range(7):
        hall.give_back(holder)
        holder = hall.served[-1]
        order.append(holder)

    assert order == ["a", "b", "c", "a", "b", "a", "a"]


async def test_t52_who_has_come_furthest_goes_first():
    """By rank before the others of its tenant, then in the order they came; before nobody else."""
    hall = _Hall(1)
    hall.ask("holder")
    for name, rank in (("a1", 0), ("a2", 1), ("a3", 0), ("a4", 1), ("a5", 2)):
        serve = partial(hall.serve, name)
        hall.subject.request("a", serve, rank=rank)
    hall.subject.request("b", partial(hall.serve, "b1"), rank=9)
    line = list(hall.subject._lines["a"])
    hall.give_back("holder")
    for ticket in (line[0], *hall.subject._lines["b"], *line[1:]):
        hall.subject.give_back(ticket)

    assert hall.served == ["holder", "a5", "b1", "a2", "a4", "a1", "a3"]


async def test_t52_who_gives_up_is_out_of_the_line():
    """A ticket that was not granted leaves without a trace, first or amid the others."""
    hall = _Hall(1)
    hall.ask("holder")
    one, two, three = hall.ask("a"), hall.ask("a"), hall.ask("b")
    hall.subject.give_back(two)
    hall.subject.give_back(one)
    hall.give_back("holder")

    assert three.is_granted
    assert hall.served == ["holder", "b"]
    hall.subject.give_back(three)
    assert (hall.subject._used, hall.subject._lines, hall.subject._free) == (Counter(), {}, 1)


async def test_t52_a_pause_is_waited_for_by_itself():
    """When the pause of a tenant is over its line moves, without an event; others do not wait."""
    loop = asyncio.get_running_loop()
    hall = _Hall(4, pause=lambda tenant: max(7.0 - loop.time(), 0.0) if tenant == "debtor" else 0.0)
    waiting = hall.ask("debtor")
    assert not waiting.is_granted
    assert hall.ask("other").is_granted
    await asyncio.sleep(6.9)
    assert not waiting.is_granted
    await asyncio.sleep(0.2)
    assert waiting.is_granted


async def test_t52_at_random_nothing_is_lost_and_nobody_starves():
    """After any sequence what is used is what is granted, and whoever may have one has it."""
    dice = random.Random(52)
    for _ in range(200):
        size = dice.randrange(1, 12)
        hall, out = _Hall(size), []
        for _ in range(60):
            if out and dice.random() < 0.5:
                hall.subject.give_back(out.pop(dice.randrange(len(out))))
            else:
                out.append(hall.ask(dice.choice("abcd")))
            subject = hall.subject
            granted = [ticket for ticket in out if ticket.is_granted]
            assert subject._free == size - len(granted) >= 0
            assert subject._used.total() == len(granted)
            assert not any(subject._may_have(line[0]) for line in subject._lines.values())
        for ticket in out:
            hall.subject.give_back(ticket)
        assert (hall.subject._free, hall.subject._lines) == (size, {})


async def test_t52_a_tenant_in_debt_waits_until_it_is_paid():
    """A fifth of a core: five seconds for each that was taken beyond the burst."""
    budget = CPUBudget(share=0.2, burst_seconds=4.0)
    budget.spend("dear", 4.0)
    assert budget.pause("dear") == 0
    budget.spend("dear", 0.75)
    assert budget.pause("dear") == pytest.approx(3.75, abs=0.01)
    assert budget.pause("other") == 0
    await asyncio.sleep(3.8)
    assert budget.pause("dear") == 0
    budget.spend("dear", 0.75)
    assert budget.pause("dear") > 3.5


async def test_t52_a_quiet_time_gives_the_burst_back_and_no_more():
    """An account is never fuller than it was at first."""
    budget = CPUBudget(share=0.2, burst_seconds=4.0)
    budget.spend("a", 5.0)
    await asyncio.sleep(10_000)
    budget.spend("a", 4.0)
    assert budget.pause("a") == 0
    budget.spend("a", 1.0)
    assert budget.pause("a") == pytest.approx(5.0, abs=0.01)


async def test_t52_accounts_that_are_full_are_forgotten():
    """Tenants that come and go leave nothing; one in debt is remembered."""
    budget = CPUBudget(share=0.2, burst_seconds=4.0)
    for number in range(1500):
        budget.spend(f"t{number}", 0.001)
    await asyncio.sleep(60)
    budget.spend("debtor", 9.0)

    assert set(budget._accounts) == {"debtor"}
    assert budget.pause("debtor") > 0
