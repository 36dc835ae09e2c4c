"""What tenants divide while it is wanted: things of which there is only so much, among them time.

A tenant may take more as long as what it has is no more than what is left: one alone gets half of
all, each of two a third, and a newcomer always finds some. Who may not yet stands in the line of
its own tenant, and the lines move in turns, so that one of a thousand delays nobody elsewhere.
Processor time is measured after the fact, and paid for by a pause.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from typing import Final

from clusterimport.model.tenant import Tenant

_MANY: Final = 1024
"""Accounts that are worth a look for those that are full again."""
_SLACK_SECONDS: Final = 1e-6
"""What floating point may leave of a debt that is paid."""


class Ticket:
    """What one got, or waits for; to be given back either way."""

    __slots__ = ("is_granted", "on_grant", "rank", "tenant")

    def __init__(
        self,
        tenant: Tenant,
        on_grant: Callable[["Ticket"], None],
        *,
        rank: int,
    ) -> None:
        self.tenant = tenant
        self.on_grant = on_grant
        self.rank = rank
        self.is_granted = False


class Shares:
    """``size`` of something; used on one event loop.

    Args:
        size: how many there are altogether.
        on_wait: told of each one that has to wait.
        pause: seconds after which a tenant may get more; 0 for now.

    """

    def __init__(
        self,
        size: int,
        *,
        on_wait: Callable[[], None] = lambda: None,
        pause: Callable[[Tenant], float] = lambda _: 0.0,
    ) -> None:
        self._free = size
        self._on_wait = on_wait
        self._pause = pause
        self._used: Counter[Tenant] = Counter()
        # Lines in the order of their turns, each of tickets by rank and in the order they came;
        # never empty.
        self._lines: dict[Tenant, list[Ticket]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def request(
        self,
        tenant: Tenant,
        on_grant: Callable[[Ticket], None],
        *,
        rank: int = 0,
    ) -> Ticket:
        """Return a ticket that is granted, or one whose ``on_grant`` is called when it is.

        A higher rank stands before lower ones in the line of its tenant.
        """
        ticket = Ticket(tenant, on_grant, rank=rank)
        line = self._lines.get(tenant, [])
        place = sum(other.rank >= rank for other in line)
        if not place and self._may_have(ticket):
            self._grant(ticket)
        else:
            line.insert(place, ticket)
            self._lines[tenant] = line
            self._on_wait()
            self._arm()
        return ticket

    def give_back(self, ticket: Ticket) -> None:
        """Let others have it; a ticket that was not granted leaves its line."""
        if ticket.is_granted:
            ticket.is_granted = False
            self._free += 1
            self._used[ticket.tenant] -= 1
            if not self._used[ticket.tenant]:
                del self._used[ticket.tenant]
        else:
            self._leave(ticket)
        self._serve()

    def close(self) -> None:
        """Grant nothing any more."""
        self._lines.clear()
        self._arm()

    def _may_have(self, ticket: Ticket) -> bool:
        fits = self._used[ticket.tenant] < self._free
        return fits and self._pause(ticket.tenant) <= 0

    def _grant(self, ticket: Ticket) -> None:
        self._free -= 1
        self._used[ticket.tenant] += 1
        ticket.is_granted = True

    def _leave(self, ticket: Ticket) -> None:
        line = self._lines.get(ticket.tenant, [])
        if ticket in line:
            line.remove(ticket)
        if not line:
            self._lines.pop(ticket.tenant, None)

    def _serve(self) -> None:
        """Grant what may be granted: one of each line, and again from the first."""
        is_served = True
        while is_served and self._free:
            is_served = False
            for tenant in tuple(self._lines):
                # Who is granted one may give it back at once, and then others are served first.
                line = self._lines.get(tenant)
                if not line or not self._may_have(line[0]):
                    continue
                ticket = line.pop(0)
                del self._lines[tenant]
                if line:
                    self._lines[tenant] = line  # behind the others
                self._grant(ticket)
                ticket.on_grant(ticket)
                is_served = True
        self._arm()

    def _arm(self) -> None:
        """Look again when the first of those who wait for their pause to end may have more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pauses = (self._pause(tenant) for tenant in self._lines)
        first = min((pause for pause in pauses if pause > 0), default=math.inf)
        if first < math.inf:
            self._timer = asyncio.get_running_loop().call_later(first, self._serve)


class CPUBudget:
    """An account per tenant, which fills with time; who is in debt has to wait.

    Costs are known only afterwards, so that one dear call is always possible, and is paid by a
    pause.
    """

    def __init__(self, *, share: float, burst_seconds: float) -> None:
        """Give each tenant ``share`` seconds per second, and at most ``burst_seconds`` at once."""
        self._share = share
        self._burst = burst_seconds
        # Balance and the moment it was true; a tenant without one has a full account.
        self._accounts: dict[Tenant, tuple[float, float]] = {}

    def spend(self, tenant: Tenant, seconds: float) -> None:
        """Take what a call has cost."""
        self._accounts[tenant] = (self._balance(tenant) - seconds, _now())
        if len(self._accounts) > _MANY:
            self._forget_full()

    def pause(self, tenant: Tenant) -> float:
        """Return the seconds after which the tenant is out of debt; 0 where it is not in debt."""
        debt = -self._balance(tenant)
        return debt / self._share + _SLACK_SECONDS if debt > 0 else 0.0

    def _balance(self, tenant: Tenant) -> float:
        balance, at = self._accounts.get(tenant, (self._burst, 0.0))
        return min(balance + (_now() - at) * self._share, self._burst)

    def _forget_full(self) -> None:
        full = [tenant for tenant in self._accounts if self._balance(tenant) >= self._burst]
        for tenant in full:
            del self._accounts[tenant]


def _now() -> float:
    return asyncio.get_running_loop().time()
