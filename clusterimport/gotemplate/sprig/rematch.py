"""Go's regexp on top of RE2: compiling, the loops over matches, replacement templates.

RE2's own loops in Python differ from Go's about empty matches, so only its `search` is used.
Everything works on bytes. Matching takes time linear in text and program; how much is charged
follows the slowest case measured, some 200 program steps per byte and microsecond.
"""

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, Final

import re2

from clusterimport.gotemplate.errors import FunctionError, LimitError
from clusterimport.gotemplate.gostrings import from_bytes, stray_bytes, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.casing import STRAY_BYTES, runes
from clusterimport.gotemplate.sprig.texts import broken
from clusterimport.gotemplate.sprig.unicodeclasses import renamed
from clusterimport.limits.templates import TEMPLATE_PATTERN_BYTES, TEMPLATE_PATTERN_CHARACTERS

__all__ = ["Regex", "Subject", "compile_regex", "expand", "quote_meta"]

_STRAY_SHIFT: Final = 1
_STANDING: Final = len("\ufffd".encode())
_META: Final = re.compile(rb"[\\.+*?()|\[\]{}^$]")
_ESCAPE: Final = re.compile(rb"\\(Q.*?(?:\\E|\Z)|.)", re.DOTALL)
_TEMPLATE: Final = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_TOO_LARGE: Final = "pattern too large"
_MAX_REPEAT: Final = 1000
_HUGE: Final = re.compile(rb"[1-9][0-9]{9}")
# Escapes and brackets, which hide what stands in them.
_HIDING: Final = rb"\\(?:Q.*?(?:\\E|\Z)|.)|\[\^?\]?(?:\[:\^?\w*:\]|\\.|[^\]\\])*(?:\]|\Z)"
_GROUPS: Final = re.compile(_HIDING + rb"|\((?!\?)|\(\?P?<([^>]*)>", re.DOTALL)
_REPEATS: Final = re.compile(
    _HIDING + rb"|(\{(?:0|[1-9][0-9]*)(?:,(?:0|[1-9][0-9]*)?)?\})",
    re.DOTALL,
)
_REPEAT: Final = re.compile(r"(\{([0-9]{1,9})(,?)([0-9]{0,9})\})\??\Z")

_REPEATING: Final = frozenset(
    {
        "bad repetition operator",
        "invalid repetition size",
        "no argument for repetition operator",
    }
)
# RE2's words for what is wrong, and Go's.
_WORDING: Final = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}


class Subject:
    """A text to be searched.

    `view` are the bytes that RE2 sees: like Go it shall take every byte that is no UTF-8 for
    U+FFFD, so that a dot matches it. `cut` gives back what really stands there.
    """

    def __init__(self, meter: Meter, text: str) -> None:
        self._text = self.view = to_bytes(text)
        self._stray_ends: list[int] = []
        strays = stray_bytes(text)
        if not strays:
            return
        meter.spend(strays >> _STRAY_SHIFT)
        self.view = to_bytes(runes(text))
        between = STRAY_BYTES.split(text)[:-1]
        self._stray_ends = list(accumulate(len(piece.encode()) + _STANDING for piece in between))

    def cut(self, start: int, end: int) -> bytes:
        """Return the bytes between two offsets of the view."""
        if self._stray_ends:
            start, end = self._origin(start), self._origin(end)
        return self._text[start:end]

    def _origin(self, offset: int) -> int:
        """Return the offset in the text of one in the view."""
        ends = self._stray_ends
        before = bisect_right(ends, offset)
        if before < len(ends):
            # Inside of what stands for a byte is where it begins.
            offset = min(offset, ends[before] - _STANDING)
        return offset - before * (_STANDING - 1)

    def group(self, match: Any, index: int = 0) -> bytes:
        """Return what a group matched, nothing if it did not."""
        start, end = match.span(index)
        return b"" if start < 0 else self.cut(start, end)


