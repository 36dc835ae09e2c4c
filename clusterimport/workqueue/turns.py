"""Whose key is next, where groups of keys share a queue and none may hurt another.

A group is whatever must not hurt another one; controllers group keys by tenant. The order:

1. Higher priorities first, but no priority waits for ever: after a key, the next lower priority
   has its turn if *another* group waits there. So what has just happened is passed by at most one
   key of a backlog for each that it is behind, and a group that makes events without end leaves
   half of the turns to the backlog of the others. Within a group one turn in nine is its backlog's.
2. Within a priority, groups take turns with one key each.
3. Within a group, first come, first served.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from clusterimport.limits.requests import FRESH_TURNS

K = TypeVar("K", bound=Hashable)


class QueuePlace(NamedTuple):
    """Where a key stands in line."""

    priority: int
    group: Hashable


class Turn(NamedTuple, Generic[K]):
    """A key that was taken: where it stood, and the moment of its first addition."""

    key: K
    place: QueuePlace
    since: float


class _Group(Generic[K]):
    """The keys of one group at one priority, with the moments of their first addition."""

    __slots__ = ("keys", "place")

    def __init__(self, place: QueuePlace) -> None:
        self.place = place
        self.keys: OrderedDict[K, float] = OrderedDict()


class _Level(Generic[K]):
    """The keys of one priority: groups in the order of their turns."""

    __slots__ = ("groups", "size")

    def __init__(self) -> None:
        self.groups: OrderedDict[Hashable, _Group[K]] = OrderedDict()  # none is ever empty
        self.size = 0


class Turns(Generic[K]):
    """The keys that wait, each in one place, in the order in which they will be taken.

    All operations take constant time; ``take`` looks at one group more for each that may not have
    a turn.
    """

    def __init__(self) -> None:
        self._levels: dict[int, _Level[K]] = {}  # none is ever empty
        self._places: dict[K, QueuePlace] = {}
        self._served: QueuePlace | None = None
        # Turns in a row that left a lower priority waiting.
        self._passed_over = 0

    def push(self, key: K, priority: int, group: Hashable, since: float) -> int:
        """Let a key that has no place wait at the end of its group; return how many wait there."""
        level = self._levels.get(priority)
        if level is None:
            level = self._levels[priority] = _Level()
        waiting = level.groups.get(group)
        if waiting is None:
            waiting = level.groups[group] = _Group(QueuePlace(priority, group))
        waiting.keys[key] = since
        self._places[key] = waiting.place
        level.size += 1
        return level.size

    def pull(self, key: K) -> float:
        """Take a key out of the line, whoever's turn it is; return the moment of ``push``."""
        place = self._places.pop(key)
        level = self._levels[place.priority]
        keys = level.groups[place.group].keys
        since = keys.pop(key)
        level.size -= 1
        if not keys:
            del level.groups[place.group]
            if not level.size:
                del self._levels[place.priority]
        return since

    def take(self, may_have: Callable[[QueuePlace], bool]) -> Turn[K] | None:
        """Take the key whose turn it is, among places that may have one; None if there is none."""
        waiting = self._next(may_have)
        if waiting is None:
            return None
        key = next(iter(waiting.keys))
        self._served = waiting.place
        is_lowest = waiting.place.priority == min(self._levels)
        self._passed_over = 0 if is_lowest else self._passed_over + 1
        self._levels[waiting.place.priority].groups.move_to_end(waiting.place.group)
        return Turn(key, waiting.place, self.pull(key))

    def has_turn(self, may_have: Callable[[QueuePlace], bool]) -> bool:
        """Whether ``take`` would find a key."""
        return self._next(may_have) is not None

    def clear(self) -> None:
        """Let nothing wait any more."""
        self._levels.clear()
        self._places.clear()

    def place_of(self, key: K) -> QueuePlace | None:
        """Return where a key waits; None if it does not."""
        return self._places.get(key)

    def waiting_at(self, priority: int) -> int:
        """Return the number of keys that wait at a priority."""
        level = self._levels.get(priority)
        return level.size if level else 0

    def waiting_in(self, group: Hashable) -> int:
        """Return the number of keys of a group that wait, whatever their priority."""
        groups = (level.groups.get(group) for level in self._levels.values())
        return sum(len(waiting.keys) for waiting in groups if waiting is not None)

    @property
    def priorities(self) -> list[int]:
        """The priorities at which keys wait, highest first."""
        return sorted(self._levels, reverse=True)

    def __len__(self) -> int:
        """Return the number of keys that wait."""
        return len(self._places)

    def _next(self, may_have: Callable[[QueuePlace], bool]) -> _Group[K] | None:
        for priority, left_out in self._order():
            for group, waiting in self._levels[priority].groups.items():
                if group != left_out and may_have(waiting.place):
                    return waiting
        return None

    def _order(self) -> list[tuple[int, Hashable]]:
        """Return priorities in the order of their turns, each with a group that is left out."""
        priorities = self.priorities if len(self._levels) > 1 else list(self._levels)
        order: list[tuple[int, Hashable]] = [(priority, _NONE) for priority in priorities]
        if self._served is None or not priorities or priorities[-1] >= self._served.priority:
            return order
        last, group = self._served
        left_out = _NONE if self._passed_over >= FRESH_TURNS else group
        return [(priority, left_out) for priority in priorities if priority < last] + order


_NONE = object()
"""No group."""
