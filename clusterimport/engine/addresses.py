"""Addresses of API servers: what is written as one, and what a client would make of it."""

from enum import Enum
from typing import Final
from urllib.parse import urlsplit

_HTTPS: Final = "https://"
_FORBIDDEN: Final = frozenset(" <>\"'`{}\\^|")


class AddressProblem(Enum):
    """Why an address is not used; the text goes after the field's name."""

    NOT_HTTPS = "must begin with https://; anything else would send the credentials in the open"
    UNUSABLE = "has no usable host and port"
    USER_INFO = "contains a user name, which is basic authentication"


def complete_address(address: str) -> str:
    """Return an address with the scheme that clients assume where there is none."""
    return address if "://" in address or not address else _HTTPS + address


def inspect_address(address: str) -> AddressProblem | None:
    """Return what is wrong with a complete address, if anything is."""
    if not address:
        return AddressProblem.UNUSABLE
    if not address.lower().startswith(_HTTPS):
        return AddressProblem.NOT_HTTPS
    if not address.isprintable() or _FORBIDDEN & set(address):
        return AddressProblem.UNUSABLE
    try:
        parts = urlsplit(address)
        is_usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return AddressProblem.UNUSABLE
    if not is_usable or parts.netloc.endswith(":"):
        return AddressProblem.UNUSABLE
    return AddressProblem.USER_INFO if "@" in parts.netloc else None
