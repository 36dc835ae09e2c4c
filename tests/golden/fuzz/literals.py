"""Literals as templates write them, and text that nearly is one."""

from random import Random
from typing import Final

_NUMBERS: Final = (
    "0", "1", "2", "3", "-1", "-7", "10", "42", "255", "1.5", "-0.5", "2.0", "1e3", "1e6", "0x1F",
    "017", "0o17", "0b101", "1_000", "'a'", "'é'", r"'\n'", r"'\''", "1i", "1+2i", "-1i", "0x1p4",
    "1e-7", "1e21", "9223372036854775807", "-9223372036854775808", "-0", "+1", ".5", "5.", "1e100",
    "0x_1", "2e0", "1E+2",
)  # fmt: skip
_WRONG_NUMBERS: Final = (
    "9223372036854775808", "18446744073709551615", "18446744073709551616", "08", "1e400", "'ab'",
    "''", "1.5.5", "0x", "1e", "0b2", "1__0", r"'\q'", "1a", "0x1p", "1_", "--1", "+-1", "1+2",
    "1e3_", r"'\400'",
)  # fmt: skip
_DIGITS: Final = "0123456789.eExXpPob_+-iabfF'"
_ESCAPES: Final = (
    r"\n", r"\t", "\\\\", '\\"', r"\'", r"\x41", r"\xff", r"\xe2", r"\x82", r"\101", r"\377",
    r"\u00e9", r"\U0001F600", r"\a", r"\v", r"\r", r"\u2028", r"\0", r"\400", r"\ud800", r"\q",
    r"\x4", r"\U00110000",
)  # fmt: skip
_PIECES: Final = (
    *"{}().$|\"'`-+:=,; \n\t\\0123456789abxXeEpPiou_é日#%&<>/*[]", "{{", "}}", "{{-", "}}",
    " -}}", "{{- ", "{{/*", "*/}}", "if", "end", "else", "range", "nil", "true", "$x", "$x := ",
    "$", ".a", ".s", ".n.x", "printf", "len", "with", "define", '"T"', "template", "block",
    "break", "continue", "\r\n", "\xa0", "{{end}}", "{{ . }}", "\U0001f600", "\x00", "_a", "a_1",
    "else if", "((", "))", '""', "``", "\ufeff",
)  # fmt: skip


class Literals:
    """Makes literals."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def number(self) -> str:
        """Return a number of any type; one in thirty is none."""
        random = self._random
        choice = random.random()
        if choice < 0.03:
            return random.choice(_WRONG_NUMBERS)
        if choice < 0.7:
            return random.choice(_NUMBERS)
        if choice < 0.9:
            return str(random.randint(-10, 100))
        return str(random.choice((random.uniform(-1e3, 1e3), random.uniform(-1, 1) * 1e-8)))

    def text(self, content: str) -> str:
        """Write a text as a literal, in one of the ways there are."""
        random = self._random
        if "`" not in content and "\r" not in content and random.random() < 0.3:
            return f"`{content}`"
        written = "".join(self._written(character) for character in content)
        if random.random() < 0.01:
            at = random.randint(0, len(content))
            if at == len(content):
                written += random.choice(_ESCAPES)
        return f'"{written}"'

    def bytes(self) -> str:
        """Return a literal whose bytes need not be UTF-8."""
        random = self._random
        escapes = random.choices(_ESCAPES[:16], k=random.randint(1, 4))
        return '"' + "".join(e + random.choice(("", "a", "é")) for e in escapes) + '"'

    def near_number(self) -> str:
        """Return characters of which numbers are made."""
        random = self._random
        start = random.choice("0123456789.+-'")
        return start + "".join(random.choices(_DIGITS, k=random.randint(0, 6)))

    def near_text(self) -> str:
        """Return escapes and characters between some quotes."""
        random = self._random
        quote = random.choice('"""\'`')
        parts = (*_ESCAPES, "a", "é", '"', "'", "日", "\\", "")
        return quote + "".join(random.choices(parts, k=random.randint(0, 4))) + quote

    def soup(self, most: int = 9) -> str:
        """Return pieces of the language in no order."""
        return "".join(self._random.choices(_PIECES, k=self._random.randint(1, most)))

    def spoiled(self, text: str) -> str:
        """Put a piece somewhere into a template, or cut one out."""
        random = self._random
        start = random.randint(0, len(text))
        end = min(len(text), start + random.choice((0, 0, 1, 2, 3)))
        piece: str = random.choice((*_PIECES, "", ""))
        return text[:start] + piece + text[end:]

    def _written(self, character: str) -> str:
        code = ord(character)
        if character in '"\\':
            return "\\" + character
        if character == "\n":
            return "\\n"
        if code < 0x20 or self._random.random() < 0.02:
            if code < 0x80:
                return self._random.choice((f"\\x{code:02x}", f"\\{code:03o}", f"\\u{code:04x}"))
            return f"\\U{code:08X}"
        return character
