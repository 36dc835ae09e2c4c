"""How urgent work is, and what it leads to.

What is done for a key is as urgent as the key was: whoever looks at it tells nobody, and whatever
it adds to a queue, or asks of the API server, stands in line accordingly. So an event goes before
the backlog of a start on its whole way, and not in the first queue only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

FRESH: Final = 0
"""Priority of what has just happened."""
BACKLOG: Final = -100
"""Priority of initial lists and resyncs, so that 10 000 of them never delay one fresh event."""

_current: ContextVar[int] = ContextVar("priority", default=FRESH)


def current_priority() -> int:
    """Return how urgent the present work is; outside of any it has just happened."""
    return _current.get()


@contextmanager
def working_at(priority: int) -> Iterator[None]:
    """Do the work of the block, and what it leads to, at a priority."""
    token = _current.set(priority)
    try:
        yield
    finally:
        _current.reset(token)
