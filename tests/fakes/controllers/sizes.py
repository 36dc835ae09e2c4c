"""How large the mutable structures of objects are, found by looking at all of them."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from types import FunctionType, MappingProxyType, MethodType
from typing import Any

_OURS = "clusterimport."


def sizes(root: object, *, leave_out: Collection[object] = ()) -> dict[str, int]:
    """Return the number of members of every dict, list, set and deque that a root leads to.

    By the path of attributes; of a structure of structures the sum stands under one path. What is
    left out, and what is not of this program, is not looked into.
    """
    found: dict[str, int] = {}
    seen = {id(obj) for obj in leave_out}
    waiting: deque[tuple[str, object]] = deque([(type(root).__name__, root)])
    while waiting:
        path, obj = waiting.popleft()
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        if isinstance(obj, MappingProxyType):
            # A constant, or a view of what is counted where it is owned.
            continue
        if isinstance(obj, Mapping | list | set | deque):
            found[path] = found.get(path, 0) + len(obj)
            members = [*obj.keys(), *obj.values()] if isinstance(obj, Mapping) else list(obj)
            waiting.extend((f"{path}[]", member) for member in members)
        elif type(obj).__module__.startswith(_OURS) and not isinstance(obj, tuple):
            waiting.extend((f"{path}.{name}", part) for name, part in _parts(obj))
    return found


def _parts(obj: object) -> Iterator[tuple[str, Any]]:
    names = [*getattr(obj, "__dict__", ())]
    for kind in type(obj).__mro__:
        names.extend(getattr(kind, "__slots__", ()))
    for name in names:
        part = getattr(obj, name, None)
        if not isinstance(part, FunctionType | MethodType | type):
            yield name, part
