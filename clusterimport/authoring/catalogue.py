"""The policies that come along, by name, with what the list of them says."""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from clusterimport.authoring.beginnings import written_name
from clusterimport.authoring.documents import Document, read_documents
from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.catalogue import POLICIES

__all__ = ["PARTS", "Catalogue", "CatalogueEntry"]

PARTS: Final[Mapping[str, str]] = {
    "policy": "policy.yaml",
    "role": "clusterrole.yaml",
    "samples": "samples.yaml",
    "test": "clusterimport-test.yaml",
}
"""The files of an entry by what they are called here."""
_ROW: Final = re.compile(
    r"^\| \[`(?P<name>[^`]+)`\]\([^)]*\) \| (?P<platform>[^|]+) \| (?P<source>[^|]+) "
    r"\| `(?P<names>[^|]+)` \| (?P<needs>[^|]+) \|$",
    re.MULTILINE,
)


class CatalogueEntry(NamedTuple):
    """A policy of the catalogue."""

    name: str
    """Of the policy and of its folder."""
    platform: str
    source: str
    """The source type as ``resource.group``; ``secrets`` for the core group."""
    names: str
    """What its PediaClusters are called, as ``rancher.<namespace>.<name>``."""
    needs: str
    folder: Path

    def text(self, part: str) -> str:
        """Return one of its files as it is; ``part`` is of `PARTS`."""
        return (self.folder / PARTS[part]).read_text()

    def renamed(self, part: str, name: str) -> str:
        """Return one of its files as that of a policy of another name, comments and all."""
        text = self.text(part)
        if part not in {"policy", "role"} or name == self.name:
            return text
        whose = re.escape(self.name)
        own = re.compile(rf"^  name: (clusterimport-)?{whose}$", re.MULTILINE)
        return own.sub(lambda found: "  name: " + written_name((found[1] or "") + name), text)

    def documents(self, *parts: str) -> list[Document]:
        """Return the objects of some of its files."""
        return read_documents([self.folder / PARTS[part] for part in parts])


class Catalogue:
    """All entries, in the order of the list in its README."""

    def __init__(self, folder: Path = POLICIES) -> None:
        self._folder = folder

    @cached_property
    def entries(self) -> Mapping[str, CatalogueEntry]:
        """Return the entries by name; raises InvalidInput for a damaged installation."""
        try:
            listed = (self._folder / "README.md").read_text()
        except OSError as error:
            raise InvalidInput(f"the catalogue cannot be read: {error}") from None
        return {
            row["name"]: CatalogueEntry(
                row["name"],
                row["platform"],
                row["source"].strip("`").replace("Secrets", "secrets"),
                row["names"],
                row["needs"].replace("`", ""),
                self._folder / row["name"],
            )
            for row in _ROW.finditer(listed)
        }

    def entry(self, name: str) -> CatalogueEntry:
        """Return an entry; raises NothingFound, with names that are like it."""
        if name not in self.entries:
            near = [each for each in self.entries if name in each or each in name]
            hint = (
                f"did you mean {', '.join(near)}?"
                if near
                else "`clusterimport catalogue` lists all"
            )
            raise NothingFound(f"there is no policy {name} in the catalogue; {hint}")
        return self.entries[name]
