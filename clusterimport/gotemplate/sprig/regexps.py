"""The regular expression family. The subject comes second, so it cannot be piped into a replace.

Without the prefix `must` a bad expression is a panic in Go, and worded differently.
"""

from collections.abc import Callable
from typing import Any, Final

from clusterimport.gotemplate.functions import INT, STRING, Entry, Function
from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.printf.quoting import can_backquote
from clusterimport.gotemplate.sprig.rematch import Regex, Subject, compile_regex, expand, quote_meta
from clusterimport.gotemplate.sprig.texts import LOOP_SPEED, charge_items, text_function
from clusterimport.gotemplate.values import FunctionError, GoPanic, NilStringSlice, StringSlice

_Compile = Callable[..., Regex]


def must_match(meter: Meter, pattern: str, text: str) -> bool:
    """Tell whether the expression matches anywhere."""
    return compile_regex(meter, pattern).search(meter, Subject(meter, text)) is not None


def match(meter: Meter, pattern: str, text: str) -> bool:
    """Tell whether the expression matches; a bad one matches nothing."""
    try:
        return must_match(meter, pattern, text)
    except FunctionError:
        return False


def _find(meter: Meter, regex: Regex, text: str) -> str:
    subject = Subject(meter, text)
    found = regex.search(meter, subject)
    return from_bytes(subject.group(found)) if found else ""


def _find_all(meter: Meter, regex: Regex, text: str, limit: int) -> StringSlice:
    subject = Subject(meter, text)
    found = StringSlice(
        from_bytes(subject.group(match)) for match in regex.matches(meter, subject, limit)
    )
    return found or NilStringSlice()


def _replace(meter: Meter, regex: Regex, text: str, template: str) -> str:
    subject = Subject(meter, text)
    return from_bytes(regex.replace(meter, subject, expand(meter, template, regex, subject)))


def _replace_literal(meter: Meter, regex: Regex, text: str, replacement: str) -> str:
    data = to_bytes(replacement)
    return from_bytes(regex.replace(meter, Subject(meter, text), lambda _match: data))


def _split(meter: Meter, regex: Regex, text: str, limit: int, *, empty: bool) -> StringSlice:
    if limit == 0:
        return NilStringSlice()
    subject = Subject(meter, text)
    length = len(subject.view)
    # An empty expression splits even an empty text into nothing.
    if not length and not empty:
        return StringSlice(("",))
    parts = StringSlice()
    begin = end = 0
    for found in regex.matches(meter, subject, limit):
        if len(parts) == limit - 1:
            break
        end = found.start()
        if found.end() != 0:
            parts.append(from_bytes(subject.cut(begin, end)))
        begin = found.end()
    if end != length:
        parts.append(from_bytes(subject.cut(begin, length)))
    charge_items(meter, len(parts))
    return parts


def _panicking(meter: Meter, pattern: str, *, groups: bool = False) -> Regex:
    """Compile like `regexp.MustCompile`."""
    try:
        return compile_regex(meter, pattern, groups=groups)
    except FunctionError as error:
        shown = f"`{pattern}`" if can_backquote(pattern) else quote(pattern)
        raise GoPanic(
            f"regexp: Compile({shown}): {error.message}", safe="no regular expression"
        ) from error


def _finder(compiled: _Compile) -> Callable[..., str]:
    def find(meter: Meter, pattern: str, text: str) -> str:
        """Return the leftmost match, or an empty text."""
        return _find(meter, compiled(meter, pattern), text)

    return find


def _all_finder(compiled: _Compile) -> Callable[..., StringSlice]:
    def find_all(meter: Meter, pattern: str, text: str, limit: int) -> StringSlice:
        """Return so many matches, all with a negative number."""
        return _find_all(meter, compiled(meter, pattern), text, limit)

    return find_all


def _replacer(compiled: _Compile) -> Callable[..., str]:
    def replace_all(meter: Meter, pattern: str, text: str, template: str) -> str:
        """Replace all matches; `$1` and `${name}` stand for groups."""
        return _replace(meter, compiled(meter, pattern, groups="$" in template), text, template)

    return replace_all


def _literal_replacer(compiled: _Compile) -> Callable[..., str]:
    def replace_all_literal(meter: Meter, pattern: str, text: str, replacement: str) -> str:
        """Replace all matches by a text as it is."""
        return _replace_literal(meter, compiled(meter, pattern), text, replacement)

    return replace_all_literal


def _splitter(compiled: _Compile) -> Callable[..., StringSlice]:
    def split(meter: Meter, pattern: str, text: str, limit: int) -> StringSlice:
        """Split at matches into so many parts, all with a negative number."""
        return _split(meter, compiled(meter, pattern), text, limit, empty=not pattern)

    return split


def _pair(name: str, make: Callable[[_Compile], Callable[..., Any]], *more: Any) -> list[Function]:
    """Make `regexNAME` and `mustRegexNAME`."""
    params = (STRING, STRING, *more)
    return [
        Function(f"regex{name}", make(_panicking), params, needs_meter=True, weight=3),
        Function(f"mustRegex{name}", make(compile_regex), params, needs_meter=True, weight=3),
    ]


_ENTRIES: Final = (
    Function("regexMatch", match, (STRING, STRING), needs_meter=True, weight=2),
    Function("mustRegexMatch", must_match, (STRING, STRING), needs_meter=True, weight=2),
    *_pair("Find", _finder),
    *_pair("FindAll", _all_finder, INT),
    *_pair("ReplaceAll", _replacer, STRING),
    *_pair("ReplaceAllLiteral", _literal_replacer, STRING),
    *_pair("Split", _splitter, INT),
    text_function("regexQuoteMeta", quote_meta, STRING, shift=LOOP_SPEED),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
