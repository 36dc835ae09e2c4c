r"""The names of Unicode's classes in expressions: Go reads them as people write them, RE2 does not.

Go ignores case, spaces, hyphens and underscores, knows the long names of categories
(``\p{Letter}``), and a few classes that RE2 has not (``\p{ASCII}``). What the classes hold is
RE2's: its Unicode is 15, that of Go 1.27 is 17.
"""

import functools
import re
from typing import Final

import re2

__all__ = ["renamed"]

_CATEGORIES: Final = {
    "closepunctuation": "Pe", "cntrl": "Cc", "combiningmark": "M", "connectorpunctuation": "Pc",
    "control": "Cc", "currencysymbol": "Sc", "dashpunctuation": "Pd", "decimalnumber": "Nd",
    "digit": "Nd", "enclosingmark": "Me", "finalpunctuation": "Pf", "format": "Cf",
    "initialpunctuation": "Pi", "letter": "L", "letternumber": "Nl", "lineseparator": "Zl",
    "lowercaseletter": "Ll", "mark": "M", "mathsymbol": "Sm", "modifierletter": "Lm",
    "modifiersymbol": "Sk", "nonspacingmark": "Mn", "number": "N", "openpunctuation": "Ps",
    "other": "C", "otherletter": "Lo", "othernumber": "No", "otherpunctuation": "Po",
    "othersymbol": "So", "paragraphseparator": "Zp", "privateuse": "Co", "punct": "P",
    "punctuation": "P", "separator": "Z", "spaceseparator": "Zs", "spacingmark": "Mc",
    "surrogate": "Cs", "symbol": "S", "titlecaseletter": "Lt", "uppercaseletter": "Lu",
}  # fmt: skip
# The scripts that RE2 spells otherwise than with a single capital.
_SCRIPTS: Final = (
    "Anatolian_Hieroglyphs", "Bassa_Vah", "Canadian_Aboriginal", "Caucasian_Albanian",
    "Cypro_Minoan", "Dives_Akuru", "Egyptian_Hieroglyphs", "Gunjala_Gondi", "Hanifi_Rohingya",
    "Imperial_Aramaic", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Kayah_Li",
    "Khitan_Small_Script", "Linear_A", "Linear_B", "Masaram_Gondi", "Meetei_Mayek",
    "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Nag_Mundari", "New_Tai_Lue",
    "Nyiakeng_Puachue_Hmong", "Ol_Chiki", "Old_Hungarian", "Old_Italic", "Old_North_Arabian",
    "Old_Permic", "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Old_Uyghur",
    "Pahawh_Hmong", "Pau_Cin_Hau", "Phags_Pa", "Psalter_Pahlavi", "SignWriting", "Sora_Sompeng",
    "Syloti_Nagri", "Tai_Le", "Tai_Tham", "Tai_Viet", "Warang_Citi", "Zanabazar_Square",
)  # fmt: skip
_NAMES: Final = _CATEGORIES | {name.replace("_", "").lower(): name for name in _SCRIPTS}
_IN_CLASS: Final = {
    "any": rb"\x00-\x{10FFFF}",
    "ascii": rb"\x00-\x7F",
    "assigned": rb"\pL\pM\pN\pP\pS\pZ\pC",
    "casedletter": rb"\p{Lu}\p{Ll}\p{Lt}",
    "lc": rb"\p{Lu}\p{Ll}\p{Lt}",
}
_IGNORED: Final = str.maketrans("", "", "_- ")
_PIECE: Final = re.compile(
    rb"\\(?:Q.*?(?:\\E|\Z)|([pP])\{(\^?)([^}]*)\}|.)|\[:\^?\w*:\]|(\[\^?\]?)|(\])", re.DOTALL
)


def renamed(pattern: bytes) -> bytes:
    """Return the expression with the names of classes as RE2 spells them."""
    if rb"\p{" not in pattern and rb"\P{" not in pattern:
        return pattern
    in_class = False

    def written(piece: re.Match[bytes]) -> bytes:
        nonlocal in_class
        whole: bytes = piece[0]
        if piece[4]:
            in_class = True
        elif piece[5]:
            in_class = False
        elif piece[1]:
            return _class(whole, piece[1] == b"P", piece[2], piece[3], in_class=in_class)
        return whole

    return _PIECE.sub(written, pattern)


@functools.lru_cache(maxsize=512)
def _is_known(name: bytes) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(rb"\p{%s}" % name, options)
    except re2.error:
        return False
    return True


def _class(whole: bytes, negated: bool, caret: bytes, name: bytes, *, in_class: bool) -> bytes:
    if not name.isascii():
        return whole
    folded = name.decode().translate(_IGNORED).lower()
    content = _IN_CLASS.get(folded)
    if content is None:
        known = _NAMES.get(folded, folded.capitalize()).encode()
        return rb"\%c{%s%s}" % (whole[1], caret, known) if _is_known(known) else whole
    if negated != bool(caret):
        if in_class:
            # What is left out of the others cannot be written among other things in brackets.
            return rb"\x{80}-\x{10FFFF}" if folded == "ascii" else whole
        return b"[^" + content + b"]"
    return content if in_class else b"[" + content + b"]"
