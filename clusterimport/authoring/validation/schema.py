"""Fields that a policy cannot have; what it has to have is told when it is parsed."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.validation.problems import API_VERSION, UNKNOWN_FIELD
from clusterimport.model.names import POLICY_API_VERSION

_LEAF: Final[Mapping[str, Any]] = {}
_SOURCE: Final = {
    **dict.fromkeys(("group", "resource", "versions", "selectorTemplate"), _LEAF),
    **dict.fromkeys(("labelSelector", "fieldSelector"), _LEAF),
}
_REFERENCE: Final = {
    **dict.fromkeys(("key", "group", "resource", "versions"), _LEAF),
    **dict.fromkeys(("namespaceTemplate", "nameTemplate", "allowedNamespaces"), _LEAF),
    "labelSelector": {
        "matchLabels": _LEAF,
        "matchExpressions": [dict.fromkeys(("key", "operator", "values"), _LEAF)],
    },
}
SPEC: Final[Mapping[str, Any]] = {
    "source": _SOURCE,
    "references": [_REFERENCE],
    **dict.fromkeys(("nameTemplate", "template", "creationCondition", "mode"), _LEAF),
    **dict.fromkeys(("deletionPolicy", "updatePolicy", "maxDeletions"), _LEAF),
    "allowedCredentialFeatures": _LEAF,
}
"""The fields of a policy's spec, as its CRD has them."""
_TOP: Final = {
    **dict.fromkeys(("apiVersion", "kind", "metadata", "status"), _LEAF),
    "spec": SPEC,
}

Found = tuple[str, str, str]
"""Rule, path of the field, message."""


def shape_problems(document: Document) -> Iterator[Found]:
    """Find what strict validation of the API server would refuse."""
    version = document.obj["apiVersion"]
    if version != POLICY_API_VERSION:
        yield API_VERSION, "apiVersion", f"{version} is not {POLICY_API_VERSION}"
    yield from _unknown(document.obj, _TOP, "")


def _unknown(value: Any, known: Any, path: str) -> Iterator[Found]:
    if isinstance(known, list) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, known[0], f"{path}[{index}]")
        return
    if known is _LEAF or not isinstance(known, Mapping) or not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        below = f"{path}.{name}" if path else name
        if name in known:
            yield from _unknown(inner, known[name], below)
        else:
            yield UNKNOWN_FIELD, below, f"there is no such field{_near(name, known)}"


def _near(name: str, known: Mapping[str, Any]) -> str:
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    if found:
        return f"; did you mean {by_lower[found[0]]}?"
    return f"; there are {', '.join(known)}"
