"""Letter case as Go's ``unicode`` and ``strings`` packages see it.

Go maps one rune to one rune (Unicode's *simple* mappings) and knows Unicode 17; Python maps text
to text (*full* mappings: ``ß`` becomes ``SS``) and knows the Unicode of its own release. The
difference is small enough to be stated here: the pairs younger than Python 3.11, and what to do
where the full mapping is longer than one letter.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

from clusterimport.gotemplate.unicodes import category

REPLACEMENT: Final = "\ufffd"
STRAY_BYTES: Final = re.compile("[\udc80-\udcff]")

# Exactly unicode.IsSpace: Python's str.isspace also takes U+001C to U+001F.
SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_SPACE_SET: Final = frozenset(SPACES)


def _younger_pairs() -> Iterator[tuple[int, int]]:
    """Yield (upper, lower) code points of the letters that Unicode 15 to 17 brought or paired."""
    yield from (
        (0x1C89, 0x1C8A),
        (0xA7CB, 0x0264),
        (0xA7CC, 0xA7CD),
        (0xA7CE, 0xA7CF),
        (0xA7D2, 0xA7D3),
        (0xA7D4, 0xA7D5),
        (0xA7DA, 0xA7DB),
        (0xA7DC, 0x019B),
    )
    yield from zip(range(0x10D50, 0x10D66), itertools.count(0x10D70), strict=False)  # Garay
    yield from zip(range(0x16EA0, 0x16EB9), itertools.count(0x16EBB), strict=False)  # Beria Erfe


_UPPER: Final = {chr(lower): chr(upper) for upper, lower in _younger_pairs()}
_LOWER: Final = {chr(upper): chr(lower) for upper, lower in _younger_pairs()} | {"\u0130": "i"}


def runes(text: str) -> str:
    """Return ``text`` as Go's ``[]rune`` would: every byte that is not UTF-8 is U+FFFD."""
    if text.isascii():
        return text
    return STRAY_BYTES.sub(REPLACEMENT, text)


def is_space(char: str) -> bool:
    """Tell what ``unicode.IsSpace`` tells."""
    return char in _SPACE_SET


def is_upper(char: str) -> bool:
    """Tell what ``unicode.IsUpper`` tells (category Lu)."""
    return category(char) == "Lu"


def is_lower(char: str) -> bool:
    """Tell what ``unicode.IsLower`` tells (category Ll)."""
    return category(char) == "Ll"


def is_letter(char: str) -> bool:
    """Tell what ``unicode.IsLetter`` tells."""
    return category(char)[0] == "L"


def upper_rune(char: str) -> str:
    """Map one rune to upper case."""
    if char in _UPPER:
        return _UPPER[char]
    upper = char.upper()
    if len(upper) == 1:
        return upper
    # The Greek letters with iota subscript have a one-rune upper case, which is their title case.
    title = char.title()
    return title if len(title) == 1 else char


def lower_rune(char: str) -> str:
    """Map one rune to lower case."""
    return _LOWER[char] if char in _LOWER else char.lower()


def title_rune(char: str) -> str:
    """Map one rune to title case."""
    if char in _UPPER:
        return _UPPER[char]
    title = char.title()
    return title if len(title) == 1 else char


def upper(text: str) -> str:
    """Do what ``strings.ToUpper`` does."""
    changed = text.upper()
    if text.isascii():
        return changed
    # Full mappings only ever lengthen a text; without any, Python's is Go's.
    if len(changed) == len(text) and _UPPER.keys().isdisjoint(text) and _is_valid(text):
        return changed
    return "".join(map(upper_rune, runes(text)))


def lower(text: str) -> str:
    """Do what ``strings.ToLower`` does; no final sigma appears."""
    changed = text.lower()
    if text.isascii():
        return changed
    plain = "\u03a3" not in text and _LOWER.keys().isdisjoint(text)
    if plain and len(changed) == len(text) and _is_valid(text):
        return changed
    return "".join(map(lower_rune, runes(text)))


def title(text: str) -> str:
    """Do what ``strings.Title`` does: title case after a separator, the rest untouched."""
    out = []
    after_separator = True
    for char in runes(text):
        out.append(title_rune(char) if after_separator else char)
        after_separator = _is_separator(char)
    return "".join(out)


def untitle(text: str) -> str:
    """Do what goutils ``Uncapitalize`` does: the first letter of each word in lower case."""
    out = []
    at_start = True
    for char in runes(text):
        if is_space(char):
            at_start = True
            out.append(char)
        else:
            out.append(lower_rune(char) if at_start else char)
            at_start = False
    return "".join(out)


def swapcase(text: str) -> str:
    """Do what goutils ``SwapCase`` does; a lower case letter that starts a word gets title case."""
    out = []
    after_space = True
    for char in runes(text):
        if is_upper(char) or category(char) == "Lt":
            out.append(lower_rune(char))
            after_space = False
        elif is_lower(char):
            out.append(title_rune(char) if after_space else upper_rune(char))
            after_space = False
        else:
            out.append(char)
            after_space = is_space(char)
    return "".join(out)


def _is_valid(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_separator(char: str) -> bool:
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return is_space(char)
