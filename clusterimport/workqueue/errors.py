"""Errors of the work queue.

``ClusterImportError`` > ``WorkQueueError`` > ``ShutDown`` | ``Empty`` | ``NotProcessing``
"""

from clusterimport.errors import ClusterImportError


class WorkQueueError(ClusterImportError):
    """A queue cannot do what it was asked to do."""


class ShutDown(WorkQueueError):  # noqa: N818 (a state that ends a worker, not a failure)
    """The queue was shut down and nothing is left in it: the worker that asked may end."""


class Empty(WorkQueueError):  # noqa: N818 (as ``ShutDown``)
    """Nothing is queued at the moment."""


class NotProcessing(WorkQueueError):  # noqa: N818 (as ``ShutDown``)
    """``done`` was called for a key that nobody had taken, which would corrupt the queue."""
