"""What an import would write, told field by field: for policies that only observe.

Addresses, labels and what is synchronised are told as they are, credentials as given or not.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from clusterimport.engine.addresses import complete_address, inspect_address, normalize_address
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.kubeconfig import BadKubeconfigError, read_kubeconfig
from clusterimport.model.meta import Object, annotations_of, labels_of
from clusterimport.model.names import POLICY_GROUP
from clusterimport.model.pediacluster import AUTHENTICATION_FROM, BYTE_FIELDS, decode_bytes

_SHOWN_CHARACTERS: Final = 100
_SHOWN_ITEMS: Final = 20
_METADATA: Final = (("labels", labels_of), ("annotations", annotations_of))


def preview_creation(rendered: RenderedCluster) -> str:
    """Say which PediaCluster would be created."""
    return "would create the PediaCluster with " + _joined(_content(rendered))


def preview_update(rendered: RenderedCluster, existing: Object, patch: Mapping[str, Any]) -> str:
    """Say what a merge patch would change of a PediaCluster, which may be a redacted one."""
    return "would change " + _joined(_changes(rendered, existing, patch))


def _content(rendered: RenderedCluster) -> Iterator[str]:
    spec = rendered.spec
    if address := spec.get("apiserver"):
        yield f"apiserver {_address(address)}"
    for field in BYTE_FIELDS:
        if spec.get(field):
            yield f"{field} given{_leading_to(rendered) if field == 'kubeconfig' else ''}"
    absent = [field for field in BYTE_FIELDS if not spec.get(field)]
    if absent and not spec.get("kubeconfig"):
        yield f"{', '.join(absent)} absent"
    if spec.get(AUTHENTICATION_FROM):
        yield f"{AUTHENTICATION_FROM} for {', '.join(sorted(spec[AUTHENTICATION_FROM]))}"
    yield from (f"label {pair}" for pair in _pairs(rendered.labels))
    yield from (f"annotation {pair}" for pair in _pairs(rendered.annotations))
    yield f"syncResources {_synchronised(spec.get('syncResources'))}"
    for field in ("syncAllCustomResources", "syncResourcesRefName", "shardingName"):
        if spec.get(field):
            yield f"{field} {_shown(spec[field])}"


def _changes(
    rendered: RenderedCluster, existing: Object, patch: Mapping[str, Any]
) -> Iterator[str]:
    present = existing.get("spec") or {}
    for field, value in (patch.get("spec") or {}).items():
        yield f"{field} {_change(field, present.get(field), value, rendered)}"
    metadata = patch.get("metadata") or {}
    for kind, read in _METADATA:
        there = read(existing)
        for key, value in (metadata.get(kind) or {}).items():
            if key.partition("/")[0] != POLICY_GROUP:
                change = _from_to(there.get(key), value)
                yield f"{kind.removesuffix('s')} {_shown(key)} {change}"
    if "ownerReferences" in metadata:
        yield "the mark of whose it is (ownerReferences)"


def _change(field: str, before: Any, after: Any, rendered: RenderedCluster) -> str:
    if field in BYTE_FIELDS:
        leading = _leading_to(rendered) if field == "kubeconfig" and after else ""
        if not after:
            return "(removed)"
        return f"(another value{leading})" if before else f"(given for the first time{leading})"
    if field == "apiserver":
        return _from_to(_address(before or ""), _address(after or ""))
    if field == "syncResources":
        return f"from {_synchronised(before)} to {_synchronised(after)}"
    if field == AUTHENTICATION_FROM:
        return "(other Secrets)"
    return _from_to(before, after)


def _from_to(before: Any, after: Any) -> str:
    if after is None or after == "":
        return f"(removed, was {_shown(before)})"
    return f"from {_shown(before)} to {_shown(after)}" if before else f"(new) {_shown(after)}"


def _leading_to(rendered: RenderedCluster) -> str:
    """Return where a kubeconfig leads; it was read before, for the judgement of it."""
    try:
        server = read_kubeconfig(decode_bytes(rendered.spec["kubeconfig"])).server
    except (BadKubeconfigError, ValueError):
        return ""
    return f" for {_address(server, of_kubeconfig=True)}"


def _address(address: str, *, of_kubeconfig: bool = False) -> str:
    """Return an address without what a query or a user name could hold."""
    complete = complete_address(address)
    if inspect_address(complete) is not None:
        return "that is none" if address else ""
    return _shown(normalize_address(complete, of_kubeconfig=of_kubeconfig))


def _synchronised(groups: Any) -> str:
    """Return what is synchronised as types, as kubectl names them."""
    names = [
        f"{resource}.{group['group']}" if group.get("group") else str(resource)
        for group in groups or ()
        for resource in group.get("resources") or ()
    ]
    return _few(names) if names else "none"


def _pairs(texts: Mapping[str, str]) -> Iterator[str]:
    return (f"{_shown(key)}={_shown(value)}" for key, value in texts.items())


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _few(names: list[str]) -> str:
    shown = ", ".join(map(_shown, names[:_SHOWN_ITEMS]))
    more = len(names) - _SHOWN_ITEMS
    return f"[{shown}, and {more} more]" if more > 0 else f"[{shown}]"


def _joined(parts: Iterator[str]) -> str:
    found = list(itertools.islice(parts, 3 * _SHOWN_ITEMS))
    return "; ".join(found) if found else "nothing that is shown"
