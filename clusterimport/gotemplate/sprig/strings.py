"""The string family: case, trimming, searching, repeating, quoting, splitting and joining.

Sprig swaps arguments so that the text comes last and can be piped in.
"""

from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, INT, STRING, Entry, Function, Structure
from clusterimport.gotemplate.gostrings import byte_len, from_bytes, joined, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import quote as go_quote
from clusterimport.gotemplate.sprig import casing, words
from clusterimport.gotemplate.sprig.texts import (
    C_SPEED,
    LOOP_SPEED,
    SLOW_LOOP_SPEED,
    broken,
    charge_items,
    join_checked,
    sort_texts,
    strslice,
    strval,
    text_function,
)
from clusterimport.gotemplate.values import GoPanic, NilStringSlice, StringMap, StringSlice


def trim(text: str) -> str:
    """Cut Unicode space from both ends."""
    return text.strip(casing.SPACES)


def trim_all(cutset: str, text: str) -> str:
    """Cut all runes of the set from both ends."""
    return text.strip(cutset) if cutset else text


def trim_prefix(prefix: str, text: str) -> str:
    """Cut the prefix once."""
    if broken(prefix, text):
        return from_bytes(to_bytes(text).removeprefix(to_bytes(prefix)))
    return text.removeprefix(prefix)


def trim_suffix(suffix: str, text: str) -> str:
    """Cut the suffix once."""
    if broken(suffix, text):
        return from_bytes(to_bytes(text).removesuffix(to_bytes(suffix)))
    return text.removesuffix(suffix)


def contains(part: str, text: str) -> bool:
    """Tell whether the text holds the part."""
    return to_bytes(part) in to_bytes(text) if broken(part, text) else part in text


def has_prefix(prefix: str, text: str) -> bool:
    """Tell whether the text starts so."""
    if broken(prefix, text):
        return to_bytes(text).startswith(to_bytes(prefix))
    return text.startswith(prefix)


def has_suffix(suffix: str, text: str) -> bool:
    """Tell whether the text ends so."""
    if broken(suffix, text):
        return to_bytes(text).endswith(to_bytes(suffix))
    return text.endswith(suffix)


def repeat(meter: Meter, count: int, text: str) -> str:
    """Repeat the text."""
    if count < 0:
        raise GoPanic("strings: negative Repeat count")
    meter.size(byte_len(text) * count)
    return joined(text * count)


def replace(meter: Meter, old: str, new: str, text: str) -> str:
    """Replace every occurrence; an empty `old` matches between all runes."""
    growth = (text.count(old) if old else len(text) + 1) * (len(new) - len(old))
    meter.size(len(text) + max(growth, 0))
    if old and broken(old, new, text):
        return from_bytes(to_bytes(text).replace(to_bytes(old), to_bytes(new)))
    return joined(text.replace(old, new))


def indent(meter: Meter, spaces: int, text: str) -> str:
    """Put spaces before every line, the empty ones too."""
    if spaces < 0:
        raise GoPanic("strings: negative Repeat count")
    meter.size(len(text) + (text.count("\n") + 1) * spaces)
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def nindent(meter: Meter, spaces: int, text: str) -> str:
    """Indent after a line break."""
    return "\n" + indent(meter, spaces, text)


def quote(meter: Meter, *values: Any) -> str:
    """Quote each value as Go's `%q`, dropping nil."""
    quoted = [go_quote(strval(meter, value), meter) for value in values if value is not None]
    return quoted[0] if len(quoted) == 1 else join_checked(meter, " ", quoted)


def squote(meter: Meter, *values: Any) -> str:
    """Put each value between single quotes, nothing escaped, dropping nil."""
    quoted = [f"'{strval(meter, value)}'" for value in values if value is not None]
    return join_checked(meter, " ", quoted)


def cat(meter: Meter, *values: Any) -> str:
    """Join the values with spaces, dropping nil."""
    parts = [strval(meter, value) for value in values if value is not None]
    return join_checked(meter, " ", parts)


def plural(one: str, many: str, count: int) -> str:
    """Choose by number."""
    return one if count == 1 else many


def split_list(meter: Meter, separator: str, text: str) -> StringSlice:
    """Split into a []string; an empty separator splits after every rune."""
    return _split(meter, separator, text, -1)


def split(meter: Meter, separator: str, text: str) -> StringMap:
    """Split into a map with the keys `_0`, `_1` and so on."""
    return _numbered(meter, _split(meter, separator, text, -1))


def splitn(meter: Meter, separator: str, count: int, text: str) -> StringMap:
    """Split into at most `count` parts, the last of which is the rest."""
    return _numbered(meter, _split(meter, separator, text, count))


