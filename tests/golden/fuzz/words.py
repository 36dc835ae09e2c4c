"""Texts for templates and data, each of a family that some function expects: versions, URLs, dates.

A family's text is sometimes spoiled by a stray character, since what a function says to nonsense
is as much of its behaviour as what it answers to sense.
"""

import base64
import json
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Final

_PLAIN: Final = (
    "", "a", "b", "ab", "abc", "Hello World", "hello", "-", "_", " ", "  x ", "a b c", "a,b,c",
    "x=y", "the quick brown fox", "FooBar", "fooBar", "foo_bar", "foo-bar", "HTTPServer2xx",
    "user id", "__a_b", "true", "false", "null", "nil", "<no value>", "Ready", "v1", "default",
    "kube-system", "0", "1", "42", "-7", "1.5", "1e3", "0x1F", "010", "0b11", "1_000", "12.00",
    "99999999999999999999", "inf", "NaN", "a\nb", "a\r\nb\n", "\t", "a\x00b", "\x7f",
    "<a href='x'>&</a>", 'say "hi"', "it's", "back`tick", r"back\slash", "${1}", "$0", "%d %s", "%",
    "{{ . }}", "*alias", "a: b", "- a", "# c", "---", "k=v&l=w", "100%", "a/b/../c", "a+b c", "~",
    "\x1b[0m",
)  # fmt: skip
_FOREIGN: Final = (
    "é", "héllo", "ÉLAN", "ß", "ﬁ", "İstanbul", "\u0131I", "ǆ", "日本", "日本語 text", "Ωmega",
    "straße", "ÀÉÎ", "e\u0301", "\xa0", "\u2028", "\u200b", "\ufeff", "�", "😀", "👩\u200d👧",
    "\U0010ffff", "ǅ", "Ⅷ", "\u0661\u0662", "½", "\uff46\uff55\uff4c\uff4c", "क्षि", "\x85x",
    "\u3000", "\u03a3\u03b1\u03c2", "ŉ", "ẞ", "\ue000", "\xad", "\u017f", "\u212a",
)  # fmt: skip
_LETTERS: Final = "abcxyzABCXYZ019 _-.,:/é日ß\n"
_SPOILERS: Final = " .-+_:/\\@%#?&=*()[]{}^$|'\"<>,;~!0a9Z\n\t\x00é日\xa0"
_HOST_PARTS: Final = (
    "example.com", "10.0.0.1", "[::1]", "h", "h:6443", "h:", "EXAMPLE", "ex%41", "é.com", "",
)  # fmt: skip
_URL_PARTS: Final = ("/a/b", "/", "", "/a%20b", "/a b", "//x", "/ü", "/%zz", "/a;b", "/..", "*")
_OPERATORS: Final = ("", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^", "==")
_LAYOUT: Final = (
    "2006", "06", "01", "1", "Jan", "January", "02", "_2", "2", "__2", "002", "15", "03", "3", "04",
    "4", "05", "5", "PM", "pm", "Mon", "Monday", "MST", "Z0700", "Z07:00", "Z07", "-0700", "-07:00",
    "-07", "Z070000", "-07:00:00", ".000", ".999999", ",000", ".00", "05.000", "05.999",
)  # fmt: skip
_LAYOUTS: Final = (
    "2006-01-02", "2006-01-02T15:04:05Z07:00", "Mon, 02 Jan 2006 15:04:05 MST",
    "Jan _2 15:04:05.000", "02.01.2006 15:04", "3:04PM", "2006-002", "20060102150405",
    "Monday, January 2, 2006",
)  # fmt: skip
_DATES: Final = (
    "2024-02-29", "2023-02-29", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.678+02:00", "15:04",
    "Tue, 02 Jan 2024 15:04:05 CET", "3:04PM", "2024-366", "20240102030405", "1969-12-31",
    "0001-01-01", "9999-12-31", "02.01.2024 24:00", "Jan  2 15:04:05.000", "2024-13-01",
)  # fmt: skip
_ZONES: Final = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/\u004bolkata",
    "Australia/Lord_Howe", "Local", "", "No/Where", "Etc/GMT+5", "EST", "CET", "../x",
    "Pacific/Apia", "Africa/Casablanca", "utc",
)  # fmt: skip
_UNITS: Final = ("ns", "us", "µs", "ms", "s", "m", "h", "d", "")
_REPLACEMENTS: Final = (
    "", "x", "$1", "${1}x", "$1x", "$0", "$$", r"\1", "$name", "${name}", "${", "$", "<$2-$1>",
    "${12}", "é",
)  # fmt: skip
_ATOMS: Final = (
    "a", "b", "x", "é", "日", ".", "[a-c]", "[^a]", "[[:alpha:]]", r"\d", r"\w", r"\s", r"\W",
    r"\b", r"\B", "^", "$", r"\pL", r"\p{Greek}", r"\P{Lu}", r"\x41", r"\.", r"\A", r"\z", "[0-9_]",
    r"[\d-]", "(?i)a", "(?s).", "(?m)^", r"\Qa.b\E", "[]a]", "(?:ab)", "-", r"\x{65e5}", "[é-ü]",
    "(?P<name>b)", "(a)(b)?", "(?U)a*", r"\Z", "(?=a)", r"\1", "[z-a]", "(?<name>a)", r"\t",
)  # fmt: skip
_QUANTIFIERS: Final = (
    "", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,}", "*?", "+?", "??", "{2,1}", "{,2}", "**",
)  # fmt: skip


