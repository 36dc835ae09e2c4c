"""Watches what a piece of code does outside of itself: files, processes, sockets, names."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HARMLESS = frozenset({"object.__getattr__", "sys._getframe", "code.__new__", "builtins.id"})
"""What only happens inside the interpreter."""

_watching: dict[int, list[str]] = {}
_installed: list[bool] = []


@contextmanager
def audited() -> Iterator[list[str]]:
    """Collect the audit events of this thread; a list that stays empty did nothing outside."""
    if not _installed:
        # A hook cannot be removed, so there is one, which only listens where somebody watches.
        sys.addaudithook(_hook)
        _installed.append(True)
    events: list[str] = []
    _watching[threading.get_ident()] = events
    try:
        yield events
    finally:
        del _watching[threading.get_ident()]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching or event in _HARMLESS:
        return
    events = _watching.get(threading.get_ident())
    if events is not None:
        events.append(event)
