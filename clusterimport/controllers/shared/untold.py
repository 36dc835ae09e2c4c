"""Changes of a status of which nobody knows yet whether they were written, and nobody was told.

Events, counts and log lines about a change follow its write, each once. Where the answer of the
write is lost, the next look may find the new status in place already: against that alone nothing
would have changed, and nothing would ever be told.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from clusterimport.kube import errors
from clusterimport.model.conditions import conditions_of
from clusterimport.model.meta import Object, name_of


class UntoldChanges:
    """The conditions from before the first write that failed, by the names of their objects."""

    def __init__(self) -> None:
        self._before: dict[str, Sequence[Object]] = {}

    def conditions_before(self, obj: Object) -> Sequence[Object]:
        """Return the conditions that what is to be told is a change of."""
        return self._before.get(name_of(obj), conditions_of(obj))

    def has(self, name: str) -> bool:
        """Whether a change may stand in a status that was not told."""
        return name in self._before

    @contextmanager
    def writing(self, obj: Object) -> Iterator[None]:
        """Write the next status of an object inside; however that ends, its change is not lost.

        A stale view of it that met a conflict is no state from which anything is told.
        """
        try:
            yield
        except errors.Conflict:
            raise
        except BaseException:
            self._before.setdefault(name_of(obj), conditions_of(obj))
            raise

    def told(self, name: str) -> None:
        """Take note that all was told, or that the object is gone."""
        self._before.pop(name, None)
