"""Every bound has its reason, and those that are told are counted."""

import ast
from itertools import pairwise
from pathlib import Path

import clusterimport
from clusterimport.limits.counted import Limit

PACKAGE = Path(clusterimport.__file__).parent
MODULES = sorted((PACKAGE / "limits").glob("*.py"))


def test_t59_every_bound_says_why():
    """What stands in the package without a reason is nobody's to change."""
    bodies = [ast.parse(path.read_text(encoding="utf-8")).body for path in MODULES]
    bounds = [
        (statement.target.id, after)
        for body in bodies
        for statement, after in pairwise((*body, ast.Pass()))
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]

    assert len(bounds) > 50
    for name, after in bounds:
        assert isinstance(after, ast.Expr), name
        assert isinstance(after.value, ast.Constant), name


def test_t59_every_bound_that_is_told_is_reached_somewhere():
    """A series that nothing can count would look as if the bound were never met."""
    others = [path for path in PACKAGE.rglob("*.py") if path not in MODULES]
    code = "\n".join(path.read_text(encoding="utf-8") for path in others)

    assert [limit for limit in Limit if f"Limit.{limit.name}" not in code] == []
