"""The little of HTTP/1 that three pages need: a request's first line, and an answer that closes.

Of its fields three are looked at: which form of the text is wanted, and who asks. Each answer is
the last of its connection: nothing is kept alive, nothing stands in line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, Self

from clusterimport.limits.listener import HTTP_HEAD_BYTES

PLAIN: Final = "text/plain; charset=utf-8"

_FIELDS: Final = frozenset({"accept", "accept-encoding", "authorization"})
_NO_FIELDS: Final[Mapping[str, str]] = {}
_HEAD_END: Final = b"\r\n\r\n"
_RULED_OUT: Final = re.compile(r";?\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)")
_REQUEST_LINE: Final = re.compile(
    rb"([A-Z]{1,16}) (?:http://[^/? ]+)?(/[^? ]*)(?:\?([^ ]*))? HTTP/1\.[01]"
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, text and its type."""

    status: HTTPStatus
    body: bytes
    content_type: str = PLAIN
    fields: tuple[str, ...] = ()
    """Whole lines of the head, beside those that each answer has."""

    @classmethod
    def text(cls, status: HTTPStatus, text: str) -> Self:
        """Return a plain text."""
        return cls(status, text.encode())

    def head(self) -> bytes:
        """Return all that precedes the body."""
        lines = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            f"Date: {formatdate(usegmt=True)}",
            "Connection: close",
            *self.fields,
        )
        return "\r\n".join(lines).encode("latin-1") + _HEAD_END


class MalformedRequestError(Exception):
    """Not a request of HTTP/1; what it is instead is told to nobody."""

    answer = HttpAnswer.text(HTTPStatus.BAD_REQUEST, "not a request of HTTP/1\n")


class HeadTooLargeError(Exception):
    """More than ``HTTP_HEAD_BYTES`` before the body."""

    answer = HttpAnswer.text(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"a request may have {HTTP_HEAD_BYTES} bytes before its body\n",
    )


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is asked for."""

    method: str
    path: str
    query: frozenset[str] = frozenset()
    """Names of the parameters; their values mean nothing here."""
    peer: str = field(default="", compare=False)
    """The address it came from."""
    # Not shown: one is a credential.
    fields: Mapping[str, str] = field(default_factory=lambda: _NO_FIELDS, repr=False)
    """Those that are looked at, by their names in small letters; of one that was sent twice both
    values, separated by a comma."""

    def accepts(self, name: str, word: str) -> bool:
        """Whether a field lists a word that it does not rule out, in whatever order it prefers."""
        for item in self.fields.get(name, "").split(","):
            value, _, parameters = item.partition(";")
            if value.strip().lower() == word:
                return _RULED_OUT.search(parameters) is None
        return False

    @classmethod
    def parse(cls, received: bytes | bytearray, peer: str = "") -> Self | None:
        """Read what has arrived so far; None where more is to come.

        Raises:
            MalformedRequestError: it is no request, or does not begin like one.
            HeadTooLargeError: there is too much of it, complete or not.

        """
        end = received.find(_HEAD_END, 0, HTTP_HEAD_BYTES)
        if end < 0:
            if len(received) >= HTTP_HEAD_BYTES:
                raise HeadTooLargeError
            if not received[:1].isalpha():
                # TLS, or garbage: no need to wait for the end of a head.
                raise MalformedRequestError
            return None
        first, _, rest = received[:end].partition(b"\r\n")
        found = _REQUEST_LINE.fullmatch(first)
        if found is None:
            raise MalformedRequestError
        method, path, query = (part.decode("latin-1") for part in found.groups(b""))
        names = (pair.partition("=")[0] for pair in query.split("&") if pair)
        return cls(method, path, frozenset(names), peer, _fields(rest))


def _fields(lines: bytes | bytearray) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if (key := name.lower()) in _FIELDS:
            found[key] = f"{found[key]}, {value.strip()}" if key in found else value.strip()
    return found
