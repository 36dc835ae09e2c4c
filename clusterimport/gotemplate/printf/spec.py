"""One directive's flags, and the texts of numbers, strings and runes under them."""

from clusterimport.gotemplate.gostrings import to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf.floats import format_float
from clusterimport.gotemplate.printf.quoting import can_backquote, is_print, quote, quote_rune

__all__ = ["Spec"]

_MAX_RUNE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_UNICODE_DIGITS = 4
_BASES = {2: "b", 8: "o", 10: "d", 16: "x"}
_PREFIXES = {2: "0b", 8: "0", 10: "", 16: "0x"}


def _rune(code: int) -> str:
    return "\ufffd" if not 0 <= code <= _MAX_RUNE or code in _SURROGATES else chr(code)


class Spec:
    """Flags, width and precision of one directive; each method returns padded text."""

    __slots__ = (
        "meter",
        "minus",
        "plus",
        "plus_v",
        "precision",
        "sharp",
        "sharp_v",
        "space",
        "width",
        "zero",
    )

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.clear()

    def clear(self) -> None:
        """Forget everything: the state before a directive."""
        self.minus = self.plus = self.sharp = self.space = self.zero = False
        self.plus_v = self.sharp_v = False
        self.width: int | None = None
        self.precision: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether numbers are printed as they are."""
        flags = self.minus, self.plus, self.sharp, self.space, self.sharp_v
        return self.width is None and self.precision is None and not any(flags)

    def padding(self, width: int) -> str:
        """Return fill for so many columns: zeros only to the left."""
        if width <= 0:
            return ""
        self.meter.size(width)
        return ("0" if self.zero and not self.minus else " ") * width

    def pad(self, text: str, *, zero_ok: bool = True) -> str:
        """Fill the text up to the width, counted in runes."""
        if not self.width:
            return text
        zero, self.zero = self.zero, self.zero and zero_ok
        fill = self.padding(self.width - len(text))
        self.zero = zero
        return text + fill if self.minus else fill + text

    def truncated(self, text: str) -> str:
        """Cut the text to the precision, counted in runes."""
        return text if self.precision is None else text[: self.precision]

    def string(self, text: str) -> str:
        """Format as `%s`."""
        return self.pad(self.truncated(text))

    def quoted(self, text: str) -> str:
        """Format as `%q`."""
        text = self.truncated(text)
        if self.sharp and can_backquote(text):
            return self.pad(f"`{text}`")
        return self.pad(quote(text, self.meter, ascii_only=self.plus))

    def hex_string(self, text: str, *, upper: bool) -> str:
        """Format the bytes as `%x` or `%X`."""
        data = to_bytes(text)
        if self.precision is not None:
            data = data[: self.precision]
        if not data:
            return self.padding(self.width or 0)
        prefix = ("0X" if upper else "0x") if self.sharp else ""
        digits = data.hex(" ") if self.space else data.hex()
        if upper:
            digits = digits.upper()
        return self.pad(prefix + digits.replace(" ", " " + prefix))

    def integer(self, number: int, base: int, verb: str) -> str:
        """Format in base 2, 8, 10 or 16; verb `X` for capitals, `O` for the 0o prefix."""
        precision = self.precision
        if precision == 0 and number == 0:
            return " " * len(self.padding(self.width or 0))
        signed = number < 0 or self.plus or self.space
        if precision is None:
            precision = 0
            if self.zero and not self.minus and self.width is not None:
                precision = self.width - signed
        if precision:
            self.meter.size(precision)
        digits = format(abs(number), _BASES[base]).rjust(precision, "0")
        if self.sharp and not (base == 8 and digits[0] == "0"):
            digits = _PREFIXES[base] + digits
        if verb == "X":
            digits = digits.upper()
        elif verb == "O":
            digits = "0o" + digits
        return self.pad(self._sign(number) + digits, zero_ok=False)

    def _sign(self, number: int) -> str:
        if number < 0:
            return "-"
        return "+" if self.plus else " " if self.space else ""

    def character(self, code: int) -> str:
        """Format as `%c`."""
        return self.pad(_rune(code))

    def quoted_character(self, code: int) -> str:
        """Format as `%q` of a number."""
        return self.pad(quote_rune(_rune(code), ascii_only=self.plus))

    def code_point(self, code: int) -> str:
        """Format as `%U`; negative numbers show their 64 bits."""
        code &= 0xFFFFFFFFFFFFFFFF
        precision = max(self.precision or 0, _UNICODE_DIGITS)
        self.meter.size(precision)
        text = f"U+{code:0{precision}X}"
        if self.sharp and code <= _MAX_RUNE and code not in _SURROGATES and is_print(chr(code)):
            text += f" '{chr(code)}'"
        return self.pad(text, zero_ok=False)

    def float(self, number: float, verb: str, default_precision: int) -> str:
        """Format as `%e %E %f %g %G %b %x %X`; precision -1 means the shortest exact text."""
        precision = default_precision if self.precision is None else self.precision
        if precision > 0:
            self.meter.size(precision)
        text = format_float(number, verb, precision)
        if text[0] not in "+-":
            text = "+" + text
        if self.space and text[0] == "+" and not self.plus:
            text = " " + text[1:]
        if text[1] in "IN":
            return self._not_finite(text)
        if self.sharp and verb != "b":
            text = _with_point(text, verb, precision)
        if not self.plus and text[0] == "+":
            return self.pad(text[1:])
        if self.zero and not self.minus and self.width is not None and self.width > len(text):
            return text[0] + self.padding(self.width - len(text)) + text[1:]
        return self.pad(text)

    def _not_finite(self, text: str) -> str:
        # Infinity keeps its sign always, NaN only if a sign was asked for.
        if text[1] == "N" and not self.space and not self.plus:
            text = text[1:]
        return self.pad(text, zero_ok=False)


def _with_point(text: str, verb: str, precision: int) -> str:
    """Apply the sharp flag: always a decimal point, and `%g` keeps its trailing zeros."""
    digits = 0
    if verb in "gGx":
        # An upper-case X is not in Go's list, so it gets no zeros.
        digits = 6 if precision == -1 else precision
    exponent_marks = "pP" if verb in "xX" else "eEpP"
    cut = next((i for i, char in enumerate(text) if char in exponent_marks), len(text))
    number, tail = text[:cut], text[cut:]
    significant = number[1:].replace(".", "").lstrip("0")
    digits -= len(significant)
    if "." not in number:
        if number[1:] == "0":
            digits -= 1
        number += "."
    return number + "0" * max(digits, 0) + tail
