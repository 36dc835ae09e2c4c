"""What is wrong with what an author gave us; ``code`` is how a command ends because of it.

AuthoringError
  InvalidInput   a file, or an object in it, is not what it should be
  NothingFound   nothing of what was asked for is there, or may be read
"""

from typing import ClassVar

from clusterimport.authoring.positions import Place
from clusterimport.errors import ClusterImportError

__all__ = ["AuthoringError", "InvalidInput", "NothingFound"]


class AuthoringError(ClusterImportError):
    """One sentence for a person, with its place in front where there is one.

    ``message`` is the sentence without the place.
    """

    code: ClassVar[int] = 1

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place


class InvalidInput(AuthoringError):  # noqa: N818 - what it says of a file
    """What was read cannot be used; ends a command with 1."""


class NothingFound(AuthoringError):  # noqa: N818 - the same
    """There is nothing to work on; ends a command with 2."""

    code: ClassVar[int] = 2
