"""Expressions of a kind that need no data: literals, and calls that make what has no literal."""

from collections.abc import Callable
from random import Random
from typing import Final

from tests.golden.fuzz.literals import Literals
from tests.golden.fuzz.words import Words

SMALL: Final = ("0", "1", "2", "3", "4", "5", "8", "-1", "-2", "12", "2.0", r"'\x03'")
"""Literals for a Go int that says how much is made."""

_FLOATS: Final = ("1.5", "2.0", "-0.0", "1e6", "1e21", "(float64 3)", "(divf 1 3)", "1e-7")
_LISTS: Final = (
    "(list)", "(until 3)", "(rest (list 1))", "(rest (list))", "(chunk 2 (list 1 2 3))",
)  # fmt: skip
_NOTHING: Final = ("nil", ".", "$", "(first (list))", ".missing", "(list nil | first)")
_TIMES: Final = ("0", "(int64 1700000000)", "(int 86399)")
_VERSION_FIELDS: Final = (
    "Major", "Minor", "Patch", "Prerelease", "Metadata", "Original", "String", "IncMajor",
    "IncPatch",
)  # fmt: skip
_VERSION_CALLS: Final = ("Compare", "Equal", "LessThan", "GreaterThan")
_TIME_FIELDS: Final = (
    "Year", "Month", "Day", "Hour", "Weekday", "YearDay", "Unix", "UnixNano", "UTC", "IsZero",
    "String", "Nanosecond", "UTC.Year", "IsDST", "UnixMilli", "Month.String", "GoString",
)  # fmt: skip
_TIME_CALLS: Final = ("Before", "After", "Equal", "Compare", "Sub")
_DAY: Final = '(toDate "2006-01-02" "2024-02-29")'
_SECONDS: Final = (-(10**10), 10**10)


class Constants:
    """Makes values; `operand` makes what is inside of lists and maps."""

    def __init__(
        self,
        random: Random,
        words: Words,
        literals: Literals,
        keys: list[str],
        operand: Callable[[str, int], str],
    ) -> None:
        self._random = random
        self._words = words
        self._literals = literals
        self._keys = keys
        self._operand = operand
        self._makers: dict[str, Callable[[int], str]] = {
            "text": lambda _depth: self._text(),
            "int": lambda _depth: random.choice((literals.number(), random.choice(SMALL))),
            "int64": lambda _depth: random.choice((f"(int64 {literals.number()})", "(add 1 1)")),
            "float": lambda _depth: random.choice(_FLOATS),
            "bool": lambda _depth: self._bool(),
            "list": self._list,
            "texts": lambda _depth: f'(splitList "," {literals.text(words.text())})',
            "dict": self._dict,
            "textmap": lambda _depth: '(split "," "a,b")',
            "semver": lambda _depth: self._semver() + self._field(_VERSION_FIELDS, 0.5),
            "time": lambda _depth: self._time_or_seconds(),
            "nothing": lambda _depth: random.choice(_NOTHING),
        }

    def make(self, kind: str, depth: int) -> str:
        """Return an expression of a kind of `signatures.PLAIN_KINDS`."""
        return self._makers[kind](depth)

    def _text(self) -> str:
        random = self._random
        literals = self._literals
        choice = random.random()
        if choice < 0.06:
            return literals.bytes()
        if choice < 0.08:
            return f"({self._time()}.Format {literals.text(self._words.of('layout'))})"
        if choice < 0.2:
            return literals.text(self._words.any_family())
        return literals.text(self._words.text())

    def _bool(self) -> str:
        random = self._random
        if random.random() < 0.97:
            return random.choice(("true", "false"))
        if random.random() < 0.5:
            name = random.choice(_VERSION_CALLS)
            return f"({self._semver()}.{name} {self._semver()})"
        name = random.choice((*_TIME_CALLS, "AddDate"))
        if name == "AddDate":
            return f"({self._time()}.AddDate {random.randint(-3, 3)} 1 {random.randint(-40, 400)})"
        return f"({self._time()}.{name} {self._time()})"

    def _list(self, depth: int) -> str:
        random = self._random
        if random.random() < 0.2:
            return random.choice(_LISTS)
        items = [self._operand("any", depth - 2) for _ in range(random.randint(0, 4))]
        return f"(list {' '.join(items)})"

    def _dict(self, depth: int) -> str:
        key = self._literals.text(self._random.choice(self._keys or ["a"]))
        return f"(dict {key} {self._operand('any', depth - 2)})"

    def _semver(self) -> str:
        return f"(semver {self._literals.text(self._words.version())})"

    def _time(self) -> str:
        random = self._random
        if random.random() < 0.5:
            return _DAY
        layout = '"2006-01-02T15:04:05"'
        seconds = random.randint(*_SECONDS)
        return f'(toDate {layout} (dateInZone {layout} {seconds} "UTC"))'

    def _time_or_seconds(self) -> str:
        if self._random.random() < 0.25:
            return self._random.choice(_TIMES)
        return self._time() + self._field(_TIME_FIELDS, 0.3)

    def _field(self, names: tuple[str, ...], share: float) -> str:
        random = self._random
        return f".{random.choice(names)}" if random.random() < share else ""
