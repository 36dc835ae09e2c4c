"""Whether an object is more than is read of one: judged on its JSON, at a fraction of decoding."""

import re
from typing import Final

from clusterimport.limits.counted import Limit
from clusterimport.limits.objects import SOURCE_BOUNDS, Bounds
from clusterimport.model.objects import Problem

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
