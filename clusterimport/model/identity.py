"""Which object, without anything of it."""

from collections.abc import Iterator, Mapping
from typing import Any


class Identity(Mapping[str, Any]):
    """Which object, and in which version; nothing else of it is known."""

    __slots__ = ("api_version", "kind", "name", "namespace", "resource_version", "uid")

    def __init__(
        self,
        api_version: str,
        kind: str,
        namespace: str,
        name: str,
        uid: str,
        resource_version: str,
    ) -> None:
        self.api_version = api_version
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resource_version = resource_version

    @property
    def size(self) -> int:
        """The bytes of content that are kept."""
        return 0

    def content(self) -> dict[str, Any]:
        """Return the object as a decoder would have made it, as far as it is known; a new dict."""
        metadata = {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "resourceVersion": self.resource_version,
        }
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "metadata": {name: value for name, value in metadata.items() if value},
        }

    def __getitem__(self, field: str) -> Any:
        return self.content()[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self.content())

    def __len__(self) -> int:
        return len(self.content())

    def __repr__(self) -> str:
        # Without content, which may hold credentials.
        return f"<{type(self).__name__} {self.kind} {self.namespace}/{self.name}>"
