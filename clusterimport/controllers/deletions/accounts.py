"""What each tenant of a policy has, has lost and would lose: what the budget is judged by."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from clusterimport.aio import Pace
from clusterimport.controllers.deletions.budget import WINDOW_SECONDS, Account, Books, Judgement
from clusterimport.controllers.deletions.ledger import Ledger, PastDeletion, created_at
from clusterimport.controllers.queues import OWNERLESS, DeletionKey
from clusterimport.controllers.shared.candidates import Candidate, witnessed_tenant
from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.ownership import lifecycle_owners, owns
from clusterimport.model import meta
from clusterimport.model.policy import DEFAULT_MAX_DELETIONS, MaxDeletions
from clusterimport.model.tenant import NOBODY, Tenant, tenant_of_source

CENSUS_SECONDS = 1.0
"""How old a count of all clusters of a policy may be; many tenants are judged one after another."""


class _Census(NamedTuple):
    at: float
    standing: Mapping[Tenant, Mapping[str, float]]
    books: Books


class Accounts:
    """Counts the clusters of policies, and what is asked for by tenants that are not judged."""

    def __init__(self, context: TermContext, ledger: Ledger) -> None:
        self._context = context
        self._ledger = ledger
        self._censuses: dict[str, _Census] = {}
        # Uids of candidates that the last look at them found not to count.
        self._exempt: dict[DeletionKey, frozenset[str]] = {}

    def exempt(self, key: DeletionKey, uids: Collection[str]) -> None:
        """Remember which candidates of a tenant take nothing away, or are only doubted."""
        if uids:
            self._exempt[key] = frozenset(uids)
        else:
            self._exempt.pop(key, None)

    async def count(self, policy: str) -> None:
        """Count the clusters of a policy, unless that was done a moment ago; lets others run.

        What others ask for within that moment is not in it: it is judged when it was gathered for
        longer, and what it is judged by has all that is judged now.
        """
        now = self._context.clock.monotonic()
        if policy in self._censuses and now - self._censuses[policy].at < CENSUS_SECONDS:
            return
        standing = await self._standing(policy)
        going: dict[Tenant, set[str]] = {}
        for candidate in self._context.candidates.of_policy(policy):
            if not self._is_exempt(policy, candidate):
                going.setdefault(candidate.tenant, set()).add(candidate.uid)
        past: dict[Tenant, list[PastDeletion]] = {}
        for deletion in self._ledger.past(policy):
            tenant = tenant_of_source(policy, deletion.namespace)
            past.setdefault(tenant, []).append(deletion)
        seconds = self._context.clock.now().timestamp()
        accounts: dict[Tenant, Account] = {}
        pace = Pace()
        for tenant in dict.fromkeys((*standing, *going, *past)):
            await pace.step()
            accounts[tenant] = _account(
                standing.get(tenant, {}),
                going.get(tenant, set()),
                past.get(tenant, ()),
                seconds - WINDOW_SECONDS,
            )
        books = Books(accounts, self.maximum(policy), seconds)
        others = {
            name: each for name, each in self._censuses.items() if now - each.at < CENSUS_SECONDS
        }
        self._censuses = others | {policy: _Census(now, standing, books)}

    def judge(self, key: DeletionKey, asked: Mapping[str, float]) -> Judgement:
        """Judge what a tenant asks for; the clusters of its policy were counted just now.

        Of the other tenants all candidates are to go, looked at or not, but for those that are
        exempt.

        Args:
            key: the tenant.
            asked: what of it is to go: when its clusters came, by uid of the candidate.

        """
        census = self._censuses[key.policy]
        there = {**census.standing.get(key.tenant, {}), **asked}
        past = [
            deletion
            for deletion in self._ledger.past(key.policy)
            if tenant_of_source(key.policy, deletion.namespace) == key.tenant
        ]
        start = self._context.clock.now().timestamp() - WINDOW_SECONDS
        return census.books.judge(key.tenant, _account(there, asked, past, start))

    def maximum(self, policy: str) -> MaxDeletions:
        """Return what the policy in force says of its budget."""
        state = self._context.tracker.get(policy)
        active = state.governing if state else None
        return active.record.max_deletions if active else DEFAULT_MAX_DELETIONS

    def _is_exempt(self, policy: str, candidate: Candidate) -> bool:
        found = self._exempt.get(DeletionKey(policy, candidate.tenant), frozenset())
        return candidate.uid in found

    async def _standing(self, policy: str) -> dict[Tenant, dict[str, float]]:
        moments: dict[str, float] = {}
        if policy == OWNERLESS:
            owned = (obj for obj in self._context.caches.pediaclusters.list() if _is_owned(obj))
            return {NOBODY: {meta.uid_of(obj): _came_at(obj, moments) for obj in owned}}
        found: dict[Tenant, dict[str, float]] = {}
        pace = Pace()
        for lifecycle in self._context.newest.lifecycles_of(policy):
            await pace.step()
            pediacluster = self._context.newest.pediacluster(meta.name_of(lifecycle))
            if pediacluster is not None and owns(lifecycle, pediacluster):
                clusters = found.setdefault(witnessed_tenant(lifecycle, pediacluster), {})
                clusters[meta.uid_of(lifecycle)] = _came_at(pediacluster, moments)
        return found


def _came_at(obj: meta.Object, moments: dict[str, float]) -> float:
    """Return when an object was created; of many there are few moments, which are read once."""
    text = meta.creation_timestamp_of(obj)
    if text not in moments:
        moments[text] = created_at(obj)
    return moments[text]


def _account(
    there: Mapping[str, float], going: Collection[str], past: Iterable[PastDeletion], start: float
) -> Account:
    # A cache shows for a moment what has been deleted; and one that was written down and is to go
    # still, because it could not be deleted, is counted once.
    gone = {each.uid: each.loss for each in past if each.uid not in going}
    return Account(
        clusters=sum(1 for uid in there if uid not in gone),
        young=tuple(
            created
            for uid, created in there.items()
            if created > start and uid not in going and uid not in gone
        ),
        asked=tuple(there[uid] for uid in going if uid in there),
        lost=tuple(gone.values()),
    )


def _is_owned(pediacluster: meta.Object) -> bool:
    return next(iter(lifecycle_owners(pediacluster)), None) is not None
