"""Leases: our own, and those of others, which whoever may write one can fill as they like."""

from typing import Final

RIVAL_LEASE_SECONDS: Final = 120
"""For how long a lease in another namespace is respected at most after it was last renewed. Usual
ones last 15 s; without a bound a single write could keep this controller from working for years."""

IDENTITY_CHARACTERS: Final = 128
"""How much of a holder's identity is repeated; a Pod's name and a uuid are 100."""

JITTER_FACTOR: Final = 1.2
"""Share of the retry period by which a candidate's pause varies, as in client-go; a leader that
cannot renew must go on for longer."""
