"""How much is kept of the objects of each namespace, over all informers of the program.

One namespace's objects may be many and large; what is kept of them is bounded, so that its tenants
cannot take the memory that the others need. Cluster-scoped objects count together, as one.
"""

from collections.abc import Callable


class NamespaceShares:
    """Bytes by namespace; 0 as the bound means none."""

    def __init__(self, most_bytes: int, *, base: "NamespaceShares | None" = None) -> None:
        self.most_bytes = most_bytes
        self._base = base
        # Only what is not zero.
        self._bytes: dict[str, int] = {}
        # Who is to be told when a namespace has room again.
        self._waiting: dict[str, dict[Callable[[], None], None]] = {}

    def draft(self) -> "NamespaceShares":
        """Return shares of what a list in the making adds; dropped, they count no more."""
        return type(self)(self.most_bytes, base=self)

    def held(self, namespace: str) -> int:
        """Return how many bytes are kept."""
        held = self._bytes.get(namespace, 0)
        return held + self._base.held(namespace) if self._base else held

    def fits(self, namespace: str, more_bytes: int) -> bool:
        """Whether so much more may be kept."""
        return (
            more_bytes <= 0
            or not self.most_bytes
            or self.held(namespace) + more_bytes <= self.most_bytes
        )

    def add(self, namespace: str, more_bytes: int) -> None:
        """Count what is kept now; negative for what is not kept any more."""
        if not more_bytes:
            return
        held = self._bytes.get(namespace, 0) + more_bytes
        if held:
            self._bytes[namespace] = held
        else:
            self._bytes.pop(namespace, None)
        if more_bytes < 0:
            for wake in self._waiting.pop(namespace, ()):
                wake()

    def wait(self, namespace: str, wake: Callable[[], None]) -> None:
        """Call ``wake`` once as soon as less is kept of a namespace than now."""
        if self._base is not None:
            self._base.wait(namespace, wake)
        else:
            self._waiting.setdefault(namespace, {})[wake] = None
