"""What becomes of a decoded object before it is stored, and what of it is shared.

Equal texts (field names, label names, namespaces, kinds) are made one, because a decoder makes a
new one for every object; and so are the parts that are equal in most objects of a type, which can
be, since nobody changes what is kept.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from clusterimport.limits.objects import (
    SHARED_PART_BYTES,
    SHARED_PARTS,
    SHARED_TEMPLATES_CHARACTERS,
    SHARED_TEXT_CHARACTERS,
    SHARED_TEXTS,
)
from clusterimport.model.meta import Object

Transform = Callable[[Object], Object]
"""Makes the object to store from the object received; pure, total, leaves its input as it is."""

_SHARED_FIELDS = frozenset({"apiVersion", "kind", "namespace", "group", "resource", "controller"})
_TEMPLATES = frozenset({"template", "creationCondition", "nameTemplate", "namespaceTemplate"})
"""Long, and the same in all lifecycles of a policy."""
_SHARED_MAPS = frozenset({"labels", "matchLabels"})
_SHARED_PARTS = frozenset({"labels", "ownerReferences", "references", "syncResources"})
"""The same in all objects of a policy, or in very many."""
_SHARED_ITEMS = frozenset({"conditions"})
"""Lists with items that are the same in what was looked at in one second."""
MAX_DEPTH = 64
"""Nesting that is looked into; deeper parts are kept as they came."""


class Interner:
    """A bounded table of texts, each kept once."""

    def __init__(self, max_texts: int = SHARED_TEXTS) -> None:
        self._max_texts = max_texts
        self._texts: dict[str, str] = {}
        self._templates: dict[str, str] = {}
        self._template_characters = 0
        self._parts: dict[bytes, Any] = {}
        self.known = self._texts.get
        """Returns the shared one of texts that were seen; for where a call more would count."""

    def text(self, text: str) -> str:
        """Return the shared one of all equal texts."""
        if len(text) > SHARED_TEXT_CHARACTERS:
            return text
        if len(self._texts) >= self._max_texts:
            self._texts.clear()
        return self._texts.setdefault(text, text)

    def template(self, text: str) -> str:
        """Return the shared one of all equal texts, be they long."""
        known = self._templates.get(text)
        if known is not None:
            return known
        if len(text) > SHARED_TEMPLATES_CHARACTERS:
            return text
        self._template_characters += len(text)
        if self._template_characters > SHARED_TEMPLATES_CHARACTERS:
            self._templates.clear()
            self._template_characters = len(text)
        self._templates[text] = text
        return text

    def part(self, value: Any, make: Callable[[Any], Any]) -> Any:
        """Return the shared one of all equal parts of objects; what is made of the first is kept.

        Equal are those with the same fields in the same order, so that they are written alike.
        """
        encoded = msgspec.json.encode(value)
        known = self._parts.get(encoded)
        if known is not None:
            return known
        made = make(value)
        if len(encoded) <= SHARED_PART_BYTES:
            if len(self._parts) >= SHARED_PARTS:
                self._parts.clear()
            self._parts[encoded] = made
        return made

    def __len__(self) -> int:
        return len(self._texts)


class Slimmer:
    """The transform that is applied first to everything that is kept decoded."""

    def __init__(self, interner: Interner) -> None:
        self._text = interner.text
        self._known = interner.known
        self._template = interner.template
        self._part = interner.part

    def __call__(self, obj: Object) -> Object:
        """Return a copy of an object that shares its texts with others."""
        return self._map(obj, depth=MAX_DEPTH)

    def _map(self, value: Object, depth: int) -> dict[str, Any]:
        text, known = self._text, self._known
        copy: dict[str, Any] = {}
        for each, item in value.items():
            name = known(each) or text(each)
            if isinstance(item, str):
                if name in _SHARED_FIELDS:
                    copy[name] = text(item)
                else:
                    copy[name] = self._template(item) if name in _TEMPLATES else item
            elif isinstance(item, dict | list) and depth > 0:
                copy[name] = self._held(name, item, depth - 1)
            else:
                copy[name] = item
        return copy

    def _held(self, name: str, value: dict[str, Any] | list[Any], depth: int) -> Any:
        """Return what a field holds, maybe as others hold it, too."""
        if name in _SHARED_PARTS:
            return self._part(value, lambda part: self._own(name, part, depth))
        if name in _SHARED_ITEMS and isinstance(value, list):
            return [self._part(item, lambda part: self._own("", part, depth)) for item in value]
        return self._own(name, value, depth)

    def _own(self, name: str, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return self._shared(value) if name in _SHARED_MAPS else self._map(value, depth)
        return self._list(value, depth) if isinstance(value, list) else value

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        return [
            self._map(item, depth)
            if isinstance(item, dict)
            else self._list(item, depth - 1)
            if isinstance(item, list) and depth > 0
            else item
            for item in value
        ]

    def _shared(self, labels: dict[str, Any]) -> dict[str, Any]:
        text = self._text
        return {
            text(name): text(value) if isinstance(value, str) else value
            for name, value in labels.items()
        }


def chain(first: Transform, second: Transform | None) -> Transform:
    """Apply one transform after the other."""
    if second is None:
        return first
    then = second
    return lambda obj: then(first(obj))
