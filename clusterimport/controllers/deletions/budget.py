"""How many deletions may happen within ten minutes without a person, and against whose share.

A mistake upstream (an emptied namespace, a restored backup, a changed selector) looks exactly like
many clusters being removed on purpose. Beyond the budget none is deleted until a person says so.
Tenants (``model.tenant``) are not trusted with each other, so each has a share of its own within
the policy's, and cannot use up more than that.

``allowed`` of a number of clusters is a tenth of them, at least 5 and at most 1000. Of each tenant
two numbers are taken, and neither may exceed what is allowed of its own clusters:

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
from typing import NamedTuple

from clusterimport.limits import DELETIONS_AT_LEAST, DELETIONS_AT_MOST, DELETIONS_SHARE
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


class Verdict(StrEnum):
    """Whether what a tenant asks for may go."""

    WITHIN = "within"
    OVER_SHARE = "over share"
    """It exceeds the tenant's own share; nobody else is concerned."""
    OVER_POLICY = "over policy"
    """Many tenants together lose more than the policy may."""


@dataclass(frozen=True, slots=True)
class _Count:
    height: int
    """Clusters at the height of the window."""
    limit: int
    lasting: int
    fallen: int
    """Without what is asked for, which is to be added."""
    asked_young: int

    @property
    def counted_young(self) -> int:
        """What of the young that are asked for fits the share."""
        return min(self.asked_young, max(0, self.limit - self.fallen))


def allowed(clusters: int) -> int:
    """Return how many of so many clusters may go within the window."""
    return min(max(DELETIONS_AT_LEAST, int(DELETIONS_SHARE * clusters)), DELETIONS_AT_MOST)


def share_of(account: Account, now: float) -> int:
    """Return how many a tenant may lose within the window."""
    return _count(account, now - WINDOW_SECONDS).limit


def judge(tenant: Tenant, accounts: Mapping[Tenant, Account], now: float) -> Verdict:
    """Judge what a tenant asks for.

    Args:
        tenant: whose deletions are judged; one of ``accounts``.
        accounts: every tenant of the policy.
        now: Unix seconds.

    """
    start = now - WINDOW_SECONDS
    counts = {each: _count(account, start) for each, account in accounts.items()}
    own = counts[tenant]
    if max(own.lasting, own.fallen + own.asked_young) > own.limit:
        return Verdict.OVER_SHARE
    limit = allowed(sum(count.height for count in counts.values()))
    lasting = [min(count.lasting, count.limit) for count in counts.values()]
    if sum(lasting) - max(lasting) > limit:
        return Verdict.OVER_POLICY
    falls = [count.fallen + count.counted_young for count in counts.values()]
    # The tenants' falls are seldom all at one moment; their sum is a bound that is cheap to have.
    if sum(falls) - max(falls) > limit:
        fallen = _fall_of(accounts.values(), start)
        asked = sum(count.counted_young for count in counts.values())
        if fallen + asked - max(falls) > limit:
            return Verdict.OVER_POLICY
    return Verdict.WITHIN


def _count(account: Account, start: float) -> _Count:
    old = sum(1 for loss in account.lost if loss.created <= start)
    fallen = _fall_of([account], start)
    height = account.clusters + old + fallen
    return _Count(
        height=height,
        limit=allowed(height),
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
