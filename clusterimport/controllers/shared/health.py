"""What is known of the health of every PediaCluster, for the status of its lifecycle."""

import dataclasses
import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from clusterimport.engine.expiry import Expiry
from clusterimport.model.conditions import Condition
from clusterimport.model.policy import CredentialFeature, ImportOptions
from clusterimport.model.times import second_time
from clusterimport.workqueue import RateLimitingQueue

EXPIRING: Final = "CredentialExpiring"
EXPIRED: Final = "CredentialExpired"

_MARGIN_SECONDS: Final = 1.0
"""Timers may fire early; a look that comes too early would have to be repeated at once."""

_MEANINGS: Final[Mapping[CredentialFeature, str]] = {
    CredentialFeature.INSECURE_TLS: (
        "nobody verifies the certificate of the API server, so that whoever is on the way there "
        "can read and use the credentials; give its CA data"
    ),
    CredentialFeature.PROXY_URL: (
        "the credentials go through the proxy that the kubeconfig names; use a direct way"
    ),
    CredentialFeature.EXEC_PLUGIN: (
        "whoever connects runs the program that the kubeconfig names; use a token or a client "
        "certificate"
    ),
}

FEATURE_CONDITIONS: Final = frozenset(_MEANINGS)
"""The conditions that tell of features: each is named like the feature, and `True`."""


class ExpiryNotice(NamedTuple):
    """What is to be said of the end of a cluster's credentials."""

    reason: str
    """EXPIRING or EXPIRED; empty where there is nothing to say."""
    message: str


NOTHING_EXPIRES: Final = ExpiryNotice("", "")


class CredentialNotes(NamedTuple):
    """What the credentials of one cluster tell of themselves."""

    expiry: ExpiryNotice
    features: frozenset[CredentialFeature]
    """What of them had to be allowed."""


NOTHING_TO_NOTE: Final = CredentialNotes(NOTHING_EXPIRES, frozenset())


class HealthState(Enum):
    """What a lifecycle may say about the cluster that it imported."""

    PENDING = "pending"
    """It will be known, and is not yet."""
    UNWATCHED = "unwatched"
    """Nobody will find it out."""
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """The newest verdict on one cluster."""

    state: HealthState
    reason: str = ""
    """The fine reason, as the condition ``Ready`` of the lifecycle carries it; of one that is
    pending empty, unless that is to be told even where an older verdict stands."""
    message: str = ""
    """What a person should do; the same for the same fault, so that nothing is written twice."""
    notes: CredentialNotes | None = None
    """What is to be said of its credentials; None while they have not been read."""


PENDING = Health(HealthState.PENDING)
UNWATCHED = Health(HealthState.UNWATCHED)


class HealthBoard:
    """Verdicts by the name of the PediaCluster; the lifecycle of one that changes is queued.

    Written by the PediaCluster reconciler, read by the lifecycle reconciler. ``unknown`` tells
    what to say of a cluster that was not looked at yet.
    """

    def __init__(
        self, lifecycles: RateLimitingQueue[str], *, unknown: Callable[[str], Health]
    ) -> None:
        self._queue = lifecycles
        self._unknown = unknown
        self._verdicts: dict[str, Health] = {}
        # What was last answered for a cluster without a verdict: only that can be no news.
        self._assumed: dict[str, Health] = {}

    def of(self, name: str) -> Health:
        """Return the verdict on a cluster."""
        verdict = self._verdicts.get(name)
        if verdict is None:
            verdict = self._assumed[name] = self._unknown(name)
        return verdict

    def set(self, name: str, health: Health) -> None:
        """Record a verdict."""
        before = self._verdicts.get(name) or self._assumed.pop(name, None) or self._unknown(name)
        self._verdicts[name] = health
        if before.notes is None and health.notes == NOTHING_TO_NOTE:
            # To have read credentials of which there is nothing to say is no news: a thousand
            # lifecycles would be looked at for nothing after each start.
            before = dataclasses.replace(before, notes=NOTHING_TO_NOTE)
        if before != health:
            self._queue.add(name)

    def forget(self, name: str) -> None:
        """Forget a cluster that is gone."""
        self._verdicts.pop(name, None)
        self._assumed.pop(name, None)


def expiry_notice(expiry: Expiry | None, now: dt.datetime) -> ExpiryNotice:
    """Return what is to be said now; ``expiry`` is None for credentials that never say."""
    if expiry is None or now < expiry.warns_at:
        return NOTHING_EXPIRES
    is_over = expiry.at <= now
    verb = "expired" if is_over else "expires"
    at = second_time(expiry.at)
    return ExpiryNotice(
        EXPIRED if is_over else EXPIRING,
        f"the {expiry.what} {verb} at {at}; renew it where the cluster's credentials come from",
    )


def seconds_until_news(expiry: Expiry | None, now: dt.datetime) -> float:
    """Return the seconds after which something else is to be said; infinity for never."""
    if expiry is None or expiry.at <= now:
        return math.inf
    news = expiry.warns_at if now < expiry.warns_at else expiry.at
    return (news - now).total_seconds() + _MARGIN_SECONDS


def feature_condition(
    feature: CredentialFeature, options: ImportOptions, generation: int
) -> Condition:
    """Return the condition that says what a feature means, and by whom it is allowed."""
    by_policy = feature in options.allowed_credential_features
    place = "allowedCredentialFeatures of the policy" if by_policy else "a flag of the controller"
    return Condition(
        feature.value,
        "True",
        "AllowedByPolicy" if by_policy else "AllowedByInstallation",
        f"{_MEANINGS[feature]}; {place} allows it",
        generation,
    )
