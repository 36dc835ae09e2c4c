"""What can go wrong in showing ourselves.

ClusterImportError
 └─ ObservabilityError
     └─ ListenError          the address for metrics and health cannot be listened on
"""

from clusterimport import errors


class ObservabilityError(errors.ClusterImportError):
    """Anything that this package raises on purpose."""


class ListenError(ObservabilityError):
    """The port is taken, or the address is not ours; the text says which and why."""
