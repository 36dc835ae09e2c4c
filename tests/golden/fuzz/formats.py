"""Formats for printf: every verb, flag, width and precision, also those that are wrong."""

from random import Random
from typing import Final

_VERBS: Final = "vvvvdsqxXtTfFgGeEbocUO"
# Not %p, which prints an address.
_WRONG_VERBS: Final = "wzyM!é日% ["
_TEXTS: Final = ("", "", "", "a", " ", "%%", "é", "=", ", ", "\n", "100%%")


class Formats:
    """Makes formats."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def make(self) -> str:
        """Return a format with some directives."""
        random = self._random
        parts: list[str] = []
        for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3))):
            parts += random.choice(_TEXTS), self.directive()
        return "".join(parts) + random.choice(_TEXTS)

    def directive(self) -> str:
        """Return one directive."""
        random = self._random
        if random.random() < 0.01:
            return "%"
        flags = "".join(random.sample("+-# 0", random.choice((0, 0, 0, 1, 1, 2, 3))))
        width = random.choice(("", "", "", "5", "12", "*", "3", "1", "40"))
        precision = random.choice(("", "", "", ".2", ".", ".0", ".*", ".8", ".20", ".-1", ".3"))
        verb = random.choice(_WRONG_VERBS if random.random() < 0.03 else _VERBS)
        return f"%{flags}{self._index()}{width}{precision}{self._index()}{verb}"

    def _index(self) -> str:
        random = self._random
        if random.random() < 0.94:
            return ""
        return random.choice(
            ("[1]", "[2]", "[3]", "[0]", "[]", "[x]", "[-1]", "[1", "[2]*", "[99]")
        )
