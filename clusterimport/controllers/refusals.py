"""Writes that the server refused for their content: not to be repeated at back-off speed.

A 400, a 422 or a webhook's 403 will be the same for the same body, and each try costs the server
an admission round. The same body is tried again after 1, then 2, then every 5 minutes; another
body at once.
"""

from typing import Generic, NamedTuple

from clusterimport.aio import Clock
from clusterimport.controllers.result import K
from clusterimport.kube import errors

RETRY_SECONDS = (60.0, 120.0, 300.0)
"""Waits after the first, the second and each later refusal of the same body."""


class Refusal(NamedTuple):
    """What is known of a refused body."""

    fingerprint: str
    tries: int
    due: float
    message: str


class RefusalLedger(Generic[K]):
    """Refused bodies by key; owned by one reconciler."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refusals: dict[K, Refusal] = {}

    def standing(self, key: K, fingerprint: str) -> Refusal | None:
        """Return the refusal that forbids to send this body now, None if it may be sent."""
        refusal = self._refusals.get(key)
        if refusal is None or refusal.fingerprint != fingerprint:
            return None
        return refusal if self._clock.monotonic() < refusal.due else None

    def refused(self, key: K, fingerprint: str, error: errors.ApiError) -> Refusal:
        """Record a refusal and when the same body is due again."""
        before = self._refusals.get(key)
        tries = before.tries if before and before.fingerprint == fingerprint else 0
        wait = RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
        refusal = Refusal(fingerprint, tries + 1, self._clock.monotonic() + wait, str(error))
        self._refusals[key] = refusal
        return refusal

    def seconds_until_due(self, refusal: Refusal) -> float:
        """Return the seconds to wait before the refused body may be tried again."""
        return max(refusal.due - self._clock.monotonic(), 0.0)

    def forget(self, key: K) -> None:
        """Forget the refusals of a key: something was accepted, or the object is gone."""
        self._refusals.pop(key, None)

    def forget_all(self) -> None:
        """Let everything be tried at once, because the CRD of what is written has changed."""
        self._refusals.clear()


def is_refusal(error: errors.ApiError) -> bool:
    """Whether the server refused the content, and not the moment or the writer.

    RBAC also answers 403, but names the missing right; it is mended by a grant, of which no event
    tells, so it is retried with back-off like a failure.
    """
    if isinstance(error, errors.BadRequest | errors.Invalid | errors.RequestEntityTooLarge):
        return True
    return isinstance(error, errors.Forbidden) and not error.by_authorizer
