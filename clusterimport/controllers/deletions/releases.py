"""What a person may release: sets of lifecycles, each shown under a token of its own.

An annotation stays on its policy for ever, and the same lifecycles may seem unwanted again next
year. So every showing has a new token, which stands only for those that have seemed unwanted ever
since; with the last of them it is spent. An annotation that was there before is worth nothing.
"""

import hashlib
from collections.abc import Set as AbstractSet

from clusterimport.aio import Clock

_SHOWN_LIMIT = 16
"""Sets remembered per policy: a person answers to one of the last."""


class Releases:
    """The sets that one leader has shown, by policy and token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: dict[str, dict[str, frozenset[str]]] = {}
        self._resumed: set[str] = set()
        self._moment = 0

    def resume(self, policy: str, token: str, uids: AbstractSet[str]) -> None:
        """Take over what the leader before has shown, if it was just this set.

        Args:
            policy: name of the policy; only the first set of each counts.
            token: what the policy's condition shows; empty if nothing.
            uids: what could be shown now.

        """
        if policy in self._resumed or not uids:
            return
        self._resumed.add(policy)
        if token == _token(token.partition("-")[0], uids):
            self._shown.setdefault(policy, {})[token] = frozenset(uids)

    def show(self, policy: str, uids: AbstractSet[str]) -> str:
        """Return the token for a set: the one it has, or else a new one."""
        shown = self._shown.setdefault(policy, {})
        for token, known in shown.items():
            if known == uids:
                return token
        # Two of the same second are told apart, whatever the clock does.
        self._moment = max(self._moment + 1, int(self._clock.now().timestamp()))
        token = _token(f"{self._moment:x}", uids)
        shown[token] = frozenset(uids)
        while len(shown) > _SHOWN_LIMIT:
            del shown[next(iter(shown))]
        return token

    def released(self, policy: str, token: str) -> frozenset[str]:
        """Return the uids that a token stands for; none if it was never shown, or is spent."""
        return self._shown.get(policy, {}).get(token, frozenset())

    def keep(self, policy: str, uids: AbstractSet[str]) -> None:
        """Take out of all sets what does not seem unwanted any more, or is gone."""
        shown = self._shown.pop(policy, {})
        left = {token: known & uids for token, known in shown.items() if known & uids}
        if left:
            self._shown[policy] = left


def _token(moment: str, uids: AbstractSet[str]) -> str:
    """Return a name for a set that is shown at a moment, short enough to type.

    The moment is readable, so that the next leader can tell which set it stands for.
    """
    digest = hashlib.sha256("\n".join([moment, *sorted(uids)]).encode())
    return f"{moment}-{digest.hexdigest()[:12]}"
