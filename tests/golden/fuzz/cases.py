"""The cases of a seed: case number i depends on the seed and i only.

Where an accident decides Go's answer, the grammar does not go: `keys` and `values` unsorted (the
order of a map), `%p` (an address), a `slice` that ends beyond the list (the capacity that Go left
it), methods that exist for Go's own use (`MarshalJSON`). What RE2 takes for a letter is as old as
its Unicode, so no character is younger than Python's.
"""

from random import Random
from typing import Any, Final

from tests.golden.corpus import Vector
from tests.golden.fuzz.data import Data
from tests.golden.fuzz.expressions import Expressions
from tests.golden.fuzz.formats import Formats
from tests.golden.fuzz.literals import Literals
from tests.golden.fuzz.mutations import Mutations, usable
from tests.golden.fuzz.statements import Statements
from tests.golden.fuzz.words import Words

_NUMERIC_CALLS: Final = (
    "",
    "",
    "print ",
    'printf "%T %v" ',
    "int ",
    "float64 ",
    "list ",
    "until ",
    "trunc ",
)
_TEXT_CALLS: Final = (
    "",
    'printf "%q %T" ',
    "len ",
    "b64enc ",
    "toJson ",
    "html ",
    "quote ",
    "upper ",
)
_RAW: Final = ("\ud800", "\udfff\ud800")


class Cases:
    """Makes cases like those of the conformance mode: id, template, data."""

    def __init__(self, seed: str, vectors: list[Vector]) -> None:
        self._seed = seed
        self._vectors = [vector for vector in vectors if usable(vector)]

    def make(self, number: int) -> dict[str, Any]:
        """Return a case."""
        random = Random(f"{self._seed}/{number}")
        template, data = self._template(random)
        return {"id": f"{self._seed}/{number}", "template": template, "data": data}

    def _template(self, random: Random) -> tuple[str, Any]:
        if random.random() < 0.2:
            return Mutations(random, self._vectors).make()
        words = Words(random)
        data = Data(random, words)
        choice = random.random()
        expressions = Expressions(random, words, data, 0.4 if choice > 0.93 else None)
        literals = Literals(random)
        if choice < 0.12:
            arguments = [
                expressions.operand("any", 1) for _ in range(random.choice((0, 1, 1, 1, 2, 3)))
            ]
            text = literals.text(Formats(random).make())
            template = "{{ " + " ".join(("printf", text, *arguments)) + " }}"
        elif choice < 0.17:
            template = "{{ " + random.choice(_NUMERIC_CALLS) + literals.near_number() + " }}"
        elif choice < 0.21:
            template = "{{ " + random.choice(_TEXT_CALLS) + literals.near_text() + " }}"
        elif choice < 0.25:
            template = literals.soup(18)
        elif choice < 0.28:
            template = "{{" + literals.soup() + "}}"
        elif choice > 0.93:
            template = Statements(random, expressions).action(1)
        else:
            template = Statements(random, expressions).template()
            if random.random() < 0.03:
                template = literals.spoiled(template)
        value = data.value
        if isinstance(value, dict) and random.random() < 0.01:
            # Half of a pair in data: Go reads it as U+FFFD.
            value = value | {"s": random.choice(_RAW)}
        return template, value
