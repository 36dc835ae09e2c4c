"""URL paths that a hostile name cannot leave.

Names come from templates over objects that others write. A slash, a dot segment or a percent sign
is never part of a name in Kubernetes (``IsValidPathSegmentName``), so they are refused instead of
quoted: no object can have such a name, and proxies disagree on what their quoted forms mean.
"""

from urllib.parse import quote, urlencode

from clusterimport.kube.errors import InvalidName
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object

_SAFE = "~!$&'()*+,;=:@"
"""What RFC 3986 lets stand in a segment beside letters, digits and ``-._~``."""


def quote_segment(value: str, what: str = "name") -> str:
    """Return ``value`` as one path segment; raises InvalidName if it cannot be one."""
    if not value or value in {".", ".."} or "/" in value or "%" in value:
        # The value is data of somebody else: it is not repeated.
        raise InvalidName(f"the {what} is empty, a dot segment, or contains '/' or '%'")
    return _quote(value, _SAFE)


def resource_path(
    gvr: GroupVersionResource, namespace: str = "", name: str | None = None, subresource: str = ""
) -> str:
    """Build the quoted path of a collection (``name`` is None), object or subresource.

    An empty name raises InvalidName: it would turn a request for an object into one for all.
    """
    quoted = GroupVersionResource(
        group=quote_segment(gvr.group, "group") if gvr.group else "",
        version=quote_segment(gvr.version, "version"),
        resource=quote_segment(gvr.resource, "resource"),
    )
    return quoted.path(
        namespace=quote_segment(namespace, "namespace") if namespace else "",
        name="" if name is None else quote_segment(name),
        subresource=quote_segment(subresource, "subresource") if subresource else "",
    )


def request_target(path: str, query: Object | None) -> str:
    """Return path and query as they go over the wire; quoting a quoted path changes nothing."""
    if not path.startswith("/"):
        raise InvalidName("a path begins with '/'")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise InvalidName("a path has no dot segments")
    target = _quote(path, _SAFE + "/%")
    try:
        return f"{target}?{urlencode(query)}" if query else target
    except UnicodeEncodeError:
        raise InvalidName("a parameter is not Unicode text") from None


def _quote(value: str, safe: str) -> str:
    try:
        return quote(value, safe=safe)
    except UnicodeEncodeError:
        # A lone surrogate; not chained, because the exception holds the value.
        raise InvalidName("a name is not Unicode text") from None
