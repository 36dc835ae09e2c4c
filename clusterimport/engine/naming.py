"""What the API server takes as names, labels and annotations, and which types a policy may name.

Its own error of a refused write names no more than the map: what it says of keys and values is
dropped, since it may quote what was refused (``k8s.io/apimachinery/pkg/util/validation``).
"""

import re
from collections.abc import Mapping
from typing import Final

from clusterimport.model.names import POLICY_LABEL

MAX_NAME_CHARACTERS: Final = 253
MAX_LABEL_CHARACTERS: Final = 63

_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAMESPACE: Final = re.compile(_LABEL)
_PATH_SEGMENT: Final = re.compile(r"[!-$&-.0-~]+")
"""Printable ASCII without space, percent sign and slash: what a URL path can carry as one name."""
MAX_KEY_CHARACTERS: Final = 63
"""Longest name of a key, without its prefix, and longest value of a label."""
MAX_ANNOTATION_BYTES: Final = 256 * 1024
"""Most that all annotations of an object have together, keys and values."""

TOO_LARGE: Final = "are more than 256 KiB together, which the server refuses"

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")


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


def label_problem(key: str, value: str) -> str:
    """Return why a label would be refused, empty where it would not; quotes nothing."""
    return _key_problem(key) or _value_problem(value)


def policy_labels(policy: str) -> dict[str, str]:
    """Return what selects the objects of a policy; nothing where its name can be no label."""
    return {} if not policy or _value_problem(policy) else {POLICY_LABEL: policy}


def annotation_problem(key: str, value: str) -> str:
    """Return why an annotation would be refused, empty where it would not; quotes nothing."""
    del value  # Any text, within ``MAX_ANNOTATION_BYTES`` of all together.
    # The server looks at the key in lower case, so that a prefix may have capitals, too.
    return _key_problem(key.lower())


def too_large(annotations: Mapping[str, str]) -> bool:
    """Whether the server would refuse annotations for their size."""
    size = sum(len(text.encode()) for item in annotations.items() for text in item)
    return size > MAX_ANNOTATION_BYTES


def is_qualified_name(key: str) -> bool:
    """Whether a text can be the key of a label."""
    return not _key_problem(key)


def _key_problem(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return (
            "what stands before `/` in a key must be a DNS name: lower-case letters, digits, `-` "
            "and `.`, 253 at most"
        )
    if len(name) > MAX_KEY_CHARACTERS:
        return f"the name of a key has {MAX_KEY_CHARACTERS} characters at most, not {len(name)}"
    if _NAME.fullmatch(name) is None:
        return (
            "the name of a key consists of letters, digits, `-`, `_` and `.`, and begins and ends "
            "with a letter or digit"
        )
    return ""


def _value_problem(value: str) -> str:
    if len(value) > MAX_KEY_CHARACTERS:
        return f"a value has {MAX_KEY_CHARACTERS} characters at most, not {len(value)}"
    if value and _NAME.fullmatch(value) is None:
        return (
            "a value consists of letters, digits, `-`, `_` and `.`, and begins and ends with a "
            "letter or digit: this one does not. An annotation takes any text"
        )
    return ""
