"""The data of a case, and the paths in it that a template may name."""

from collections import defaultdict
from random import Random
from typing import Any, Final

from tests.golden.fuzz.words import Words

_KEYS: Final = (
    "a", "b", "c", "d", "name", "kind", "spec", "status", "metadata", "labels", "items", "x", "A",
    "_u", "é", "ok", "a1",
)  # fmt: skip
_ODD_KEYS: Final = (
    "a-b", "", "1", "a.b", "日 本", "<", "app.kubernetes.io/name", "a\x00", "😀",
)  # fmt: skip
_DEEPEST_CHAIN: Final = 40


class Data:
    """A JSON value; `keys` are all its keys, `fields` the chains of fields (`.a.b`) by kind."""

    def __init__(self, random: Random, words: Words) -> None:
        self._random = random
        self._words = words
        self.keys: list[str] = []
        self.fields: dict[str, list[str]] = defaultdict(list)
        self.value = self._top()
        self._find(self.value, "", 0)

    def _top(self) -> Any:
        random = self._random
        if random.random() < 0.04:
            return random.choice((None, True, [], {}, self._words.scalar(), [self._value(2)]))
        top = {key: self._value(3) for key in random.sample(_KEYS, random.randint(3, 8))}
        if random.random() < 0.6:
            top["list"] = self._list(2)
        if random.random() < 0.6:
            top["m"] = self._map(2)
        if random.random() < 0.6:
            top["s"] = self._words.text()
        if random.random() < 0.6:
            top["n"] = random.choice((0, 1, 2, 3, 42, -7))
        if random.random() < 0.03:
            top["deep"] = self._deep()
        return top

    def _value(self, depth: int) -> Any:
        choice = self._random.random()
        if depth and choice < 0.25:
            return self._list(depth - 1)
        if depth and choice < 0.5:
            return self._map(depth - 1)
        return self._words.scalar()

    def _list(self, depth: int) -> list[Any]:
        random = self._random
        length = random.choice((0, 1, 2, 2, 3, 3, 4, 5))
        if random.random() < 0.3:
            return [self._words.text() for _ in range(length)]
        if random.random() < 0.2:
            return [random.randint(-3, 3) for _ in range(length)]
        return [self._value(depth) for _ in range(length)]

    def _map(self, depth: int) -> dict[str, Any]:
        random = self._random
        keys = [
            random.choice(_ODD_KEYS if random.random() < 0.1 else _KEYS)
            for _ in range(random.choice((0, 1, 2, 2, 3, 4)))
        ]
        return {key: self._value(depth) for key in keys}

    def _deep(self) -> Any:
        value: Any = self._words.scalar()
        for _ in range(self._random.randint(5, _DEEPEST_CHAIN)):
            value = [value] if self._random.random() < 0.5 else {"a": value}
        return value

    def _find(self, value: Any, path: str, depth: int) -> None:
        self.fields[kind_of(value)].append(path or ".")
        if isinstance(value, dict) and depth < 5:
            for key, item in value.items():
                self.keys.append(key)
                if key.isidentifier():
                    self._find(item, f"{path}.{key}", depth + 1)


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value, in the words of `signatures`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "bool"
        case int():
            return "int64" if -(1 << 63) <= value < 1 << 63 else "float"
        case float():
            return "float"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return "dict"
