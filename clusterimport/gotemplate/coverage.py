"""Which branches of a template were taken, for those who test it.

Watched is what a template is compiled to; one that nobody watches is compiled as if there were no
such thing.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from clusterimport.gotemplate.frame import Frame, Run
from clusterimport.gotemplate.statements import nothing

__all__ = ["Branch", "Coverage"]


class Branch(NamedTuple):
    """One way on from an `if`, a `with` or a `range`; lines count from 1, columns bytes from 0."""

    line: int
    column: int
    keyword: str
    taken: bool
    """Whether it is the way into the body, and not the one past it."""

    def __str__(self) -> str:
        """Return what a template does that never goes this way."""
        if self.keyword == "range":
            return "range is never over anything" if self.taken else "range is never over nothing"
        return f"{self.keyword} is never {'true' if self.taken else 'false'}"


class Coverage:
    """The branches of one template, and how often each was taken."""

    def __init__(self) -> None:
        self._counts: dict[Branch, int] = {}

    def watched(self, branch: Branch, run: Run | None) -> Run:
        """Return a closure that counts before it runs."""
        counts = self._counts
        counts.setdefault(branch, 0)
        inner = nothing if run is None else run

        def counting(frame: Frame, dot: Any) -> None:
            counts[branch] += 1
            inner(frame, dot)

        return counting

    @property
    def total(self) -> int:
        """How many branches there are."""
        return len(self._counts)

    def missed(self) -> Iterator[Branch]:
        """Yield the branches that were never taken, in their order."""
        return iter(sorted(branch for branch, count in self._counts.items() if not count))
