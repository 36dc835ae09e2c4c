"""Documents that are changed by chance, a place at a time."""

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

_OTHERS: Final[tuple[Any, ...]] = (
    *(None, 0, 1, 1.0, True, False, "", "x"),
    *([], {}, ["a"], {"k": "v"}, {"name": "n"}),
)


class Spot(NamedTuple):
    """One field or item of a document: the dict or list that holds it, and where there."""

    holder: Any
    key: Any


def spots_in(value: Any) -> Iterator[Spot]:
    """Yield every field and item of a dict or list, however deep."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield Spot(value, key)
        if isinstance(item, dict | list):
            yield from spots_in(item)


def change_one(spots: Sequence[Spot], draw: random.Random) -> None:
    """Have one of some spots gone, or another value there, or a field more beside it."""
    holder, key = draw.choice(spots)
    match draw.randrange(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder["more"] = copy.deepcopy(draw.choice(_OTHERS))
        case _:
            holder[key] = copy.deepcopy(draw.choice(_OTHERS))
