"""Objects that are not decoded: their JSON until somebody looks, or why it is of no use.

A decoded object takes up to 43 times the memory of its JSON, and a deep one cannot be decoded at
all. So what is kept of other people's objects is an ``Identity`` or one of these two. All of them
are read as the dict that a decoder would have made, and none is ever changed. Whether one is more
than is read of an object is judged on its JSON as well, at a fraction of decoding.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from clusterimport.limits.counted import Limit
from clusterimport.limits.objects import SOURCE_BOUNDS, Bounds
from clusterimport.model.deflating import deflated, inflated
from clusterimport.model.meta import Identity


class JsonObject(Identity):
    """An object as JSON; every look at a field decodes it anew, so take ``content`` once.

    One that ``is_kept`` is deflated, where that makes it smaller: these texts are most of what
    thousands of clusters take.
    """

    __slots__ = ("_bytes", "_size", "takers")

    def __init__(
        self,
        identity: Identity,
        json: bytes,
        takers: frozenset[str] | None = None,
        *,
        is_kept: bool = False,
    ) -> None:
        super().__init__(
            identity.api_version,
            identity.kind,
            identity.namespace,
            identity.name,
            identity.uid,
            identity.resource_version,
        )
        self._size = len(json)
        small = deflated(json) if is_kept else json
        self._bytes = small if len(small) < len(json) else json
        self.takers = takers
        """Who asks a cache for it, by the names of interests; None where nobody was asked."""

    @property
    def size(self) -> int:
        """The bytes of its JSON, however it is kept."""
        return self._size

    @property
    def json(self) -> bytes:
        """Its JSON, as it was given."""
        return inflated(self._bytes) if len(self._bytes) < self._size else self._bytes

    def content(self) -> dict[str, Any]:
        """Decode; raises msgspec.DecodeError, UnicodeDecodeError or RecursionError.

        It never does for one that went through ``kube.decoding``.
        """
        decoded = _DECODER.decode(self.json)
        # Left out by the server for the items of a list of a built-in type.
        decoded.setdefault("apiVersion", self.api_version)
        decoded.setdefault("kind", self.kind)
        return decoded


_DECODER = msgspec.json.Decoder(dict[str, Any])


class Problem(NamedTuple):
    """Why an object is of no use to us."""

    what: str
    """``TooLarge``, ``NotReadable`` or ``ShareExceeded``; the end of a condition's reason."""
    message: str
    """A sentence about "it", for a person; nothing of the object's content."""
    limit: Limit

    def reason(self, role: str) -> str:
        """Return the reason of a condition; ``role`` is ``Source`` or ``Reference``."""
        return role + self.what


class UnusableObject(Identity):
    """An object that exists and whose content is not to be had.

    That is never a change and never a deletion: whoever meets one leaves everything as it is, and
    tells the problem.
    """

    __slots__ = ("problem",)

    def __init__(self, identity: Identity, problem: Problem) -> None:
        super().__init__(
            identity.api_version,
            identity.kind,
            identity.namespace,
            identity.name,
            identity.uid,
            identity.resource_version,
        )
        self.problem = problem


def content_of(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object decoded; a dict is that already."""
    return obj.content() if isinstance(obj, Identity) else obj


TOO_DEEP: Final = Problem(
    "TooLarge",
    f"it is nested deeper than the {SOURCE_BOUNDS.depth} levels that are read",
    Limit.OBJECT_DEPTH,
)
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_AS_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))


def excess(body: bytes, bounds: Bounds) -> Problem | None:
    """Tell which bound is exceeded; never says no for a body that is not nested too deeply."""
    if len(body) > bounds.size_bytes:
        return _too_large(f"{bounds.size_bytes} bytes", Limit.OBJECT_BYTES)
    openings = body.count(b"{") + body.count(b"[")
    # Commas and brackets inside of texts count too, so this is never too few.
    if body.count(b",") + openings <= bounds.values and openings <= bounds.depth:
        return None
    skeleton = _TEXT.sub(b'"', body)
    if _count_values(skeleton) > bounds.values:
        return _too_large(f"{bounds.values} values", Limit.OBJECT_VALUES)
    if _is_deeper(skeleton, bounds.depth):
        return TOO_DEEP
    return None


def _too_large(most: str, limit: Limit) -> Problem:
    return Problem("TooLarge", f"it has more than the {most} that are read of one object", limit)


def _count_values(skeleton: bytes) -> int:
    """Count what stands in maps and lists, of JSON without texts and white space."""
    # Each but the first has a comma before it, and the first the bracket, unless there is none.
    firsts = sum(map(skeleton.count, (b"{", b"["))) - sum(map(skeleton.count, (b"{}", b"[]")))
    return skeleton.count(b",") + firsts


def _is_deeper(skeleton: bytes, depth: int) -> bool:
    """Whether the brackets of JSON without texts are nested deeper than this."""
    rest = skeleton.translate(_AS_SQUARE, _NO_BRACKETS)
    for _ in range(depth):
        # Takes the innermost level of every nest away.
        rest = rest.replace(b"[]", b"")
        if not rest:
            return False
    return True
