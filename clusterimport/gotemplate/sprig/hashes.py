"""The hashes of sprig 3.2.2 that are plain functions of their text."""

import hashlib
import zlib
from typing import Final

from clusterimport.gotemplate.functions import STRING, Entry
from clusterimport.gotemplate.gostrings import to_bytes
from clusterimport.gotemplate.sprig.texts import text_function


def sha1sum(text: str) -> str:
    """Return the SHA-1 of the text in hex; authors use it for names, not for secrecy."""
    return hashlib.sha1(to_bytes(text), usedforsecurity=False).hexdigest()


def sha256sum(text: str) -> str:
    """Return the SHA-256 of the text in hex."""
    return hashlib.sha256(to_bytes(text)).hexdigest()


def adler32sum(text: str) -> str:
    """Return the Adler-32 of the text as a decimal number."""
    return str(zlib.adler32(to_bytes(text)))


_ENTRIES: Final = (
    text_function("sha1sum", sha1sum, STRING),
    text_function("sha256sum", sha256sum, STRING),
    text_function("adler32sum", adler32sum, STRING),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
