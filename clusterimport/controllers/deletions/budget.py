"""How many deletions may happen within ten minutes without a person, and against whose share.

A mistake upstream (an emptied namespace, a restored backup, a changed selector) looks exactly like
many clusters being removed on purpose. Beyond the budget none is deleted until a person says so.
Tenants (``model.tenant``) are not trusted with each other, so each has a share of its own within
the policy's, and cannot use up more than that.

What is allowed of a number of clusters is ``maxDeletions`` of the policy, or a tenth of them and at
least 5; at most 1000 in any case. A tenant is allowed as much of its own clusters, but 5 of however
few, and never more than the policy of all. Of each tenant two numbers are taken, and neither may
exceed its share:

lasting
    Clusters that stood when the window began and are gone since, and all that are to go now.
fallen
    By how much the number of those that came within the window falls below its highest.

Of the policy, the same two are summed over its tenants, and may not exceed what is allowed of all
its clusters. In the sums a tenant counts for at most what it is allowed, and *the one that counts
most is left out*. Clusters are counted as of the window's height: with what has been lost since.
What is held counts too: an emptied platform stays held although no single deletion has happened.

Why this is right:

* *A mistake over many tenants is held*, though each loses little: leaving one out takes one share
  off the sum, so at most the policy's limit and one tenant's share ever go within a window.
* *One tenant's worst does not reach another.* Its own limit holds all of what exceeds it, and no
  more than that counts in the sums. Whatever it does, the sums without the one that counts most
  are at most the sums over the others alone: what the others may do without it, counted in full,
  they may do with it. The limit itself only grows with its clusters.
* *With one tenant* (one namespace, or cluster-scoped sources) both sums are empty, and what is left
  is the plain rule: more than five, or more than a tenth, are held.
* *Short-lived clusters do not spend the budget.* One that came and went within the window was not
  there at its start, so nobody relied on it: it is no lasting loss. But after a first installation
  everything is young, and a mass deletion then has to be held too, at once or one by one. Both look
  alike except for one thing: churn leaves the number of clusters where it was, a mass deletion does
  not. Those that stood at the window's start have no such exchange: replacing fifty clusters by
  fifty others is a mistake as well. And whatever is to go at one time is counted in full.

The moments of creation are the server's, those of deletion ours; only for young clusters does it
matter that the clocks agree to some seconds.

What remains: a tenth of the policy's clusters is more where one tenant has very many; each of the
others is still held by its own share. Two tenants that act together can have a small policy's
third one held, as a mistake over three would be. Whoever may write lifecycles, and forges the
namespaces of their sources, is many tenants, and is held by the policy's limit as many would be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import nlargest
from operator import itemgetter
from typing import NamedTuple

from clusterimport.limits.deletions import DELETIONS_AT_LEAST
from clusterimport.model.policy import MaxDeletions
from clusterimport.model.tenant import Tenant

WINDOW_SECONDS = 600.0
"""Deletions younger than this count."""


class Loss(NamedTuple):
    """A cluster that was deleted within the window; moments in Unix seconds."""

    created: float
    gone: float


@dataclass(frozen=True, slots=True)
class Account:
    """What one tenant has, has lost within the window, and would lose now."""

    clusters: int = 0
    """All that stand, those that are to go included."""
    young: tuple[float, ...] = ()
    """When those came that stand, are not to go, and came within the window."""
    asked: tuple[float, ...] = ()
    """When those came that are to go."""
    lost: tuple[Loss, ...] = ()


class BudgetVerdict(StrEnum):
    """Whether what a tenant asks for may go."""

    WITHIN = "within"
    OVER_SHARE = "over share"
    """It exceeds the tenant's own share; nobody else is concerned."""
    OVER_POLICY = "over policy"
    """Many tenants together lose more than the policy may."""


class Judgement(NamedTuple):
    """A verdict, and how many clusters the tenant may lose within the window."""

    verdict: BudgetVerdict
    share: int


@dataclass(frozen=True, slots=True)
class _Count:
    height: int
    """Clusters at the height of the window."""
    lasting: int
    fallen: int
    """Without what is asked for, which is to be added."""
    asked_young: int

    def young_within(self, share: int) -> int:
        """Return how many of the young that are asked for fit the share."""
        return min(self.asked_young, max(0, share - self.fallen))


