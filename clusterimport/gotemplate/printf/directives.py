"""fmt.Sprintf: read the format, choose the argument of each directive, print it.

The formats of nearly all templates, `%s-%d` and the like, are printed without what all others need:
three times as fast as reading flags, widths and indexes that are not there.
"""

from collections.abc import Sequence
from typing import Any, Final

from clusterimport.gotemplate.gostrings import joined
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.printf.quoting import quote
from clusterimport.gotemplate.printf.verbs import Printer
from clusterimport.gotemplate.values import Int, type_name

__all__ = ["sprintf", "sprintf_plain"]

_FLAGS: Final = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}
_TOO_LARGE: Final = 1_000_000
# Error messages of functions without a meter show their arguments, and that cheaply.
_ERROR_LIMITS: Final = Limits(steps=3000)
_DIRECTIVE_STEPS: Final = 3
_MAX_DIGITS: Final = 8
_DIGITS: Final = frozenset("0123456789")
_BYTES: Final = range(0xDC80, 0xDD00)


def sprintf(template: str, args: Sequence[Any], meter: Meter | None = None) -> str:
    """Return fmt.Sprintf; everything wrong with the format or an argument is told in the text."""
    meter = meter or Meter(_ERROR_LIMITS)
    count = template.count("%")
    meter.spend(count * _DIRECTIVE_STEPS)
    if count == len(args):
        text = sprintf_plain(template, args, meter)
        if text is not None:
            return text
    directives = _Directives(template, args, meter)
    directives.run()
    return directives.printer.text()


class _Directives:
    """One walk over one format."""

    def __init__(self, template: str, args: Sequence[Any], meter: Meter) -> None:
        self.printer = Printer(meter)
        self._meter = meter
        self._spec = self.printer.spec
        self._parts = self.printer.parts
        self._format = template
        self._args = args
        self._at = 0
        self._argument = 0
        self._reordered = False
        self._good_index = True
        self._after_index = False

    def run(self) -> None:
        text = self._format
        end = len(text)
        while self._at < end:
            percent = text.find("%", self._at)
            if percent < 0:
                self._parts.append(text[self._at :])
                break
            self._parts.append(text[self._at : percent])
            self._at = percent + 1
            self._good_index = True
            self._spec.clear()
            self._directive()
        if not self._reordered and self._argument < len(self._args):
            self._extra()

    def _peek(self) -> str:
        return self._format[self._at : self._at + 1]

    def _directive(self) -> None:
        spec = self._spec
        while (flag := _FLAGS.get(self._peek())) is not None:
            setattr(spec, flag, True)
            self._at += 1
        if "a" <= self._peek() <= "z" and self._argument < len(self._args):
            verb = self._peek()
            self._at += 1
            self._print(verb)
            return
        self._index()
        self._width()
        self._precision()
        if not self._after_index:
            self._index()
        self._verb()

    def _verb(self) -> None:
        verb = self._peek()
        if not verb:
            self._parts.append("%!(NOVERB)")
            return
        self._at += 1
        if ord(verb) in _BYTES:
            verb = "\ufffd"
        if verb == "%":
            self._parts.append("%")
        elif not self._good_index:
            self._parts.append(f"%!{verb}(BADINDEX)")
        elif self._argument >= len(self._args):
            self._parts.append(f"%!{verb}(MISSING)")
        else:
            self._print(verb)

    def _print(self, verb: str) -> None:
        spec = self._spec
        if verb in "vw":
            spec.sharp_v, spec.sharp = spec.sharp, False
            spec.plus_v, spec.plus = spec.plus, False
        value = self._args[self._argument]
        self._argument += 1
        self.printer.argument(value, verb)

    def _number(self) -> int | None:
        """Read digits; a number too large swallows the rest of the format, as in Go."""
        start = self._at
        number = 0
        while self._peek() in _DIGITS and self._peek():
            if number > _TOO_LARGE:
                self._at = len(self._format)
                return None
            number = number * 10 + int(self._peek())
            self._at += 1
        return number if self._at > start else None

    def _index(self) -> None:
        """Read `[3]`, if it stands here."""
        self._after_index = False
        text = self._format
        if self._peek() != "[":
            return
        self._reordered = True
        close = text.find("]", self._at)
        self._meter.spend(((close if close >= 0 else len(text)) - self._at) >> 6)
        if close < 0 or len(text) - self._at < len("[n]"):
            self._at += 1
            self._good_index = False
            return
        digits = text[self._at + 1 : close]
        self._at = close + 1
        # The limit of digits keeps int() from numbers that Go refuses anyway.
        if not digits or not _DIGITS.issuperset(digits) or not _small(digits):
            self._good_index = False
            return
        self._after_index = True
        index = int(digits) - 1
        if 0 <= index < len(self._args):
            self._argument = index
        else:
            self._good_index = False

    def _from_argument(self) -> int | None:
        """Take a width or precision from the arguments (`*`)."""
        if self._argument >= len(self._args):
            return None
        value = self._args[self._argument]
        self._argument += 1
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _TOO_LARGE:
            return None
        return int(value)

    def _width(self) -> None:
        spec = self._spec
        if self._peek() == "*":
            self._at += 1
            spec.width = self._from_argument()
            if spec.width is None:
                self._parts.append("%!(BADWIDTH)")
            elif spec.width < 0:
                spec.width = -spec.width
                spec.minus = True
                spec.zero = False
            self._after_index = False
            return
        spec.width = self._number()
        if self._after_index and spec.width is not None:
            self._good_index = False

    def _precision(self) -> None:
        spec = self._spec
        if self._peek() != "." or self._at + 1 >= len(self._format):
            return
        self._at += 1
        if self._after_index:
            self._good_index = False
        self._index()
        if self._peek() == "*":
            self._at += 1
            spec.precision = self._from_argument()
            if spec.precision is not None and spec.precision < 0:
                spec.precision = None
            if spec.precision is None:
                self._parts.append("%!(BADPREC)")
            self._after_index = False
            return
        spec.precision = self._number() or 0

    def _extra(self) -> None:
        self._spec.clear()
        self._parts.append("%!(EXTRA ")
        for index, value in enumerate(self._args[self._argument :]):
            if index:
                self._parts.append(", ")
            if value is None:
                self._parts.append("<nil>")
            else:
                self._parts.append(type_name(value) + "=")
                self.printer.argument(value)
        self._parts.append(")")


def _small(digits: str) -> bool:
    """Tell whether Go reads the number: it looks for overflow before each digit, not after."""
    before_last = digits.lstrip("0")[:-1]
    return len(before_last) < _MAX_DIGITS and int(before_last or "0") <= _TOO_LARGE


def sprintf_plain(template: str, args: Sequence[Any], meter: Meter) -> str | None:
    """Return fmt.Sprintf if it is all `%s`, `%v`, `%q` of strings and `%d`, `%v` of ints.

    None for everything else, and for strings that cost something.
    """
    free_bytes = meter.limits.free_bytes
    first, *pieces = template.split("%")
    parts = [first]
    for piece, value in zip(pieces, args, strict=True):
        verb = piece[:1]
        kind = type(value)
        if kind is str and len(value) < free_bytes:
            if verb == "q" and value.isascii() and value.isprintable():
                parts.append(quote(value))
            elif verb in ("s", "v"):
                parts.append(value)
            else:
                return None
        elif (kind is int or kind is Int) and verb in ("d", "v"):
            parts.append(int.__repr__(value))
        else:
            return None
        parts.append(piece[1:])
    return joined("".join(parts))
