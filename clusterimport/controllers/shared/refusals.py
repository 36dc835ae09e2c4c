"""Writes that the server refused for their content: not to be repeated at back-off speed.

A 400, a 422 or a webhook's 403 will be the same for the same body, and each try costs the server
an admission round. The same body is tried again after 1, then 2, then every 5 minutes; another
body at once.
"""

import secrets
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Generic, NamedTuple

import msgspec

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.schema import SchemaReader, ServedSchemas
from clusterimport.controllers.result import K
from clusterimport.kube import errors

RETRY_SECONDS = (60.0, 120.0, 300.0)
"""Waits after the first, the second and each later refusal of the same body."""


class Refusal(NamedTuple):
    """What is known of a refused body."""

    fingerprint: bytes
    tries: int
    due: float
    message: str
    schemas: ServedSchemas
    """Under which it was refused."""


class RefusalLedger(Generic[K]):
    """Refused bodies by key and part; owned by one reconciler.

    A part is one of several writes for one key, each of which is refused or accepted by itself.
    When the CRDs of what is written have changed, everything may be tried at once.
    """

    def __init__(self, clock: Clock, schemas: SchemaReader) -> None:
        self._clock = clock
        self._schemas = schemas
        # Bodies may hold credentials: a digest of one is worth nothing outside of this ledger.
        self._key = secrets.token_bytes(16)
        self._refusals: dict[K, dict[str, Refusal]] = {}

    def standing(self, key: K, part: str, body: Mapping[str, Any]) -> Refusal | None:
        """Return the refusal that forbids to send this body now, None if it may be sent."""
        refusal = self._refusals.get(key, {}).get(part)
        if refusal is None or self._clock.monotonic() >= refusal.due:
            return None
        if refusal.schemas is not self._schemas.current:
            return None
        return refusal if refusal.fingerprint == self._fingerprint(body) else None

    def refused(
        self, key: K, part: str, body: Mapping[str, Any], error: errors.ApiError
    ) -> Refusal:
        """Record a refusal and when the same body is due again."""
        parts = self._refusals.setdefault(key, {})
        before, fingerprint = parts.get(part), self._fingerprint(body)
        schemas = self._schemas.current
        is_again = before is not None and before.schemas is schemas
        tries = before.tries if before and is_again and before.fingerprint == fingerprint else 0
        due = self._clock.monotonic() + RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)]
        refusal = Refusal(fingerprint, tries + 1, due, str(error), schemas)
        parts[part] = refusal
        return refusal

    def seconds_until_due(self, refusal: Refusal) -> float:
        """Return the seconds to wait before the refused body may be tried again."""
        return max(refusal.due - self._clock.monotonic(), 0.0)

    def accepted(self, key: K, part: str) -> None:
        """Forget what was refused of one part: it was accepted, or is no more to be written."""
        parts = self._refusals.get(key, {})
        parts.pop(part, None)
        if not parts:
            self._refusals.pop(key, None)

    def forget(self, key: K) -> None:
        """Forget the refusals of a key that is gone."""
        self._refusals.pop(key, None)

    def __len__(self) -> int:
        """Return how many keys have something that was refused."""
        return len(self._refusals)

    def _fingerprint(self, body: Mapping[str, Any]) -> bytes:
        encoded = msgspec.json.encode(_lasting(body), order="deterministic")
        return blake2b(encoded, digest_size=16, key=self._key).digest()


def _lasting(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without what differs from try to try: its version, times of transition."""
    lasting = dict(body)
    metadata, status = body.get("metadata"), body.get("status")
    if metadata:
        lasting["metadata"] = _without(metadata, "resourceVersion")
    if status and status.get("conditions"):
        conditions = [_without(each, "lastTransitionTime") for each in status["conditions"]]
        lasting["status"] = dict(status) | {"conditions": conditions}
    return lasting


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


def is_refusal(error: errors.ApiError) -> bool:
    """Whether the server refused the content, and not the moment or the writer.

    RBAC also answers 403, but names the missing right; it is mended by a grant, of which no event
    tells, so it is retried with back-off like a failure.
    """
    if isinstance(error, errors.BadRequest | errors.Invalid | errors.RequestEntityTooLarge):
        return True
    return isinstance(error, errors.Forbidden) and not error.by_authorizer
