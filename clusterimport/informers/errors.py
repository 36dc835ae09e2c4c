"""Misuse of informers.

ClusterImportError
 └─ InformerError
     └─ NotAcquiredError     an informer was released more often than it was acquired

Errors of the API server are ``kube.errors``; an informer shows them in its status and goes on.
"""

from clusterimport import errors


class InformerError(errors.ClusterImportError):
    """Anything that this package raises on purpose."""


class NotAcquiredError(InformerError):
    """The informer is not, or no longer, one of this factory's."""
