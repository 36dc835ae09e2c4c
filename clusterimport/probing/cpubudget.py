"""Processor time that tenants may use up, measured after the fact."""

import asyncio
from typing import Final

from clusterimport.model.tenant import Tenant

_MANY: Final = 1024
"""Accounts that are worth a look for those that are full again."""
_SLACK_SECONDS: Final = 1e-6
"""What floating point may leave of a debt that is paid."""


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
