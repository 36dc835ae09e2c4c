"""Random expressions: calls whose arguments mostly fit, pipelines, fields, variables."""

from random import Random
from typing import Final

from tests.golden.fuzz.constants import SMALL, Constants
from tests.golden.fuzz.data import Data
from tests.golden.fuzz.formats import Formats
from tests.golden.fuzz.literals import Literals
from tests.golden.fuzz.signatures import PLAIN_KINDS, Signature, chosen
from tests.golden.fuzz.words import Words

_FAMILIES: Final = {
    "numeric": "number", "octal": "octal", "version": "version", "constraint": "constraint",
    "base64": "base64", "base32": "base32", "json": "json", "path": "path", "layout": "layout",
    "date": "date", "duration": "duration", "zone": "zone", "pattern": "pattern",
    "replacement": "replacement", "separator": "separator", "url": "url",
}  # fmt: skip
_KINDS: Final = (
    "map", "string", "slice", "int64", "int", "float64", "bool", "invalid", "ptr", "struct",
)  # fmt: skip
_TYPES: Final = (
    "map[string]interface {}", "string", "[]interface {}", "int64", "int", "float64", "bool",
    "<nil>", "[]string", "map[string]string", "*semver.Version", "semver.Version", "time.Time",
    "[]int",
)  # fmt: skip
_WORDS: Final = ("a", "b", "name", "x", "missing", "kind", "a.b", "missing.x", "A", "é")
_INDEXES: Final = ("0", "0", "1", "1", "2", "3", "-1", "5", "10")
# Of a literal list every index is right or far from it: what lies between length and capacity
# depends on how Go grew the list.
_SLICE_INDEXES: Final = ("0", "1", "1", "-1", "999", '"1"', "1.9", "0.2", '""', "nil", "true")
_SECONDS: Final = (0, 4_000_000_000)


class Expressions:
    """Makes expressions over the data; `variables` are those in scope, `at_root` tells of dot.

    `slips` is how often something does not fit. Often nothing does: the first error ends a
    template, and what follows is not looked at.
    """

    def __init__(
        self, random: Random, words: Words, data: Data, slips: float | None = None
    ) -> None:
        self._random = random
        self.slips = random.choice((0.0, 0.0, 0.02, 0.06)) if slips is None else slips
        words.slips = self.slips
        self._words = words
        self._data = data
        self._formats = Formats(random)
        self.literals = Literals(random)
        self._constants = Constants(random, words, self.literals, data.keys, self.operand)
        self.variables: list[str] = ["$"]
        self.at_root = True

    def pipeline(self, depth: int, kind: str = "any") -> str:
        """Return what may stand in an action."""
        random = self._random
        text = self._call(chosen(random, kind), depth) if random.random() < 0.75 else ""
        text = text or self.operand(kind, depth)
        while random.random() < 0.12:
            signature = chosen(random, "any")
            text = f"{text} | {self._call(signature, depth - 1, piped=True)}"
        return text

    def operand(self, kind: str, depth: int) -> str:
        """Return an expression of a kind, as an argument of a call; sometimes of another kind."""
        random = self._random
        if random.random() < self.slips:
            kind = random.choice(PLAIN_KINDS)
        if kind == "any":
            if random.random() < 0.08:
                return self._wild()
            kind = random.choice(PLAIN_KINDS)
        choice = random.random()
        if depth > 0 and choice < 0.35:
            text = f"({self._call(chosen(random, kind), depth - 1)})"
            return text + ("." + random.choice(_WORDS) if random.random() < self.slips / 2 else "")
        if choice < 0.42 and len(self.variables) > 1:
            return random.choice(self.variables)
        if choice < 0.62:
            field = self._field(kind)
            if field:
                return field
        if choice < 0.62 + self.slips:
            return self._wild()
        return self._constants.make(kind, depth)

    def declared(self, name: str) -> None:
        """Let a variable be used from here on."""
        if name not in self.variables:
            self.variables = [*self.variables, name]

    def _call(self, signature: Signature, depth: int, *, piped: bool = False) -> str:
        random = self._random
        if not piped and random.random() < 0.04:
            return self._special(depth)
        params = list(signature.params)
        if signature.variadic:
            params[-1:] = [params[-1]] * random.choice((0, 1, 1, 2, 3))
        if random.random() < self.slips / 3:
            params = params[:-1] if random.random() < 0.5 else [*params, "any"]
        layout = self._words.of("layout")
        arguments = [self._argument(param, depth, layout) for param in params]
        name = signature.name
        if piped:
            return " ".join([name, *arguments[:-1]])
        space = random.choice((" ",) * 30 + ("  ", "\n", "\t", "\r\n "))
        if arguments and random.random() < 0.2:
            return f"{arguments[-1]} | {' '.join([name, *arguments[:-1]])}"
        return space.join([name, *arguments])

    def _argument(self, param: str, depth: int, layout: str) -> str:
        random = self._random
        literals = self.literals
        family = _FAMILIES.get(param)
        if random.random() < self.slips:
            return self.operand("any", depth)
        if param == "layout":
            return literals.text(layout)
        if family is not None:
            return literals.text(self._words.of(family))
        if param == "stamp":
            seconds = random.randint(*_SECONDS)
            zone = literals.text(self._words.of("zone"))
            return f"(dateInZone {literals.text(layout)} {seconds} {zone})"
        if param == "format":
            return literals.text(self._formats.make())
        if param == "number":
            return self._number(depth)
        if param in {"key", "kind", "type"}:
            pool = {"key": self._data.keys or ["a"], "kind": _KINDS, "type": _TYPES}[param]
            return literals.text(random.choice(pool))
        if param in {"small", "index"}:
            if random.random() < 0.1:
                return f"(len {self.operand('list', depth - 1)})"
            return random.choice(SMALL if param == "small" else _INDEXES)
        return self.operand(param, depth)

    def _number(self, depth: int) -> str:
        choice = self._random.random()
        if choice < 0.4:
            return self.literals.number()
        if choice < 0.55:
            return self.literals.text(self._words.of("number"))
        return self.operand(self._random.choice(("int", "int64", "float", "int64", "any")), depth)

    def _special(self, depth: int) -> str:
        """Return a call of one of the functions whose answer is not always the same."""
        random = self._random
        choice = random.random()
        if choice < 0.3:
            return f"keys {self.operand('dict', depth - 1)} | sortAlpha"
        if choice < 0.45:
            return f"values {self._field('dict') or '(dict)'} | len"
        items = " ".join(self.operand("any", depth - 1) for _ in range(random.randint(2, 5)))
        source = self._field("list") if random.random() < 0.3 else ""
        source = source or random.choice(
            (f"(list {items})", "(list)", '(splitList "," "a,b,c")', "5", '"abc"')
        )
        indexes = random.choices(_SLICE_INDEXES, k=random.choice((0, 1, 2, 2, 3)))
        return " ".join((random.choice(("slice", "mustSlice")), source, *indexes))

    def _field(self, kind: str) -> str:
        fields = self._data.fields.get(kind)
        if not fields:
            return ""
        field = self._random.choice(fields)
        if self.at_root and self._random.random() < 0.7:
            return field
        return "$" if field == "." else f"${field}"

    def _wild(self) -> str:
        """Return a field that is perhaps not there, of dot, a variable or the data."""
        random = self._random
        start = random.choice(
            ("", "", random.choice(self.variables), self._field("dict"), self._field("nothing"))
        )
        start = "" if start == "." else start
        names = random.choices(_WORDS, k=random.choice((1, 1, 2)))
        return start + "".join(f".{name}" for name in names)
