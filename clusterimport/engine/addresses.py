"""Addresses of API servers: what is written as one, and what a client would make of it.

Read by a grammar of our own that is narrower than any URL parser's, so that no two clients can
see two hosts in one address.
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import Final

MAX_ADDRESS_CHARACTERS: Final = 2048
MAX_HOST_CHARACTERS: Final = 253

_HTTPS: Final = "https://"
_FORBIDDEN: Final = frozenset(" <>\"'`{}\\^|")
_PARTS: Final = re.compile(r"https://([^/?#]*).*", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([0-9]{1,5}))?")
_SUFFIX: Final = re.compile(r"[?#].*")
_LABEL: Final = r"[A-Za-z0-9_](?:[-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
"""RFC 1123 with the underscore that DNS and many a platform have as well."""
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_MAX_PORT: Final = 65535


class AddressProblem(Enum):
    """Why an address is not used; the text goes after the field's name."""

    NOT_HTTPS = "must begin with https://; anything else would send the credentials in the open"
    UNUSABLE = "has no usable host and port"
    USER_INFO = "contains a user name, which is basic authentication"


def complete_address(address: str) -> str:
    """Return an address with the scheme that clients assume where there is none."""
    return address if "://" in address or not address else _HTTPS + address


def normalize_address(address: str) -> str:
    """Return an address that is in order as a prefix of paths, its scheme in lower case.

    Query and fragment are left out, as client-go does, so that no status shows them either.
    """
    path = _SUFFIX.sub("", address[len(_HTTPS) :])
    return _HTTPS + path.rstrip("/")


def inspect_address(address: str) -> AddressProblem | None:
    """Return what is wrong with a complete address, if anything is."""
    if not address or len(address) > MAX_ADDRESS_CHARACTERS:
        return AddressProblem.UNUSABLE
    if not address.lower().startswith(_HTTPS):
        return AddressProblem.NOT_HTTPS
    parts = _PARTS.fullmatch(address)
    if parts is None or not address.isprintable() or _FORBIDDEN & set(address):
        return AddressProblem.UNUSABLE
    if "@" in parts[1]:
        return AddressProblem.USER_INFO
    authority = _AUTHORITY.fullmatch(parts[1])
    if authority is None:
        return AddressProblem.UNUSABLE
    literal, host, port = authority.groups()
    is_usable = is_host(host) if literal is None else is_ipv6(literal)
    if not is_usable or (port is not None and not 0 < int(port) <= _MAX_PORT):
        return AddressProblem.UNUSABLE
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
