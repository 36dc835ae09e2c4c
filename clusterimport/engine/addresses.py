"""Addresses of API servers: what is written as one, and what a client would make of it.

Read by a grammar of our own that is narrower than any URL parser's, so that no two clients can
see two hosts in one address.
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from clusterimport.limits.documents import ADDRESS_CHARACTERS

MAX_HOST_CHARACTERS: Final = 253

_HTTPS: Final = "https://"
_FORBIDDEN: Final = frozenset(" <>\"'`{}\\^|")
_QUOTES: Final = frozenset("\"'`")
_PARTS: Final = re.compile(r"https://([^/?#]*)(.*)", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([0-9]{1,5}))?")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED: Final = re.compile(rb"[^-A-Za-z0-9_.~$&+,/:;=@]")
"""What Go's URLs escape in a path."""
_LABEL: Final = r"[A-Za-z0-9_](?:[-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
"""RFC 1123 with the underscore that DNS and many a platform have as well."""
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_MAX_PORT: Final = 65535
_SCHEMES: Final = frozenset(("http:", "https:"))


class AddressProblem(Enum):
    """Why an address is not used; the text goes after the field's name."""

    NOT_HTTPS = "must begin with https://; anything else would send the credentials in the open"
    EMPTY = "is empty"
    TOO_LONG = f"is longer than {ADDRESS_CHARACTERS} characters"
    BLANK = (
        "begins or ends with a blank or line break, as `echo` adds one; take it off, in a template "
        "by `trim`"
    )
    CHARACTER = "contains a blank, quote, bracket or other character that no address has"
    TWO_SCHEMES = "names its scheme twice"
    NO_HOST = "has no host behind its scheme"
    HOST = "has a host that is neither a DNS name nor an IP address"
    NO_BRACKETS = "has an IPv6 address that is not in brackets, as in https://[fd00::1]:6443"
    ZONE = "has an IPv6 address with a zone, which is an interface of one machine"
    PORT = f"has a port that is no number from 1 to {_MAX_PORT}"
    BROKEN_ESCAPE = "has a % that is not the beginning of an escape, which no client accepts"
    USER_INFO = "contains a user name, which is basic authentication"

    @property
    def is_refusal(self) -> bool:
        """Whether it could be used, and is not allowed."""
        return self in {AddressProblem.NOT_HTTPS, AddressProblem.USER_INFO}


def complete_address(address: str) -> str:
    """Return an address with the scheme that clients assume where there is none."""
    return address if "://" in address or not address else _HTTPS + address


def normalize_address(address: str, *, of_kubeconfig: bool = False) -> str:
    """Return an address that is in order as the prefix of paths that client-go makes of it.

    The scheme is in lower case, the path is cleaned of ``..`` and escaped as Go does. A query is
    left out, so that no status shows it either. A fragment is, too, but in a kubeconfig, where
    client-go takes a ``#`` behind a path for a part of it.
    """
    parts = _PARTS.fullmatch(address)
    assert parts is not None
    authority, rest = parts.groups()
    path = rest.partition("?")[0]
    if not (of_kubeconfig and path.startswith("/") and path != "/"):
        path = path.partition("#")[0]
    raw = _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), path.encode())
    clean = _ESCAPED.sub(lambda byte: b"%%%02X" % byte[0][0], _cleaned(raw))
    return _HTTPS + authority + clean.decode("ascii")


def _cleaned(path: bytes) -> bytes:
    """Return an absolute path without ``.``, ``..`` and empty segments."""
    segments: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    return b"".join(b"/" + segment for segment in segments)


def inspect_address(address: str) -> AddressProblem | None:
    """Return what is wrong with a complete address, if anything is."""
    problem = _inspect_text(address)
    if problem is not None:
        return problem
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return AddressProblem.CHARACTER
    authority, rest = parts.groups()
    if "@" in authority:
        return AddressProblem.USER_INFO
    if authority.lower() in _SCHEMES and rest.startswith("//"):
        return AddressProblem.TWO_SCHEMES
    if _BROKEN_ESCAPE.search(rest):
        return AddressProblem.BROKEN_ESCAPE
    return _inspect_authority(authority)


def _inspect_text(address: str) -> AddressProblem | None:
    if not address:
        return AddressProblem.EMPTY
    if len(address) > ADDRESS_CHARACTERS:
        return AddressProblem.TOO_LONG
    # Behind a scheme that was completed, too.
    if address != address.strip() or address.lower().removeprefix(_HTTPS)[:1].isspace():
        return AddressProblem.BLANK
    is_quoted = address[0] in _QUOTES
    if not address.lower().startswith(_HTTPS) and not is_quoted:
        return AddressProblem.NOT_HTTPS
    if is_quoted or not address.isprintable() or _FORBIDDEN & set(address):
        return AddressProblem.CHARACTER
    return None


def _inspect_authority(authority: str) -> AddressProblem | None:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        host, bracket, _ = authority.partition("[")
        if not bracket and host.count(":") > 1:
            return AddressProblem.NO_BRACKETS
        return AddressProblem.HOST if bracket else AddressProblem.PORT
    literal, host, port = parts.groups()
    if literal is not None and not is_ipv6(literal):
        return AddressProblem.ZONE if "%" in literal else AddressProblem.HOST
    if literal is None and not is_host(host):
        return AddressProblem.HOST if host else AddressProblem.NO_HOST
    if port is not None and not 0 < int(port) <= _MAX_PORT:
        return AddressProblem.PORT
    return None


def is_host(host: str) -> bool:
    """Whether it is a DNS name, or an IPv4 address in the one form that all clients agree on."""
    if len(host) > MAX_HOST_CHARACTERS or _HOST.fullmatch(host) is None:
        return False
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is None:
        return True
    # 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to some, and names to others.
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def is_ipv6(literal: str) -> bool:
    """Whether it is an IPv6 address; one with a zone means an interface of one machine only."""
    try:
        IPv6Address(literal)
    except ValueError:
        return False
    return "%" not in literal
