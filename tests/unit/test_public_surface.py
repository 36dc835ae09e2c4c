"""What packages say that they offer is what others take from them."""

import importlib
import re
from collections import defaultdict
from pathlib import Path

import pytest

import clusterimport

PACKAGE = Path(clusterimport.__file__).parent
OFFERING = sorted(
    ".".join((PACKAGE.name, *path.parent.relative_to(PACKAGE).parts))
    for path in PACKAGE.rglob("__init__.py")
    if "__all__" in path.read_text(encoding="utf-8")
)
IMPORT = re.compile(r"^ *from (clusterimport[\w.]*) import (?:\(([^)]*)\)|([^(\n]+))", re.MULTILINE)
ALIASED = re.compile(r"(\w+)(?: as (\w+))?")


@pytest.fixture(scope="module", name="taken")
def names_taken():
    """Return what is taken from each package by its name, anywhere in the repository."""
    found = defaultdict(set)
    for folder in ("clusterimport", "development", "examples", "tests"):
        for path in (PACKAGE.parent / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for module, many, one in IMPORT.findall(text):
                for name, alias in ALIASED.findall(many or one.partition("#")[0]):
                    found[module].add(name)
                    if f"{module}.{name}" in OFFERING:
                        public = rf"\b{alias or name}\.([a-zA-Z]\w*)"
                        found[f"{module}.{name}"].update(re.findall(public, text))
    return found


@pytest.mark.parametrize("name", OFFERING)
def test_a_package_lists_what_others_take_from_it(name, taken):
    """All of it and no more, and everything that is listed is there."""
    package = importlib.import_module(name)
    modules = {path.stem for path in Path(package.__file__).parent.iterdir()}

    assert set(package.__all__) == taken[name] & set(dir(package)) - modules
    assert [each for each in package.__all__ if not hasattr(package, each)] == []
