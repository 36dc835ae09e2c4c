"""What a person may release: the set of one tenant, under a token that is the digest of the set.

Nothing has to be remembered of what was shown: a token is good whenever that very set stands, for
this leader and the next, however often another set has stood in between. It is good once, since a
set that was deleted never stands again: whatever comes after it has other uids. And since a set is
one tenant's, no other tenant can make it another one.
"""

import hashlib
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from clusterimport.controllers.queues import DeletionKey

_TOKEN_DIGITS = 16
_SEPARATOR = re.compile(r"[\s,]+")


def token_of(policy_uid: str, uids: Iterable[str]) -> str:
    """Return the name of a set of lifecycles, short enough to type; empty for no lifecycles."""
    members = sorted(uids)
    if not members:
        return ""
    return hashlib.sha256("\n".join([policy_uid, *members]).encode()).hexdigest()[:_TOKEN_DIGITS]


def tokens_in(annotation: str) -> frozenset[str]:
    """Return the tokens of ``allow-deletions``, separated by commas or spaces."""
    return frozenset(_SEPARATOR.split(annotation)) - {""}


class Releases:
    """What was released and is not gone yet: the rest of a set is another set."""

    def __init__(self) -> None:
        self._released: dict[DeletionKey, frozenset[str]] = {}

    def add(self, key: DeletionKey, uids: Iterable[str]) -> None:
        """Remember that a person has released these."""
        self._released[key] = self.of(key) | frozenset(uids)

    def of(self, key: DeletionKey) -> frozenset[str]:
        """Return the uids that were released."""
        return self._released.get(key, frozenset())

    def keep(self, key: DeletionKey, uids: AbstractSet[str]) -> None:
        """Forget what is gone, or does not seem unwanted any more."""
        left = self._released.pop(key, frozenset()) & uids
        if left:
            self._released[key] = left
