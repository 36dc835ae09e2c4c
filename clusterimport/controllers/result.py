"""What a reconcile may answer, after controller-runtime: ok, again later, again with back-off, no.

| answer                     | what the controller does                                    |
|----------------------------|-------------------------------------------------------------|
| ``Result()``               | forget the failures of the key                              |
| ``Result(requeue_after=n)``| forget the failures, look again after n seconds             |
| any exception              | look again with exponential back-off                        |
| ``TerminalError``          | log and count, and wait for an event                        |
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from clusterimport.errors import ClusterImportError

K = TypeVar("K", bound=Hashable)
K_contra = TypeVar("K_contra", bound=Hashable, contravariant=True)


@dataclass(frozen=True, slots=True)
class Result:
    """A reconcile that did not fail."""

    requeue_after: float | None = None
    """Seconds after which the key is due again; None waits for an event."""


DONE = Result()


class TerminalError(ClusterImportError):
    """A failure that no retry can mend: the key waits for the change of its input."""


class Reconciler(Protocol[K_contra]):
    """Makes the world equal to the wish for one key; idempotent, and told nothing but the key."""

    async def reconcile(self, key: K_contra) -> Result:
        """Look at the present state of everything and write the difference."""
