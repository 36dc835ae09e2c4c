"""Sources of which it was told that they were rejected: what the next leader has to know.

Kept in ``status.rejected`` of the policy; on Clusterpedia's CRDs, which drop it, in an annotation.
"""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from clusterimport.limits.deletions import REJECTIONS_REMEMBERED
from clusterimport.model.meta import Object, annotations_of
from clusterimport.model.names import REJECTED_ANNOTATION


class Rejection(NamedTuple):
    """A source, as ``namespace/name``, and the reason why nothing is made of it."""

    source: str
    reason: str


def to_list(rejections: Iterable[Rejection]) -> list[dict[str, str]]:
    """Return the wire form."""
    return [rejection._asdict() for rejection in rejections]


def to_annotation(rejections: list[dict[str, str]]) -> str:
    """Return the wire form as a text; empty for no rejections."""
    return json.dumps(rejections, separators=(",", ":")) if rejections else ""


def was_told(policy: Object, rejection: Rejection, *, keeps_status: bool) -> bool:
    """Whether a policy says that a rejection was told; of more than it can hold, all were.

    ``keeps_status``: whether its CRD has the field; only else the annotation counts.
    """
    if keeps_status:
        raw = (policy.get("status") or {}).get("rejected")
    else:
        raw = _decoded(annotations_of(policy).get(REJECTED_ANNOTATION, ""))
    entries = raw if isinstance(raw, list) else []
    return len(entries) >= REJECTIONS_REMEMBERED or rejection._asdict() in entries


def _decoded(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
