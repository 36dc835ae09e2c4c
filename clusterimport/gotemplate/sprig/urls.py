"""The URL family: a URL as a map of its parts, and back."""

from typing import Any, Final

from clusterimport.gotemplate.functions import MAP, STRING, Entry, Function
from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.urlparts import Part, UrlParts, escape, parse_url
from clusterimport.gotemplate.values import FunctionError, GoPanic, kind_of

_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"


def url_parse(meter: Meter, text: str) -> dict[str, Any]:
    """Return scheme, host, hostname, path, query, opaque, fragment and userinfo."""
    meter.spend(1 + (len(text) >> 2))
    try:
        parts = parse_url(_narrow(text))
    except FunctionError as error:
        raise GoPanic(f"unable to parse url: {error.message}") from error
    return {
        "scheme": _wide(parts.scheme),
        "host": _wide(parts.host),
        "hostname": _wide(parts.hostname),
        "path": _wide(parts.path),
        "query": _wide(parts.query),
        "opaque": _wide(parts.opaque),
        "fragment": _wide(parts.fragment),
        "userinfo": _wide(parts.userinfo or ""),
    }


def url_join(meter: Meter, parts: dict[str, Any]) -> str:
    """Write the URL; the hostname is not looked at."""
    # The order in which the library asks decides which error an author sees.
    url = UrlParts(
        scheme=_text(meter, parts, "scheme"),
        host=_text(meter, parts, "host"),
        path=_text(meter, parts, "path"),
        query=_text(meter, parts, "query"),
        opaque=_text(meter, parts, "opaque"),
        fragment=_text(meter, parts, "fragment"),
    )
    userinfo = _text(meter, parts, "userinfo")
    if userinfo:
        try:
            url.userinfo = parse_url(f"proto://{userinfo}@host").userinfo
        except FunctionError as error:
            raise GoPanic(f"unable to parse userinfo in dict: {error.message}") from error
    return _wide(_written(url))


def _written(url: UrlParts) -> str:
    text = f"{url.scheme}:" if url.scheme else ""
    if url.opaque:
        text += url.opaque
    else:
        text += _hierarchy(url, text)
    if url.query:
        text += f"?{url.query}"
    if url.fragment:
        text += f"#{escape(url.fragment, Part.FRAGMENT)}"
    return text


def _hierarchy(url: UrlParts, before: str) -> str:
    text = ""
    has_user = url.userinfo is not None
    if (url.scheme and url.path) or url.host or has_user:
        text += "//"
    if has_user:
        text += f"{url.userinfo}@"
    text += escape(url.host, Part.HOST)
    path = "*" if url.path == "*" else escape(url.path, Part.PATH)
    if path and path[0] != "/" and url.host:
        text += "/"
    # A first segment with a colon would be taken for a scheme.
    if not before and not text and ":" in path.partition("/")[0]:
        text += "./"
    return text + path


def _text(meter: Meter, parts: dict[str, Any], key: str) -> str:
    value = parts.get(key, "")
    if value is None:
        raise GoPanic(_NIL_POINTER)
    kind = kind_of(value)
    if kind != "string":
        raise GoPanic(f"unable to parse {key} key, must be of type string, but {kind} found")
    meter.spend(len(value) >> 2)
    return _narrow(value)


def _narrow(text: str) -> str:
    return text if text.isascii() else to_bytes(text).decode("latin-1")


def _wide(text: str) -> str:
    return text if text.isascii() else from_bytes(text.encode("latin-1"))


_ENTRIES: Final = (
    Function("urlParse", url_parse, (STRING,), needs_meter=True, weight=6),
    Function("urlJoin", url_join, (MAP,), needs_meter=True, weight=5),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
