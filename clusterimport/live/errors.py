"""What can go wrong between a person's question and a live API server.

``code`` is how a command ends because of it.

LiveError
  NoWay            the way to the server cannot be found out
  NotInstalled     the server does not serve our types
  NoAnswer         it does not answer, or refuses to
  NameNotFound     it has nothing of the names that were given
  LocalFileError   a file of the person cannot be read or written as asked
"""
# As in kube.errors, the names are states and not failures of the program.
# ruff: noqa: N818

from typing import ClassVar

from clusterimport import errors
from clusterimport.model.gvr import GroupResource


class LiveError(errors.ClusterImportError):
    """One line for a person, without credentials."""

    code: ClassVar[int] = 1


class NoWay(LiveError):
    """A kubeconfig or context is missing or cannot be used."""

    code: ClassVar[int] = 2


class NoAnswer(LiveError):
    """What was asked of the server got no answer that is of use."""


class NotInstalled(LiveError):
    """The server does not serve one of our types."""

    def __init__(self, resource: GroupResource) -> None:
        super().__init__(
            f"the API server does not serve {resource}: Clusterpedia's CRDs are not installed "
            "there (kubectl apply -k manifests), or this is another cluster than was meant"
        )


class NameNotFound(LiveError):
    """Nothing on the server has the name that was asked for."""

    code: ClassVar[int] = 2


class LocalFileError(LiveError):
    """A file cannot be read, understood or written; names it and says what to do."""
