"""Make a case smaller while something holds of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from tests.golden.peers import Case

Holds = Callable[[Sequence[Case]], list[bool]]
"""Tells of many cases at once whether they still show what is looked for."""

_ROUNDS: Final = 200


def minimised(case: Case, holds: Holds) -> Case:
    """Return a case of which no part can be left out, or nearly."""
    for _ in range(_ROUNDS):
        smaller = _first(_smaller(case), holds)
        if smaller is None:
            return case
        case = smaller
    return case


def _first(groups: Iterator[list[Case]], holds: Holds) -> Case | None:
    """Return the first case that holds of the first group that has one."""
    for group in groups:
        for case, held in zip(group, holds(group) if group else [], strict=True):
            if held:
                return case
    return None


def _smaller(case: Case) -> Iterator[list[Case]]:
    """Yield smaller cases, those that are much smaller first."""
    template = case["template"]
    size = max(len(template) // 2, 1)
    while True:
        yield [
            case | {"template": template[:start] + template[start + size :]}
            for start in range(0, len(template), max(size // 2, 1))
        ]
        if size == 1:
            break
        size //= 2
    yield [case | {"data": {}}] if case["data"] else []
    yield [case | {"data": data} for data in _reduced(case["data"])]


def _reduced(value: Any) -> Iterator[Any]:
    """Yield values with one thing less."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield {other: kept for other, kept in value.items() if other != key}
            for smaller in _reduced(item):
                yield value | {key: smaller}
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            for smaller in _reduced(item):
                yield [*value[:at], smaller, *value[at + 1 :]]
    elif isinstance(value, str) and value:
        yield value[: len(value) // 2]
        yield value[1:]
        yield value[:-1]