class Regex:
    """A compiled expression; spans are pairs of offsets into the view of a subject."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._weight = int(compiled.programsize)
        self._compiling_charged = False
        self.groups = int(compiled.groups)
        self.names = _named_groups(compiled.pattern) if compiled.groupindex else {}

    def search(self, meter: Meter, subject: Subject) -> Any:
        """Return the leftmost match, or None."""
        text = subject.view
        self._charge(meter, len(text))
        match = self._compiled.search(text)
        return self._settled(meter, text, match) if match is not None else None

    def matches(self, meter: Meter, subject: Subject, limit: int) -> Iterator[Any]:
        """Yield the matches of Go's FindAll; a negative limit is none.

        An empty match is left out where the match before ended.
        """
        text = subject.view
        pos = 0
        previous_end = -1
        found = 0
        self._charge(meter, len(text))
        while pos <= len(text) and found != limit:
            match = self._next(meter, text, pos)
            if match is None:
                return
            start, end = match.span()
            accepted = end != pos or start != previous_end
            pos = end if end != pos else pos + _rune_length(text, pos)
            previous_end = end
            if accepted:
                found += 1
                yield match

    def replace(self, meter: Meter, subject: Subject, make: Callable[[Any], bytes]) -> bytes:
        """Replace the matches of Go's ReplaceAll by what is made of each."""
        text = subject.view
        out: list[bytes] = []
        size = pos = last_end = 0
        self._charge(meter, len(text))
        while pos <= len(text):
            match = self._next(meter, text, pos)
            if match is None:
                break
            start, end = match.span()
            out.append(subject.cut(last_end, start))
            if end > last_end or start == 0:
                out.append(make(match))
                size += len(out[-1])
                if size > meter.limits.size:
                    meter.size(size)
            last_end = end
            pos = max(pos + (_rune_length(text, pos) if pos < len(text) else 1), end)
        out.append(subject.cut(last_end, len(text)))
        meter.size(size + len(text))
        return b"".join(out)

    def _charge(self, meter: Meter, length: int) -> None:
        if not self._compiling_charged:
            # Compiled programs are kept, so the first to use one pays for it.
            self._compiling_charged = True
            meter.spend(self._weight >> 1)
        meter.spend(1 + (length * self._weight >> 8))

    def _next(self, meter: Meter, text: bytes, pos: int) -> Any:
        meter.spend(3 + ((len(text) - pos) * self._weight >> 9))
        match = self._compiled.search(text, pos)
        return self._settled(meter, text, match) if match is not None else None

    def _settled(self, meter: Meter, text: bytes, match: Any) -> Any:
        r"""Return the match or a later one: RE2 finds ``\B`` inside of characters, too."""
        start = match.start()
        while start < len(text) and 0x80 <= text[start] < 0xC0:
            meter.spend(3 + ((len(text) - start) * self._weight >> 9))
            match = self._compiled.search(text, start + 1)
            if match is None:
                return None
            start = match.start()
        return match


def compile_regex(meter: Meter, pattern: str, *, groups: bool = False) -> Regex:
    """Compile an expression of Go's syntax; without groups matching is faster.

    Raises:
        FunctionError: as Go words it, without the prefix of `regexp.MustCompile`.
        LimitError: the expression or its program is too large.

    """
    if len(pattern) > TEMPLATE_PATTERN_CHARACTERS:
        raise LimitError(f"a regular expression longer than {TEMPLATE_PATTERN_CHARACTERS}")
    meter.spend(len(pattern) >> 4)
    data = to_bytes(pattern)
    problem = _refused_by_go(data)
    if problem:
        raise FunctionError(f"error parsing regexp: {problem}")
    try:
        return _compile(renamed(data), groups)
    except re2.error as error:
        raise FunctionError(_go_message(pattern, _text_of(error))) from error


@functools.lru_cache(maxsize=128)
def _compile(pattern: bytes, groups: bool) -> Regex:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = TEMPLATE_PATTERN_BYTES
    options.never_capture = not groups
    return Regex(re2.compile(pattern, options))


