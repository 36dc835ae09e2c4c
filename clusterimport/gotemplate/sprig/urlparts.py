"""URLs as Go's net/url takes them apart, escapes and reads escapes in them.

All texts here are bytes read as Latin-1, so that one character is one byte.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from clusterimport.gotemplate.gostrings import from_bytes
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.sprig.addresses import check_ip_literal
from clusterimport.gotemplate.values import ConstantError, FunctionError

__all__ = ["Part", "UrlParts", "escape", "parse_url"]

_ALNUM: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UNRESERVED: Final = _ALNUM + "-_.~"
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_SCHEME_FIRST: Final = frozenset(_ALNUM[10:])
_SCHEME: Final = frozenset(_ALNUM + "+-.")
_USERINFO: Final = frozenset(_UNRESERVED + ":!$&'()*+,;=%@")
_NO_SCHEME_COLON: Final = "first path segment in URL cannot contain colon"


class Part(Enum):
    """The parts of a URL; the value holds the characters that need no escape there."""

    PATH = frozenset(_UNRESERVED + "$&+,/:;=@")
    USER = frozenset(_UNRESERVED + "$&+,;=")
    HOST = frozenset(_UNRESERVED + "!$&'()*+,;=:[]<>\"")
    ZONE = frozenset(_UNRESERVED + "!$&'()*+,;=:[]<>\" ")
    FRAGMENT = frozenset(_UNRESERVED + "$&+,/:;=?@!()*")


@dataclass(slots=True)
class UrlParts:
    """The parts of a URL with the escapes read; `userinfo` is None where there is none."""

    scheme: str = ""
    opaque: str = ""
    userinfo: str | None = None
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        host, colon, port = self.host.rpartition(":")
        if not colon or not _is_port(port):
            host = self.host
        if host.startswith("[") and host.endswith("]"):
            return host[1:-1]
        return host


def parse_url(text: str) -> UrlParts:
    """Take a URL apart.

    Raises:
        FunctionError: it is none, in the words of url.Error.

    """
    before, _, fragment = text.partition("#")
    try:
        parts = _parse(before)
    except FunctionError as error:
        raise _wrapped(before, error) from error
    try:
        parts.fragment = _unescape(fragment, Part.FRAGMENT)
    except FunctionError as error:
        raise _wrapped(text, error) from error
    return parts


def escape(text: str, part: Part) -> str:
    """Escape what a part of a URL cannot hold."""
    safe = part.value
    return "".join(char if char in safe else f"%{ord(char):02X}" for char in text)


def _wrapped(url: str, error: FunctionError) -> FunctionError:
    shown = quote(from_bytes(url.encode("latin-1")))
    return FunctionError(f"parse {shown}: {error.message}", safe=error.safe)


def _parse(text: str) -> UrlParts:
    if any(char < " " or char == "\x7f" for char in text):
        raise ConstantError("net/url: invalid control character in URL")
    parts = UrlParts()
    if text == "*":
        parts.path = "*"
        return parts
    scheme, rest = _split_scheme(text)
    parts.scheme = scheme.lower()
    rest, _, parts.query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            parts.opaque = rest
            return parts
        if ":" in rest.partition("/")[0]:
            raise FunctionError(_NO_SCHEME_COLON)
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        _parse_authority(parts, authority)
        rest = slash + path
    parts.path = _unescape(rest, Part.PATH)
    return parts


def _split_scheme(text: str) -> tuple[str, str]:
    for index, char in enumerate(text):
        if char == ":":
            if index == 0:
                raise ConstantError("missing protocol scheme")
            return text[:index], text[index + 1 :]
        if char not in (_SCHEME if index else _SCHEME_FIRST):
            break
    return "", text


def _parse_authority(parts: UrlParts, authority: str) -> None:
    userinfo, at, host = authority.rpartition("@")
    parts.host = _parse_host(parts.scheme, host)
    if not at:
        return
    if not _USERINFO.issuperset(userinfo):
        raise ConstantError("net/url: invalid userinfo")
    user, colon, password = userinfo.partition(":")
    parts.userinfo = escape(_unescape(user, Part.USER), Part.USER)
    if colon:
        parts.userinfo += ":" + escape(_unescape(password, Part.USER), Part.USER)


def _parse_host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise ConstantError("invalid IP-literal")
    if bracket == 0:
        return _parse_ip_literal(host)
    # A list of hosts with ports, as databases have it, is let pass but for the web's schemes.
    colon = host.find(":") if scheme in {"http", "https"} else host.rfind(":")
    if colon >= 0:
        _check_port(host[colon:])
    return _unescape(host, Part.HOST)


def _parse_ip_literal(host: str) -> str:
    closing = host.rfind("]")
    if closing < 0:
        raise ConstantError("missing ']' in host")
    port = host[closing + 1 :]
    if port:
        _check_port(port)
    address, percent, zone = host[1:closing].partition("%25")
    name = _unescape(address, Part.HOST)
    if percent:
        name += _unescape(percent + zone, Part.ZONE)
    check_ip_literal(name)
    return f"[{name}]{port}"


def _check_port(text: str) -> None:
    if text[0] != ":" or not _is_port(text[1:]):
        shown = quote(from_bytes(text.encode("latin-1")))
        raise FunctionError(f"invalid port {shown} after host")


def _is_port(text: str) -> bool:
    return all("0" <= char <= "9" for char in text)


def _unescape(text: str, part: Part) -> str:
    in_host = part in {Part.HOST, Part.ZONE}
    # Text before the first % still has to be checked in a host.
    if "%" not in text and not in_host:
        return text
    out = []
    pos = 0
    while pos < len(text):
        char = text[pos]
        if char == "%":
            out.append(_unescape_one(text[pos : pos + 3], part))
            pos += 3
            continue
        if in_host and char < "\x80" and char not in Part.HOST.value:
            raise FunctionError(f"invalid character {quote(char)} in host name")
        out.append(char)
        pos += 1
    return "".join(out)


def _unescape_one(text: str, part: Part) -> str:
    if len(text) == 3 and text[1] in _HEX and text[2] in _HEX:
        char = chr(int(text[1:], 16))
        if text == "%25":
            return char
        # Hosts may escape only what is not ASCII, zones what they could hold anyway.
        bad_host = part is Part.HOST and char < "\x80"
        bad_zone = part is Part.ZONE and char not in part.value
        if not bad_host and not bad_zone:
            return char
    raise FunctionError(f"invalid URL escape {quote(from_bytes(text.encode('latin-1')))}")
