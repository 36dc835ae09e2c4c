"""Which texts may name Kubernetes objects, and which parts of a policy may name types."""

import re
from typing import Final

MAX_NAME_CHARACTERS: Final = 253
MAX_LABEL_CHARACTERS: Final = 63

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAMESPACE: Final = re.compile(_LABEL)
_PATH_SEGMENT: Final = re.compile(r"[!-$&-.0-~]+")
"""Printable ASCII without space, percent sign and slash: what a URL path can carry as one name."""


def is_subdomain(name: str) -> bool:
    """Whether it is an RFC 1123 subdomain, as names of most objects are."""
    return len(name) <= MAX_NAME_CHARACTERS and _SUBDOMAIN.fullmatch(name) is not None


def is_namespace(name: str) -> bool:
    """Whether it is an RFC 1123 label, as names of namespaces are."""
    return len(name) <= MAX_LABEL_CHARACTERS and _NAMESPACE.fullmatch(name) is not None


def is_path_segment(name: str) -> bool:
    """Whether it can be the name of any object at all."""
    return (
        len(name) <= MAX_NAME_CHARACTERS
        and name not in {".", ".."}
        and _PATH_SEGMENT.fullmatch(name) is not None
    )


def refused_type(group: str, resource: str) -> str:
    """Return why a type cannot be source or reference, empty where it can.

    Our own types would feed on themselves; Events and Leases change all the time by themselves.
    """
    if group == "clusterpedia.io" or group.endswith(".clusterpedia.io"):
        return f"{resource} of {group} belong to Clusterpedia and cannot be used here"
    if (group in {"", "events.k8s.io"} and resource == "events") or (
        group == "coordination.k8s.io" and resource == "leases"
    ):
        return f"{resource} change all the time and cannot be used here"
    return ""
