"""Lays down the pages of the documentation's site: `python -m development.site FOLDER`.

They lie there as in the repository, with every file that they link to: a relative link leads to the
same place on the site as where the repository is browsed, and mkdocs can check it.
"""

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_DOCUMENTS: Final = (
    "*.md",
    "docs/**/*.md",
    "charts/*/*.md",
    "examples/*.md",
    "examples/policies/*.md",
)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"(?ms)^```.*?^```$|`[^`\n]*`")


def documents() -> list[Path]:
    """Return every document for readers."""
    return sorted(path for pattern in _DOCUMENTS for path in ROOT.glob(pattern))


def links(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield file and anchor (maybe empty) of each link that does not leave the repository."""
    for target in _LINK.findall(_CODE.sub("", document.read_text("utf-8"))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield (document.parent / path).resolve() if path else document, anchor


def main() -> None:
    """Write into the folder of the arguments, in place of what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    pages = documents()
    linked = {file for page in pages for file, _ in links(page)}
    for path in filter(Path.is_file, {*pages, *linked}):  # mkdocs tells what is missing
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


if __name__ == "__main__":
    main()
