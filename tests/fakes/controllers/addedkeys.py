"""A queue whose keys nobody takes."""

from types import SimpleNamespace
from typing import Any

from clusterimport.controllers.inforce.schema import ServedSchemas


class AddedKeys(list[Any]):
    """Every key that was added, and each that was put off with its seconds."""

    def add(self, key: Any, *, priority: int = 0) -> None:
        del priority
        self.append(key)

    def add_after(self, key: Any, seconds: float) -> None:
        self.append((key, seconds))


class NoObjects:
    """A cache that holds nothing."""

    def get(self, key: Any) -> None:
        del key


def some_schemas() -> Any:
    """Return what a ledger of refusals asks for the CRDs of the day."""
    return SimpleNamespace(current=ServedSchemas())