class Books:
    """The accounts of a policy's tenants at one moment, summed up once for many verdicts."""

    def __init__(
        self, accounts: Mapping[Tenant, Account], maximum: MaxDeletions, now: float
    ) -> None:
        """Sum up.

        Args:
            accounts: every tenant of the policy.
            maximum: how many of so many clusters may go.
            now: Unix seconds.

        """
        self._accounts = accounts
        self._maximum = maximum
        self._start = now - WINDOW_SECONDS
        self._counts = {each: _count(account, self._start) for each, account in accounts.items()}
        self._height = sum(count.height for count in self._counts.values())
        limit = maximum.of(self._height)
        shares = {each: self._share(count, limit) for each, count in self._counts.items()}
        self._lasting = _Sum({e: min(c.lasting, shares[e]) for e, c in self._counts.items()})
        self._young = _Sum({e: c.young_within(shares[e]) for e, c in self._counts.items()})
        self._falls = _Sum({e: c.fallen + self._young.of(e) for e, c in self._counts.items()})
        self._fallen: int | None = None

    def judge(self, tenant: Tenant, account: Account) -> Judgement:
        """Judge what a tenant asks for, whose account may be newer than the others'."""
        own = _count(account, self._start)
        before = self._counts.get(tenant)
        height = self._height - (before.height if before else 0) + own.height
        limit = self._maximum.of(height)
        share = self._share(own, limit)
        if max(own.lasting, own.fallen + own.asked_young) > share:
            return Judgement(BudgetVerdict.OVER_SHARE, share)
        total, largest = self._lasting.total_and_largest(tenant, min(own.lasting, share))
        if total - largest > limit:
            return Judgement(BudgetVerdict.OVER_POLICY, share)
        young = own.young_within(share)
        total, largest = self._falls.total_and_largest(tenant, own.fallen + young)
        # The tenants' falls are seldom all at one moment; their sum is a bound that is cheap to
        # have, and the exact fall is as much work for one verdict as for all.
        if total - largest > limit:
            asked, _ = self._young.total_and_largest(tenant, young)
            if self._fallen is None:
                self._fallen = _fall_of(self._accounts.values(), self._start)
            if self._fallen + asked - largest > limit:
                return Judgement(BudgetVerdict.OVER_POLICY, share)
        return Judgement(BudgetVerdict.WITHIN, share)

    def _share(self, count: _Count, limit: int) -> int:
        return min(max(DELETIONS_AT_LEAST, self._maximum.of(count.height)), limit)


class _Sum:
    """A number of each tenant: their sum, and the largest, with any one of them replaced."""

    def __init__(self, values: Mapping[Tenant, int]) -> None:
        self._values = values
        self._total = sum(values.values())
        # The largest and the one behind it, which is the largest where the first is replaced.
        self._leading = nlargest(2, values.items(), key=itemgetter(1))

    def of(self, tenant: Tenant) -> int:
        return self._values.get(tenant, 0)

    def total_and_largest(self, tenant: Tenant, value: int) -> tuple[int, int]:
        others = max((each for name, each in self._leading if name != tenant), default=0)
        return self._total - self.of(tenant) + value, max(others, value)


def _count(account: Account, start: float) -> _Count:
    old = sum(1 for loss in account.lost if loss.created <= start)
    fallen = _fall_of([account], start)
    return _Count(
        height=account.clusters + old + fallen,
        lasting=old + len(account.asked),
        fallen=fallen,
        asked_young=sum(1 for created in account.asked if created > start),
    )


def _fall_of(accounts: Iterable[Account], start: float) -> int:
    """Return how far the number of young clusters is below the highest since ``start``.

    What is asked for still stands.
    """
    steps: list[tuple[float, int]] = []
    standing: list[float] = []
    for account in accounts:
        for created, gone in account.lost:
            if created > start:
                # Another clock than ours says when it came: it stood when it went in any case.
                steps += ((min(created, gone - 1.0), 1), (gone, -1))
        standing += account.young
        standing += (created for created in account.asked if created > start)
    if not steps:
        return 0
    steps += ((created, 1) for created in standing)
    # Of one second, what goes is taken before what comes: a quick exchange is one.
    steps.sort()
    number = highest = 0
    for _, step in steps:
        number += step
        highest = max(highest, number)
    return highest - number
