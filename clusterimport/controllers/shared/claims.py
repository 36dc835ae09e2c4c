"""Sources that wait for a name which another one has: the first keeps it."""

from clusterimport.controllers.queues import SourceKey


class NameClaims:
    """Who waits for which lifecycle name; a source waits for one name at most."""

    def __init__(self) -> None:
        # Two views of the same pairs.
        self._by_name: dict[str, set[SourceKey]] = {}
        self._by_source: dict[SourceKey, str] = {}

    def wait(self, name: str, source: SourceKey) -> None:
        """Have a source told when the name becomes free."""
        if self._by_source.get(source) == name:
            return
        self.drop(source)
        self._by_source[source] = name
        self._by_name.setdefault(name, set()).add(source)

    def drop(self, source: SourceKey) -> None:
        """Forget what a source waits for."""
        name = self._by_source.pop(source, None)
        if name is None:
            return
        waiting = self._by_name[name]
        waiting.discard(source)
        if not waiting:
            del self._by_name[name]

    def release(self, name: str) -> tuple[SourceKey, ...]:
        """Return who waited for a name, in a stable order, and forget them."""
        waiting = self._by_name.pop(name, set())
        for source in waiting:
            del self._by_source[source]
        return tuple(sorted(waiting))
