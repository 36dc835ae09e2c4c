"""What the API server takes as labels and annotations, so that a refusal can say which and why.

Its own error of a refused write names no more than the map: what it says of keys and values is
dropped, since it may quote what was refused (``k8s.io/apimachinery/pkg/util/validation``).
"""

import re
from collections.abc import Mapping
from typing import Final

from clusterimport.engine.naming import is_subdomain
from clusterimport.model.names import POLICY_LABEL

MAX_NAME_CHARACTERS: Final = 63
"""Longest name of a key, without its prefix, and longest value of a label."""
MAX_ANNOTATION_BYTES: Final = 256 * 1024
"""Most that all annotations of an object have together, keys and values."""

TOO_LARGE: Final = "are more than 256 KiB together, which the server refuses"

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")


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
    if len(name) > MAX_NAME_CHARACTERS:
        return f"the name of a key has {MAX_NAME_CHARACTERS} characters at most, not {len(name)}"
    if _NAME.fullmatch(name) is None:
        return (
            "the name of a key consists of letters, digits, `-`, `_` and `.`, and begins and ends "
            "with a letter or digit"
        )
    return ""


def _value_problem(value: str) -> str:
    if len(value) > MAX_NAME_CHARACTERS:
        return f"a value has {MAX_NAME_CHARACTERS} characters at most, not {len(value)}"
    if value and _NAME.fullmatch(value) is None:
        return (
            "a value consists of letters, digits, `-`, `_` and `.`, and begins and ends with a "
            "letter or digit: this one does not. An annotation takes any text"
        )
    return ""
