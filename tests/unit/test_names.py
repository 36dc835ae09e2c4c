"""The names of classes have one meaning each."""

import ast
from collections import defaultdict
from pathlib import Path

import clusterimport

PACKAGE = Path(clusterimport.__file__).parent


def classes():
    """Return where each public class stands, by its name in small letters."""
    found = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
                found[statement.name.lower()].append(
                    f"{path.relative_to(PACKAGE)}:{statement.name}"
                )
    return found


def test_no_public_name_stands_for_two_things():
    """Not even with other capitals: a reader who meets a name knows which class it is."""
    assert {name: places for name, places in classes().items() if len(places) > 1} == {}