class Words:
    """Makes texts; everything follows from the source of randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.slips = 0.08
        self._families: dict[str, Callable[[], str]] = {
            "text": self.text,
            "number": self.number,
            "version": self.version,
            "constraint": self.constraint,
            "url": self.url,
            "base64": lambda: base64.b64encode(self.text().encode()).decode(),
            "base32": lambda: base64.b32encode(self.text().encode()).decode(),
            "json": lambda: json.dumps(self.json(3), ensure_ascii=random.random() < 0.5),
            "path": lambda: "".join(
                self._some(("/", "a", "b.txt", "..", ".", "//", "c.tar.gz", "é"), 6)
            ),
            "layout": self.layout,
            "date": lambda: random.choice(_DATES),
            "duration": self.duration,
            "zone": lambda: random.choice(_ZONES),
            "pattern": self.pattern,
            "replacement": lambda: random.choice(_REPLACEMENTS),
            "separator": lambda: random.choice(
                (",", " ", "", "-", "a", ", ", ".", "\n", "日", "é", "ab")
            ),
            "octal": lambda: random.choice(
                ("0777", "644", "8", "-17", "", "0o17", "07_7", "7777777777777777777777")
            ),
        }

    def of(self, family: str) -> str:
        """Return a text of the family, some of them spoiled."""
        text = self._families[family]()
        return self.spoiled(text) if self._random.random() < self.slips else text

    def any_family(self) -> str:
        """Return a text of some family."""
        return self.of(self._random.choice(list(self._families)))

    def spoiled(self, text: str) -> str:
        """Change a character or a few."""
        random = self._random
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice((0, 0, 1, 1, 2)))
        return text[:start] + random.choice(_SPOILERS) + text[end:]

    def text(self) -> str:
        """Return any text."""
        random = self._random
        choice = random.random()
        if choice < 0.5:
            return random.choice(_PLAIN)
        if choice < 0.7:
            return random.choice(_FOREIGN)
        if choice < 0.9:
            return "".join(self._some(_LETTERS, 12))
        if choice < 0.94:
            return "".join(self._some((*_PLAIN, *_FOREIGN), 5))
        if choice < 0.96:
            return "".join(self._some(_LETTERS, 300))
        return "".join(self._character() for _ in range(random.randint(1, 4)))

    def number(self) -> str:
        """Return a text that reads as a number, or nearly."""
        random = self._random
        digits = "".join(self._some("0123456789", 20))
        return random.choice(
            (
                str(random.randint(-20, 20)),
                str(random.uniform(-1000, 1000)),
                f"{random.uniform(-10, 10):.{random.randint(0, 20)}e}",
                random.choice(("0x", "0b", "0o", "0", "-0x", "+", "-", "0X", ".", "1_", "-."))
                + digits,
                digits + random.choice((".", ".0", ".5", "e5", "E-3", "p1", "_", "i", " ")),
                random.choice(
                    ("inf", "-Inf", "+infinity", "nan", "1e309", "4e-324", "9223372036854775807")
                ),
            )
        )

    def version(self) -> str:
        """Return a version as Masterminds' semver might read it."""
        random = self._random
        parts = random.choices(
            ("0", "1", "2", "3", "10", "01", "11", "x", "*"), (16, 16, 16, 8, 8, 1, 4, 1, 1), k=4
        )
        text = ".".join(parts[: random.choice((3, 3, 3, 3, 3, 3, 2, 2, 1, 1, 4))])
        text = random.choice(("", "", "", "v", "V")) + text
        if random.random() < 0.3:
            text += "-" + random.choice(
                ("rc.1", "alpha", "beta.2", "0", "a-b", "1.01", "", "rc1", "alpha.beta")
            )
        if random.random() < 0.15:
            text += "+" + random.choice(("build", "b.1", "001", ""))
        return text

    def constraint(self) -> str:
        """Return a constraint on versions."""
        random = self._random
        if random.random() < 0.1:
            return f"{self.version()} - {self.version()}"
        parts = []
        for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
            space = random.choice(("", "", " "))
            parts.append(random.choice(_OPERATORS) + space + self.version())
        return random.choice((",", " ", ", ", " || ", "||")).join(parts)

    def url(self) -> str:
        """Return a URL."""
        random = self._random
        text = random.choice(
            ("https://", "http://", "", "//", "mailto:", "HTTP://", "1a://", "x-y+z://")
        )
        text += random.choice(("", "", "", "u@", "u:p@", "u%20:p%3a@", ":@", "a b@"))
        text += random.choice(_HOST_PARTS) + random.choice(_URL_PARTS)
        text += random.choice(("", "", "?a=b&c", "?", "?a=%zz", "?é", "? "))
        return text + random.choice(("", "", "", "#f", "#", "#%41 é"))

    def layout(self) -> str:
        """Return a layout of package time."""
        random = self._random
        if random.random() < 0.5:
            return random.choice(_LAYOUTS)
        separators = (" ", "-", ":", "", "T", "/", "x")
        return "".join(p + random.choice(separators) for p in self._some(_LAYOUT, 6))

    def duration(self) -> str:
        """Return a duration."""
        random = self._random
        text = random.choice(("", "", "-", "+"))
        for _ in range(random.choice((1, 1, 2, 3))):
            number = random.choice(
                ("1", "90", "0", "1.5", ".5", "1000000", "24", "3.", "9999999999999")
            )
            text += number + random.choice(_UNITS)
        return text

    def pattern(self) -> str:
        """Return a regular expression."""
        random = self._random
        atoms = [
            random.choice(_ATOMS) + random.choice(_QUANTIFIERS) for _ in range(random.randint(0, 4))
        ]
        if random.random() < 0.2:
            atoms.insert(random.randint(0, len(atoms)), "|")
        text = "".join(atoms)
        return f"({text})" if random.random() < 0.2 else text

    def json(self, depth: int) -> object:
        """Return a value that JSON has."""
        random = self._random
        choice = random.random()
        if depth and choice < 0.2:
            return {self.text(): self.json(depth - 1) for _ in range(random.randint(0, 3))}
        if depth and choice < 0.4:
            return [self.json(depth - 1) for _ in range(random.randint(0, 3))]
        return self.scalar()

    def scalar(self) -> object:
        """Return a scalar that JSON has; of numbers only those in the range of a float64."""
        random = self._random
        choice = random.random()
        if choice < 0.45:
            return self.text()
        if choice < 0.5:
            return self.any_family()
        if choice < 0.7:
            return random.choice((0, 1, 2, 3, 5, -1, 10, 42, random.randint(-1000, 1000)))
        if choice < 0.73:
            return random.choice(
                (1 << 53, (1 << 63) - 1, -(1 << 63), 1 << 63, (1 << 64) - 1, 1 << 64, 10**30)
            )
        if choice < 0.82:
            return random.choice(
                (0.0, -0.0, 0.5, 1.5, 2.0, -2.4, 1e6, 1e21, 1e-7, 123456.7, 1e300, 5e-324)
            )
        if choice < 0.84:
            return random.uniform(-1, 1) * 10.0 ** random.randint(-30, 30)
        return random.choice((True, False, True, False, None))

    def _some(self, pool: "str | tuple[str, ...]", most: int) -> list[str]:
        return self._random.choices(pool, k=self._random.randint(0, most))

    def _character(self) -> str:
        """Return any character that Python's Unicode has.

        Of younger ones RE2 does not know the classes, nor our lexer that they are letters.
        """
        while True:
            planes = ((0, 0x7F), (0x80, 0x24F), (0x250, 0xFFFF), (0x10000, 0x1FFFF), (0, 0x10FFFF))
            character = chr(self._random.randint(*self._random.choice(planes)))
            if unicodedata.category(character) not in {"Cn", "Cs"}:
                return character
