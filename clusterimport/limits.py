"""Every bound of the program, with its reason, and how it is told that one was reached.

What a tenant can make big, many or slow is bounded here per object and per tenant, so that one
tenant's worst costs another one little (SECURITY.md has the whole picture). A bound that an
operator may have to change is the default of a flag and says so; the others are constants, since
nothing legitimate comes near them.
"""

from enum import StrEnum
from typing import Final, Protocol


class Limit(StrEnum):
    """A bound, as the label ``limit`` of ``clusterimport_limit_reached_total`` names it."""

    KUBECONFIG_BYTES = "kubeconfig_bytes"


KUBECONFIG_BYTES: Final = 256 * 1024
"""Most bytes of a kubeconfig; one of a single cluster has some 6 KiB."""


class LimitMetrics(Protocol):
    """Counts bounds that were reached."""

    def limit_reached(self, limit: Limit) -> None:
        """Count one refusal, delay or cut for the sake of a bound."""


class NullLimitMetrics:
    """Counts nothing."""

    def limit_reached(self, limit: Limit) -> None:
        """Do nothing."""
