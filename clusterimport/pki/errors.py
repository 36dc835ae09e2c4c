"""What is wrong with certificates and keys; nothing of them is quoted."""

from clusterimport.errors import ClusterImportError


class Unusable(ClusterImportError):  # noqa: N818 - a verdict, not a fault
    """A PEM text that no client could work with; the message goes on after the field's name.

    Args:
        problem: as ``holds no certificate``.
        is_key: of a pair, whether it is the key that is at fault.

    """

    def __init__(self, problem: str, *, is_key: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_key = is_key


class Malformed(ClusterImportError):  # noqa: N818 - as above
    """DER that Go does not take for what it should be; nobody sees the message."""
