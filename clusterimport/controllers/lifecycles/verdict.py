"""What one look at a lifecycle found, before it becomes conditions and a tally entry."""

from dataclasses import dataclass

from clusterimport.controllers.shared.tally import State
from clusterimport.engine.ownership import conflict_message
from clusterimport.errors import ClusterImportError
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.meta import Object

SOURCE_RENAMED = "SourceRenamed"
"""Reason of a lifecycle that stays until the one of its source's new name has its PediaCluster."""


class Held(ClusterImportError):  # noqa: N818 - not an error: the import waits or is refused
    """The import cannot go on; nothing was written.

    Args:
        reason: Clusterpedia's reason, or one of ours.
        message: what a person should do; quotes no data.
        state: whether this is waiting for the world or a failure that needs a person.
        retry_after: seconds after which to look again without an event; None waits for one.

    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        state: State = State.FAILED,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.state = state
        self.retry_after = retry_after


class NotYet(ClusterImportError):  # noqa: N818 - not an error: a cache is being filled
    """A cache that is needed is not complete; the look is repeated when it is."""


def waiting(reason: str, message: str, *, retry_after: float | None = None) -> Held:
    """Make a verdict of waiting for something that will come by itself."""
    return Held(reason, message, state=State.WAITING, retry_after=retry_after)


def conflict(existing: Object, record: LifecycleRecord) -> Held:
    """Make a verdict of a PediaCluster that is not the lifecycle's to write."""
    return Held("NameConflict", conflict_message(existing, record))


@dataclass(frozen=True, slots=True)
class ImportVerdict:
    """The result of one look, told in status."""

    exists: bool
    """Whether our PediaCluster stands on the server."""
    created_reason: str = ""
    """Reason of ``Created`` if it stands: PediaClusterCreated or PediaClusterExisted."""
    held: Held | None = None
    """Why it does not stand, or is not kept up to date; None when all is well."""
    observed: str = ""
    """What would be written, were the policy not only observing."""
