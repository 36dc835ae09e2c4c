"""A credential that is easy to recognise, and the search for it, in whatever form it may leak."""

import base64
import json
import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any

from development.controlplane.client import AdminClient
from development.world import PEDIACLUSTER

LENGTH = 24
"""Lower-case letters only, and few: no shape by which a filter of logs could know a credential,
not even in base64. What is looked for is that nobody logs one, not that a filter removes it."""
_PIECE = 16
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def canary() -> str:
    """Return a new one; a valid name and label, and the same in URLs, JSON and YAML."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(LENGTH))


def forms(text: str) -> dict[str, str]:
    """Return what to look for, by name: pieces of a text as they are, in base64, twice so, in hex.

    Pieces, because a message may be cut, and because base64 depends on what stands before.
    """
    found = {}
    for start in range(0, len(text) - _PIECE + 1, _PIECE // 2):
        piece = text[start : start + _PIECE]
        found[f"{start} raw"] = piece
        found[f"{start} hex"] = piece.encode().hex()
        for shift, once in enumerate(_base64_inside(piece)):
            found[f"{start} base64/{shift}"] = once
            for again, twice in enumerate(_base64_inside(once)):
                found[f"{start} base64/{shift}/{again}"] = twice
    return found


def search(text: str, wanted: Mapping[str, str]) -> list[str]:
    """Return which forms occur in a text, each with what stands around it."""
    found = []
    for name, form in wanted.items():
        at = text.find(form)
        if at >= 0:
            found.append(f"{name}: …{text[max(at - 200, 0) : at + len(form) + 40]}…")
    return found


def everything(admin: AdminClient) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of every type that the server's discovery names, with its type."""
    versions = ["/api/v1"]
    for group in admin.get("/apis")["groups"]:
        versions += [f"/apis/{version['groupVersion']}" for version in group["versions"]]
    for root in versions:
        for resource in admin.get(root)["resources"]:
            if "list" in resource["verbs"]:
                for item in admin.get(f"{root}/{resource['name']}")["items"]:
                    yield resource["kind"], item


def outside(admin: AdminClient) -> str:
    """Return everything on the server but Secrets and the specs of PediaClusters, as JSON.

    What a person has written with kubectl stands in an annotation too; that is the person's.
    """
    kept = []
    for kind, item in everything(admin):
        if kind == "Secret":
            continue
        if kind == PEDIACLUSTER:
            item["spec"] = None
            (item["metadata"].get("annotations") or {}).pop(LAST_APPLIED, None)
        kept.append(f"{kind}: {json.dumps(item, ensure_ascii=False)}")
    return "\n".join(kept)


def _base64_inside(text: str) -> Iterator[str]:
    """Yield the part of a text's base64 that does not depend on what stands around it."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text.encode()).decode()
        yield encoded[(before * 8 + 5) // 6 : (before + len(text)) * 8 // 6]


CANARY = canary()
"""The one of this run."""
FORMS = forms(CANARY)
