"""The documents' links, here and on the site that is made of them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from development import site
from development.manifests import ROOT


def anchors(document: Path) -> Iterator[str]:
    """Yield what GitHub calls the headings of a document; the site is told to do the same."""
    seen: dict[str, int] = {}
    text = re.sub(r"(?ms)^```.*?^```$", "", document.read_text())
    for heading in re.findall(r"(?m)^#+ (.+)$", text):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        yield f"{slug}-{count}" if count else slug


@pytest.mark.parametrize("document", site.documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    """To a file that exists, and to a heading that it has."""
    for path, anchor in site.links(document):
        assert path.exists(), path
        if anchor:
            assert anchor in set(anchors(path)), f"{path.name}#{anchor}"


def test_the_site_has_every_document_once() -> None:
    """What its navigation leaves out nobody finds; mkdocs knows only what is laid down for it."""
    listed = re.findall(r"(?m)^ +- (?:.+: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text())
    assert sorted(listed) == [str(path.relative_to(ROOT)) for path in site.documents()]


def test_a_link_that_leads_nowhere_fails_the_build() -> None:
    """With --quiet, mkdocs counts no warnings, and strict means nothing."""
    (command,) = re.findall(r"mkdocs .*", (ROOT / "Makefile").read_text())
    assert command == "mkdocs build --strict"
    for kind in ("omitted_files", "absolute_links", "unrecognized_links", "anchors"):
        assert f"  {kind}: warn\n" in (ROOT / "mkdocs.yml").read_text()


def test_pages_are_laid_down_with_what_they_link_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with nothing else; what was there before is gone."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "old.md").touch()
    monkeypatch.setattr(sys, "argv", ["site", str(folder)])
    site.main()
    laid_down = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    linked = {file for page in site.documents() for file, _ in site.links(page)}
    assert laid_down == {path.relative_to(ROOT) for path in {*site.documents(), *linked}}
    assert Path("LICENSE") in laid_down
    assert Path("old.md") not in laid_down


def test_links_in_code_are_none(tmp_path: Path) -> None:
    """A document may show how a link is written."""
    document = tmp_path / "a.md"
    document.write_text(
        "`[a](b.md)`\n\n```\n[a](c.md)\n```\n\n[a](d.md#e) [a](https://e.org) [a](#f)\n"
    )
    assert list(site.links(document)) == [(tmp_path / "d.md", "e"), (document, "f")]
