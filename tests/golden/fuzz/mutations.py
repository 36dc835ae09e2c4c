"""Committed vectors, changed a little: what was worth a test has interesting neighbours."""

import re
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.golden.corpus import Vector
from tests.golden.fuzz.data import Data
from tests.golden.fuzz.expressions import Expressions
from tests.golden.fuzz.signatures import NAMES, SPECIAL
from tests.golden.fuzz.words import Words

_STRING: Final = re.compile(r'"[^"\\\n]*"')
_NUMBER: Final = re.compile(r"(?<![\w.$\"-])-?\d+(?:\.\d+)?(?![\w.\"])")
_NAME: Final = re.compile(r"(?<=[{( |])[a-zA-Z]\w*(?=[ })])")
_FIELD: Final = re.compile(r"(?<=[ (.])\.[a-zA-Z]\w*")
_KEYWORDS: Final = frozenset(
    {
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "block",
        "template",
        "break",
        "continue",
        "nil",
    }
)


class Mutations:
    """Makes neighbours of vectors."""

    def __init__(self, random: Random, vectors: list[Vector]) -> None:
        self._random = random
        self._vectors = vectors

    def make(self) -> tuple[str, Any]:
        """Return a template and data."""
        random = self._random
        vector = random.choice(self._vectors)
        template: str = vector["template"]
        data = vector["data"]
        words = Words(random)
        made = Data(random, words)
        expressions = Expressions(random, words, made)
        for _ in range(random.choice((1, 1, 2, 3))):
            template = self._changed(template, expressions)
        choice = random.random()
        if choice < 0.35:
            data = self._data(data, words)
        elif choice < 0.4:
            data = made.value
        elif choice < 0.5:
            data = random.choice(self._vectors)["data"]
        return template, data

    def _changed(self, template: str, expressions: Expressions) -> str:
        random = self._random
        choice = random.random()
        if choice < 0.3:
            return self._replaced(_STRING, template, lambda: expressions.operand("text", 0))
        if choice < 0.45:
            return self._replaced(_NUMBER, template, expressions.literals.number)
        if choice < 0.65:
            return self._replaced(_NAME, template, lambda: random.choice(NAMES))
        if choice < 0.75:
            return self._replaced(_FIELD, template, lambda: expressions.operand("any", 1))
        if choice < 0.85:
            pipe = f" | {random.choice(NAMES)}"
            return self._replaced(re.compile(r"(?=\s*-?}})"), template, lambda: pipe)
        if choice < 0.95:
            return template + str(random.choice(self._vectors)["template"])
        return expressions.literals.spoiled(template)

    def _replaced(self, pattern: re.Pattern[str], template: str, make: Callable[[], str]) -> str:
        found = [m for m in pattern.finditer(template) if m[0] not in _KEYWORDS]
        if not found:
            return template
        match = self._random.choice(found)
        return template[: match.start()] + make() + template[match.end() :]

    def _data(self, data: Any, words: Words) -> Any:
        """Return a copy in which one value somewhere is another."""
        random = self._random
        if isinstance(data, dict) and data and random.random() < 0.95:
            key = random.choice(list(data))
            return data | {key: self._data(data[key], words)}
        if isinstance(data, list) and data and random.random() < 0.7:
            at = random.randrange(len(data))
            return [*data[:at], self._data(data[at], words), *data[at + 1 :]]
        return words.json(2)


def usable(vector: Vector) -> bool:
    """Tell whether neighbours of the vector have one answer each."""
    return SPECIAL.isdisjoint(re.findall(r"\w+", vector["template"]))
