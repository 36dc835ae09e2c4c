"""The little of HTTP/1 that three pages need: a request's first line, and an answer that closes.

No field of a request changes an answer here, so none is looked at, and none costs anything but its
bytes. Each answer is the last of its connection: nothing is kept alive, nothing stands in line.
"""

import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, Self

from clusterimport.limits.listener import HTTP_HEAD_BYTES

PLAIN: Final = "text/plain; charset=utf-8"

_HEAD_END: Final = b"\r\n\r\n"
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

    @classmethod
    def parse(cls, received: bytes | bytearray) -> Self | None:
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
        found = _REQUEST_LINE.fullmatch(received.partition(b"\r\n")[0])
        if found is None:
            raise MalformedRequestError
        method, path, query = (part.decode("latin-1") for part in found.groups(b""))
        names = (pair.partition("=")[0] for pair in query.split("&") if pair)
        return cls(method, path, frozenset(names))
