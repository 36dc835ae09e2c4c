r"""Which texts are written as they are: those that two YAML readers provably read alike.

Clusterpedia reads with gopkg.in/yaml.v2 what was judged here with libyaml. The one is a translation
of the other, and their scanners and parsers were compared function by function (libyaml 0.2.5,
goyaml.v2 of sigs.k8s.io/yaml 1.4.0, go.yaml.in/yaml/v2 2.4.3). They differ in this only:

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