def _text_of(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return from_bytes(detail) if isinstance(detail, bytes) else str(detail)


def _go_message(pattern: str, message: str) -> str:
    if message.startswith(_TOO_LARGE):
        raise LimitError("a regular expression whose program is too large")
    what, _, where = message.partition(": ")
    if what == "unexpected )":
        where = pattern
    elif where.startswith("(?<") and what != "missing )":
        # What RE2 takes for look-behind, Go takes for the name of a group.
        rest = pattern[pattern.find(where) :]
        if len(rest) > len("(?<"):
            what = "invalid named capture group"
            where = rest[: rest.find(">") + 1] or rest
    elif what == "invalid UTF-8":
        where = pattern[next(at for at, char in enumerate(pattern) if broken(char)) :]
    elif what in _REPEATING and (repeat := _wrong_repeat(where)):
        # Go looks at the numbers before it looks at what is repeated.
        what, where = "invalid repetition size", repeat
    return f"error parsing regexp: {_WORDING.get(what, what)}: `{where}`"


def _refused_by_go(pattern: bytes) -> str:
    """Return what Go alone finds wrong with an expression."""
    # It does not match single bytes of a character.
    if any(escape[1] == b"C" for escape in _ESCAPE.finditer(pattern)):
        return "invalid escape sequence: `\\C`"
    # What has ten digits is no repetition to RE2, but text.
    if _HUGE.search(pattern):
        for piece in _REPEATS.finditer(pattern):
            if piece[1] and _HUGE.search(piece[1]):
                return f"invalid repeat count: `{piece[1].decode()}`"
    if not pattern.isascii():
        for piece in _GROUPS.finditer(pattern):
            if piece[1] and not piece[1].isascii():
                return f"invalid named capture: `{from_bytes(piece[0])}`"
    return ""


def _wrong_repeat(where: str) -> str:
    """Return the `{3,1}` at the end, if its numbers are wrong."""
    found = _REPEAT.search(where)
    if found is None:
        return ""
    least = int(found[2])
    most = int(found[4]) if found[4] else least
    return found[1] if least > most or most > _MAX_REPEAT else ""


def _rune_length(text: bytes, pos: int) -> int:
    """Return the length of the character at a position; its first byte tells."""
    if pos >= len(text) or text[pos] < 0xC0:
        return 1
    return 2 if text[pos] < 0xE0 else 3 if text[pos] < 0xF0 else 4


def quote_meta(text: str) -> str:
    """Escape all that means something in an expression."""
    return from_bytes(_META.sub(rb"\\\g<0>", to_bytes(text)))


def expand(meter: Meter, template: str, regex: Regex, subject: Subject) -> Callable[[Any], bytes]:
    r"""Prepare a replacement: ``$1``, ``$name``, ``${name}`` and ``$$``.

    A name is as long as it can be, so ``$1x`` is the group named ``1x``; an unknown group is
    empty, and a dollar that starts no name is itself.
    """
    meter.spend(template.count("$"))
    parts: list[bytes | list[int]] = []
    pos = 0
    for found in _TEMPLATE.finditer(template):
        parts.append(to_bytes(template[pos : found.start()]))
        pos = found.end()
        name = found[2] or found[3]
        parts.append(b"$" if name is None else _group(name, regex))
    parts.append(to_bytes(template[pos:]))

    def make(match: Any) -> bytes:
        meter.spend(len(parts) >> 1)
        return b"".join(
            part if isinstance(part, bytes) else _first_group(subject, match, part)
            for part in parts
        )

    return make


def _group(name: str, regex: Regex) -> bytes | list[int]:
    """Return the groups meant by a name, or what stands for them where there are none."""
    if name.isascii() and name.isdigit() and (name[0] != "0" or name == "0"):
        return [int(name)] if len(name) < 9 and int(name) <= regex.groups else b""
    return regex.names.get(name, b"")


def _first_group(subject: Subject, match: Any, groups: list[int]) -> bytes:
    """Return what the first group matched of those that did."""
    for index in groups:
        if match.start(index) >= 0:
            return subject.group(match, index)
    return b""


def _named_groups(pattern: bytes) -> dict[str, list[int]]:
    """Return the groups of each name: several may have the same, and RE2 tells but the first."""
    names: dict[str, list[int]] = {}
    index = 0
    for piece in _GROUPS.finditer(pattern):
        if piece[0][:1] == b"(":
            index += 1
            if piece[1]:
                names.setdefault(from_bytes(piece[1]), []).append(index)
    return names
