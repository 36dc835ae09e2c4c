"""When people are told that a credential ends: some time before, and when it has ended.

The texts name the moment and not the time left, so that they change once, at the end.
"""

import datetime as dt
import math
from typing import Final, NamedTuple

from clusterimport.engine.expiry import Expiry

EXPIRING: Final = "CredentialExpiring"
EXPIRED: Final = "CredentialExpired"

_MARGIN_SECONDS: Final = 1.0
"""Timers may fire early; a look that comes too early would have to be repeated at once."""


class ExpiryNotice(NamedTuple):
    """What is to be said of the end of a cluster's credentials."""

    reason: str
    """EXPIRING or EXPIRED; empty where there is nothing to say."""
    message: str


NOTHING_EXPIRES: Final = ExpiryNotice("", "")


def expiry_notice(expiry: Expiry | None, now: dt.datetime) -> ExpiryNotice:
    """Return what is to be said now; ``expiry`` is None for credentials that never say."""
    if expiry is None or now < expiry.warns_at:
        return NOTHING_EXPIRES
    is_over = expiry.at <= now
    verb = "expired" if is_over else "expires"
    at = expiry.at.strftime("%Y-%m-%dT%H:%M:%SZ")
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
