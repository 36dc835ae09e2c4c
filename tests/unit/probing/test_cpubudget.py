"""Processor time of tenants."""

import asyncio

import pytest

from clusterimport.probing.cpubudget import CPUBudget

pytestmark = pytest.mark.looptime


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
