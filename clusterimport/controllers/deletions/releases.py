"""What a person may release: the set of one tenant, under a token that is the digest of the set.

Nothing has to be remembered of what was shown: a token is good whenever that very set stands, for
this leader and the next, however often another set has stood in between. It is good once, since a
set that was deleted never stands again: whatever comes after it has other uids. And since a set is
one tenant's, no other tenant can make it another one.

What was released goes one after the other, and its rest is another set. So what is released is
remembered until it is gone, in ``status.releasedDeletions``, where a restart does not forget it.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from clusterimport.limits.deletions import RELEASES_REMEMBERED
from clusterimport.model.tenant import Tenant, namespace_of, tenant_of_source

_TOKEN_DIGITS: Final = 16
_DIGEST_BYTES: Final = 8
"""Of a uid; the server draws them, so that nobody can look for two of one digest."""
_SEPARATOR: Final = re.compile(r"[\s,]+")


def token_of(policy_uid: str, uids: Iterable[str]) -> str:
    """Return the name of a set of lifecycles, short enough to type; empty for no lifecycles."""
    members = sorted(uids)
    if not members:
        return ""
    return hashlib.sha256("\n".join([policy_uid, *members]).encode()).hexdigest()[:_TOKEN_DIGITS]


def tokens_in(annotation: str) -> frozenset[str]:
    """Return the tokens of ``allow-deletions``, separated by commas or spaces."""
    return frozenset(_SEPARATOR.split(annotation)) - {""}


@dataclass(frozen=True, slots=True)
class Releases:
    """What was released of one policy and is not gone yet."""

    digests: Mapping[Tenant, frozenset[bytes]] = field(default_factory=dict)
    """Of the uids; no tenant without one."""

    def includes(self, tenant: Tenant, uid: str) -> bool:
        """Whether a person has released this lifecycle."""
        return _digest(uid) in self.digests.get(tenant, ())

    def adding(self, tenant: Tenant, uids: Iterable[str]) -> "Releases":
        """Return these and what a person has released now."""
        before = self.digests.get(tenant, frozenset())
        held = before | frozenset(map(_digest, uids))
        return self if held == before else Releases({**self.digests, tenant: held})

    def keeping(self, tenant: Tenant, uids: AbstractSet[str]) -> "Releases":
        """Leave out what of a tenant is gone, or does not seem unwanted any more."""
        before = self.digests.get(tenant)
        if before is None:
            return self
        left = before & frozenset(map(_digest, uids))
        if left == before:
            return self
        others = {each: held for each, held in self.digests.items() if each != tenant}
        return Releases({**others, tenant: left} if left else others)

    def to_list(self) -> list[dict[str, Any]]:
        """Return ``status.releasedDeletions``, as much as is remembered."""
        entries, room = [], RELEASES_REMEMBERED
        for tenant, held in sorted(self.digests.items()):
            kept = b"".join(islice(sorted(held), room))
            room -= len(kept) // _DIGEST_BYTES
            if not kept:
                break
            namespace = namespace_of(tenant)
            entry = {
                "count": len(kept) // _DIGEST_BYTES,
                "digests": base64.b64encode(kept).decode(),
            }
            entries.append({"namespace": namespace, **entry} if namespace else entry)
        return entries


def parse_releases(policy: str, raw: Any) -> Releases:
    """Read ``status.releasedDeletions``; entries that make no sense are left out."""
    found = Releases()
    for entry in raw if isinstance(raw, list) else ():
        try:
            data = base64.b64decode(str(entry["digests"]), validate=True)
            tenant = tenant_of_source(policy, str(entry.get("namespace") or ""))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        digests = (data[at : at + _DIGEST_BYTES] for at in range(0, len(data), _DIGEST_BYTES))
        held = found.digests.get(tenant, frozenset()) | frozenset(digests)
        found = Releases({**found.digests, tenant: held})
    return found


def _digest(uid: str) -> bytes:
    return hashlib.sha256(uid.encode()).digest()[:_DIGEST_BYTES]
