"""Why a text is no certificate or key: the mistakes that people make, told apart.

A message goes on after the name of a field, and quotes nothing of it.
"""

import base64
import binascii
import itertools
import re
from collections.abc import Callable
from typing import Final

from clusterimport.limits.probes import CERTIFICATE_BYTES
from clusterimport.pki.pem import read_blocks

__all__ = ["decoded_once_more", "explain_common", "explain_text"]

_BEGIN: Final = b"-----BEGIN "
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SEQUENCE: Final = (b"\x30\x82", b"\x30\x81")
_PLACEHOLDERS: Final = (b"DATA+OMITTED", b"REDACTED")
_HIDDEN: Final = frozenset((*_PLACEHOLDERS, *map(base64.b64decode, _PLACEHOLDERS)))
_ERRORS: Final = {
    b"illegal base64 data at input byte": "b64dec",
    b"illegal base32 data at input byte": "b32dec",
}
"""What these functions print, and templates cannot tell from a value."""
_BLOCKS_SEEN: Final = 64
"""Blocks that a reason is looked for in; a bundle of mistakes has one of them at its beginning."""
_KNOWN_LABELS: Final = frozenset(
    (
        b"CERTIFICATE",
        b"X509 CERTIFICATE",
        b"TRUSTED CERTIFICATE",
        b"CERTIFICATE REQUEST",
        b"PUBLIC KEY",
        b"PRIVATE KEY",
        b"RSA PRIVATE KEY",
        b"EC PRIVATE KEY",
        b"ENCRYPTED PRIVATE KEY",
    )
)
"""Others may be anything, and are not shown."""
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
_OMITTED: Final = (
    "is what kubectl prints in place of a credential; take it from `kubectl config view --raw`"
)
_ERROR_TEXT: Final = (
    "is the error text that `{0}` prints for what it cannot decode; correct the value it reads, or "
    "leave `{0}` out"
)


def decoded_once_more(text: bytes) -> bytes:
    """Return what a text in base64 encodes; empty if it is none."""
    if _BASE64.fullmatch(text) is None:
        return b""
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def explain_common(text: bytes) -> str:
    """Return what is wrong with a text that no credential of any kind could be; empty if none."""
    for error, function in _ERRORS.items():
        if text.startswith(error):
            return _ERROR_TEXT.format(function)
    # As the text of a token, or decoded as the data of a certificate.
    return _OMITTED if text.strip(b"\r\n ") in _HIDDEN else ""


def explain_text(text: bytes, wanted: bytes, limit: int) -> str:
    """Return why a PEM text is of no use where a certificate or key is wanted.

    ``limit`` is the most bytes that it may have.
    """
    if len(text) > limit:
        return f"is larger than {limit // 1024} KiB"
    if problem := explain_common(text):
        return problem
    if _BEGIN in decoded_once_more(text):
        return "is encoded by base64 twice; leave `b64enc` out where the value is encoded already"
    return _in_pem(text, wanted) if _BEGIN in text else _without_pem(text, wanted)


def _without_pem(text: bytes, wanted: bytes) -> str:
    # Without the hyphens around it, which are a credential to whoever redacts.
    if text.startswith(_SEQUENCE):
        return f"is in DER; clients read PEM (BEGIN {wanted.decode()})"
    return f"holds no PEM (BEGIN {wanted.decode()})"


def _in_pem(text: bytes, wanted: bytes) -> str:
    blocks = list(itertools.islice(read_blocks(text), _BLOCKS_SEEN))
    labels = [block.label for block in blocks]
    if any(label.endswith(b"ENCRYPTED PRIVATE KEY") for label in labels):
        return "holds a key that is encrypted; clients take none with a password"
    if any(len(block.data) > CERTIFICATE_BYTES for block in blocks if block.label == wanted):
        return f"holds a {wanted.decode().lower()} larger than {CERTIFICATE_BYTES // 1024} KiB"
    if wanted in labels:
        if any(block.has_headers for block in blocks if block.label == wanted):
            return f"holds a {wanted.decode().lower()} with PEM headers, which clients pass over"
        return f"holds no {wanted.decode().lower()} that is in order: it is damaged, or cut off"
    if labels:
        shown = ", ".join(dict.fromkeys(_shown(label) for label in labels))
        return f"holds {shown} where clients look for {wanted.decode()}"
    return next(
        (problem for applies, problem in _BROKEN if applies(text)),
        "holds PEM that is damaged or cut off, so that clients find nothing in it",
    )


def _shown(label: bytes) -> str:
    return label.decode() if label in _KNOWN_LABELS else "something else"


_BROKEN: Final[tuple[tuple[Callable[[bytes], bool], str], ...]] = (
    (
        lambda text: text.startswith(_MARKS),
        "begins with a byte order mark, so that clients find no PEM in it; save it without",
    ),
    (
        lambda text: b"\\n" in text,
        "holds PEM with `\\n` in place of its line breaks, in which clients find nothing",
    ),
    (
        lambda text: b"\n" not in text.strip(),
        "holds PEM in one line, in which clients find nothing; keep its line breaks",
    ),
    (
        lambda text: re.search(rb"^[ \t]+-----", text, re.MULTILINE) is not None,
        "holds PEM that is indented, in which clients find nothing",
    ),
)
