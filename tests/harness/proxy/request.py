"""A request in Kubernetes' words, and which requests a fault is for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
WRITES = frozenset(_VERBS.values())
OURS = frozenset({"clusterimportpolicies", "pediaclusterlifecycles", "pediaclusters"})
"""Resources of Clusterpedia's groups; what a controller does to them is judged."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; ``at`` is when it came, in seconds since the epoch."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    raw_path: str = ""
    at: float = 0.0
    verb: str = ""
    """As RBAC has it; that of a stream is watch, and of a path without a type ``get``."""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    """In the path, or, of a creation, in the body."""

    @classmethod
    def read(
        cls,
        method: str,
        path: str,
        query: Mapping[str, str],
        **more: Any,
    ) -> "Request":
        """Take the path apart."""
        parts = [part for part in path.split("/") if part]
        group, rest = "", []
        if parts[:1] == ["api"]:
            rest = parts[2:]
        elif parts[:1] == ["apis"]:
            group, rest = (parts[1] if len(parts) > 1 else ""), parts[3:]
        namespace = ""
        if rest[:1] == ["namespaces"] and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        resource, name, subresource = (*rest, "", "", "")[:3]
        verb = _VERBS.get(method, "get")
        if verb == "get" and resource and not name:
            verb = "watch" if query.get("watch") in {"1", "true"} else "list"
        if verb == "create" and not name:
            name = _name_in(more.get("body", b""))
        return cls(
            method,
            path,
            query,
            verb=verb,
            group=group,
            resource=resource,
            subresource=subresource,
            namespace=namespace,
            name=name,
            **more,
        )

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.verb in WRITES

    @property
    def client(self) -> str:
        """Tell clients apart, by the token that they come with."""
        return digest(self.headers.get("Authorization", "").encode())

    def json(self) -> Any:
        """Return the body, decoded; None without one."""
        return json.loads(self.body) if self.body else None

    def __str__(self) -> str:
        """Tell it without its content: that of a PediaCluster is a credential."""
        where = "/".join(part for part in (self.namespace, self.name, self.subresource) if part)
        content = f" body {digest(self.body)}" if self.body else ""
        return f"{self.verb} {self.resource or self.path} {where}{content}".rstrip()


@dataclass(frozen=True, slots=True)
class Match:
    """Which requests: an empty part takes all; ``skip`` are left, then ``times`` are."""

    verbs: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    subresource: str | None = None
    skip: int = 0
    times: int = 0
    """0: however many there are."""

    @classmethod
    def of(
        cls,
        verbs: str = "",
        resources: str = "",
        names: str = "",
        *,
        subresource: str | None = None,
        skip: int = 0,
        times: int = 0,
    ) -> "Match":
        """Take words; ``write`` stands for all verbs that change something."""
        words = frozenset(verbs.split())
        wanted = words - {"write"} | (WRITES if "write" in words else frozenset())
        taken = frozenset(resources.split()), frozenset(names.split())
        return cls(wanted, *taken, subresource, skip, times)

    def takes(self, request: Request) -> bool:
        """Whether it is one of them, whatever their number."""
        return (
            (not self.verbs or request.verb in self.verbs)
            and (not self.resources or request.resource in self.resources)
            and (not self.names or request.name in self.names)
            and self.subresource in {None, request.subresource}
        )


def is_list_of(request: Request, resource: str) -> bool:
    """Whether a request lists or watches a type (by its plural)."""
    return request.resource == resource and request.verb in {"list", "watch"}


def digest(content: bytes) -> str:
    """Return what tells contents apart and nothing of them."""
    return hashlib.sha256(content).hexdigest()[:8]


def _name_in(body: bytes) -> str:
    try:
        name = json.loads(body)["metadata"].get("name", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(name)