def join(meter: Meter, separator: str, value: Any) -> str:
    """Join the strings of the elements, dropping nil."""
    return join_checked(meter, separator, strslice(meter, value))


def sort_alpha(meter: Meter, value: Any) -> StringSlice:
    """Sort the strings of the elements; a []string is sorted in place, as in Go.

    That is no mutation of a template's data, which holds no []string.
    """
    if not isinstance(value, list):
        return StringSlice((strval(meter, value),))
    texts = strslice(meter, value)
    meter.spend(len(texts) >> 1)
    sort_texts(texts)
    return texts


def _split(meter: Meter, separator: str, text: str, count: int) -> StringSlice:
    if count == 0:
        return NilStringSlice()
    if not separator:
        cut = len(text) if count < 0 else min(count, len(text))
        charge_items(meter, cut)
        if not cut:
            return StringSlice()
        return StringSlice((*text[: cut - 1], joined(text[cut - 1 :])))
    if len(text) > len(separator):
        found = text.count(separator)
        charge_items(meter, found if count < 0 else min(count, found))
    if broken(separator, text):
        parts = to_bytes(text).split(to_bytes(separator), count - 1 if count > 0 else -1)
        return StringSlice(map(from_bytes, parts))
    return StringSlice(text.split(separator, count - 1 if count > 0 else -1))


def _numbered(meter: Meter, parts: StringSlice) -> StringMap:
    meter.spend(len(parts) >> 2)
    return StringMap((f"_{index}", part) for index, part in enumerate(parts))


_STRIP_SPEED: Final = 6
_WORD_SPEED: Final = -1
_KEEPS: Final = Structure.KEEPS
_QUOTES: Final = Structure.QUOTES
_ENTRIES: Final = (
    text_function("upper", casing.upper, STRING, shift=LOOP_SPEED, ascii_shift=C_SPEED),
    text_function("lower", casing.lower, STRING, shift=LOOP_SPEED, ascii_shift=C_SPEED),
    text_function("title", casing.title, STRING, shift=SLOW_LOOP_SPEED),
    text_function("untitle", casing.untitle, STRING, shift=SLOW_LOOP_SPEED),
    text_function("swapcase", casing.swapcase, STRING, shift=SLOW_LOOP_SPEED),
    text_function("camelcase", words.camel_case, STRING, shift=SLOW_LOOP_SPEED),
    text_function("snakecase", words.snake_case, STRING, shift=_WORD_SPEED, weight=6),
    text_function("kebabcase", words.kebab_case, STRING, shift=_WORD_SPEED, weight=6),
    text_function("trim", trim, STRING, shift=_STRIP_SPEED, structure=_KEEPS),
    text_function("trimAll", trim_all, STRING, STRING, shift=_STRIP_SPEED),
    text_function("trimall", trim_all, STRING, STRING, shift=_STRIP_SPEED),
    text_function("trimPrefix", trim_prefix, STRING, STRING),
    text_function("trimSuffix", trim_suffix, STRING, STRING),
    text_function("contains", contains, STRING, STRING),
    text_function("hasPrefix", has_prefix, STRING, STRING),
    text_function("hasSuffix", has_suffix, STRING, STRING),
    Function("repeat", repeat, (INT, STRING), needs_meter=True),
    Function("replace", replace, (STRING, STRING, STRING), needs_meter=True, weight=2),
    Function("indent", indent, (INT, STRING), needs_meter=True, structure=_KEEPS),
    Function("nindent", nindent, (INT, STRING), needs_meter=True, structure=_KEEPS),
    Function("quote", quote, variadic=ANY, needs_meter=True, structure=_QUOTES, weight=2),
    Function("squote", squote, variadic=ANY, needs_meter=True, structure=_QUOTES, weight=2),
    Function("cat", cat, variadic=ANY, needs_meter=True, weight=2),
    Function("plural", plural, (STRING, STRING, INT)),
    Function("toString", strval, (ANY,), needs_meter=True),
    Function("toStrings", strslice, (ANY,), needs_meter=True, weight=2),
    Function("join", join, (STRING, ANY), needs_meter=True, weight=2),
    Function("sortAlpha", sort_alpha, (ANY,), needs_meter=True, weight=2),
    Function("split", split, (STRING, STRING), needs_meter=True, weight=2),
    Function("splitn", splitn, (STRING, INT, STRING), needs_meter=True, weight=2),
    Function("splitList", split_list, (STRING, STRING), needs_meter=True, weight=2),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
