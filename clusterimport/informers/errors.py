"""What is wrong with an informer itself.

ClusterImportError
 └─ InformerError
     ├─ NotAcquiredError     an informer was released more often than it was acquired
     └─ InformerCrashed      a reflector ended by a bug

Errors of the API server are ``kube.errors``; an informer shows them in its status and goes on.
"""

from clusterimport import errors


class InformerError(errors.ClusterImportError):
    """Anything that this package raises on purpose."""


class NotAcquiredError(InformerError):
    """The informer is not, or no longer, one of this factory's."""


class InformerCrashed(InformerError):  # noqa: N818 - a state, as it stands in a status
    """A reflector ended by a bug and is started again; names class and place, no content."""
