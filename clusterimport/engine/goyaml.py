r"""What Go's YAML reader, which obeys kubeconfigs, makes of what was read here with libyaml.

A scalar that is not between quotes can be a boolean, a number or null to it, by YAML 1.1 as
gopkg.in/yaml.v2 resolves it; then a field that has to be a text fails with the whole kubeconfig.

Texts that both readers provably read alike are written as they are. The one is a translation of the
other, and their scanners and parsers were compared function by function (libyaml 0.2.5, goyaml.v2
of sigs.k8s.io/yaml 1.4.0, go.yaml.in/yaml/v2 2.4.3). They differ in this only:

- U+FEFF at the start of a line is skipped, by the Go version after a look at another place of its
  buffer: what one takes for a comment is content to the other, or loses a character.
- In a plain scalar within brackets, ``?`` ends it in Go, and ``:`` before a bracket or comma is an
  error in libyaml.
- In double quotes, ``\/`` is known to libyaml only and ``\'`` to Go only.
- A key that spans lines or 1024 characters is given up at another token.

A text in plain form contains none of that, and nothing near it: printable ASCII in lines that each
are a key, a list item, both, a comment or empty, with values that end where their line does and of
which nothing begins with a sign that YAML gives a meaning; or values in brackets and double quotes,
as JSON has them. What has no such line is not in plain form: tabs, anchors, tags, directives, block
scalars, scalars of several lines, complex keys, a second document.

Only the form is judged; that the text is a document at all, libyaml has to have said before.
"""

import re
from typing import Final

from clusterimport.engine.yamltree import Node, Scalar

_TRUE: Final = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"))
_FALSE: Final = frozenset(
    ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE")
)
_NUMBER: Final = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\.(?:inf|Inf|INF)"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)|\.(?:nan|NaN|NAN)"
)
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_SMALL_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,8}")

_HEX: Final = "[0-9A-Fa-f]"
_DOUBLE_QUOTED: Final = (
    rf'"(?>[^"\\\n]++|\\["\\bfnrt]|\\x{_HEX}{{2}}|\\u{_HEX}{{4}}|\\U{_HEX}{{8}})*+"'
)
_SINGLE_QUOTED: Final = r"'(?>[^']++|'')*+'"
_FIRST: Final = "[A-Za-z0-9_/+=]"
_KEY: Final = r'(?>[A-Za-z][-\w./]*+|"[-\w./]++")'

_PLAIN_CHARACTER: Final = r"(?>[-\w.,;/?+=@%~!*&^$()<>\[\]]++|:(?=[^ ]))"
_PLAIN: Final = rf"(?>{_FIRST}|-(?=[^ ])){_PLAIN_CHARACTER}*+(?> ++{_PLAIN_CHARACTER}++)*+"
"""Without a colon before a space, without ``#`` and quotes: what ends it is the end of the line."""

_FLOW_WORD: Final = rf"{_FIRST}(?>[-\w./+=@]++|:(?=[\w/]))*+"
_FLOW_TOKENS: Final = (
    rf"(?>[\[\]{{}}, ]|{_FLOW_WORD}(?>: )?+|(?>{_DOUBLE_QUOTED}|{_SINGLE_QUOTED})(?>: ?+)?+)*+"
)
_FLOW: Final = rf"[\[{{]{_FLOW_TOKENS}(?<=[\]}}])"

_VALUE: Final = rf"(?>{_DOUBLE_QUOTED}|{_SINGLE_QUOTED}|{_FLOW}|{_PLAIN})"
_LINE: Final = re.compile(
    rf" *+(?>#.*|(?>- ++)?+{_KEY}:(?: ++{_VALUE})?+|- ++{_VALUE})?+ *+", re.ASCII
)
_DOCUMENT_START: Final = "---"

_JSON: Final = re.compile(
    rf"[ \n]*+\{{(?>[\[\]{{}}, \n]|{_DOUBLE_QUOTED}(?>: ?+)?+|true|false|null|-?[0-9]++)*+"
)
_PRINTABLE: Final = re.compile(r"[\n -~]*")


def boolean_of(node: Node | None) -> bool | None:
    """Return the boolean that a plain scalar is, None for anything else."""
    if not isinstance(node, Scalar) or node.style:
        return None
    if node.value in _TRUE:
        return True
    return False if node.value in _FALSE else None


def integer_of(scalar: Scalar) -> int | None:
    """Return the small whole number that every reader takes a plain scalar for, None otherwise."""
    if scalar.style or _SMALL_INTEGER.fullmatch(scalar.value) is None:
        return None
    return int(scalar.value)


def is_infinite(scalar: Scalar) -> bool:
    """Whether a scalar is one of the numbers that JSON does not have."""
    return not scalar.style and _INFINITE.fullmatch(scalar.value) is not None


def is_text(scalar: Scalar) -> bool:
    """Whether a scalar is a text: between quotes, or neither null nor boolean nor number."""
    if scalar.style:
        return True
    return not (scalar.is_null or boolean_of(scalar) is not None or _is_number(scalar.value))


def _is_number(text: str) -> bool:
    # Underscores count for nothing, wherever they stand behind the first character.
    return text[:1] != "_" and _NUMBER.fullmatch(text.replace("_", "")) is not None


def is_plain(text: str) -> bool:
    """Whether a text that libyaml accepts as one document is read alike by client-go."""
    text = text.replace("\r\n", "\n")
    if _PRINTABLE.fullmatch(text) is None:
        return False
    if _JSON.fullmatch(text) is not None:
        return True
    lines = text.split("\n")
    if lines[0] == _DOCUMENT_START:
        del lines[0]
    return all(_LINE.fullmatch(line) is not None for line in lines if line)
