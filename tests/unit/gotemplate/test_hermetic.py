"""Templates reach nothing: no environment, network, clock, file system or random source."""

import ast
import json
import subprocess
import sys
from pathlib import Path

from clusterimport import gotemplate
from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.functions import Function

ROOT = Path(__file__).parents[3]
PACKAGE = Path(gotemplate.__file__).parent
MODULES = {
    "base64", "binascii", "bisect", "clusterimport", "collections", "contextlib",
    "dataclasses", "datetime", "enum", "functools", "hashlib", "io",
    "itertools", "json", "math", "msgspec", "re", "re2", "struct", "sys", "types", "typing",
    "unicodedata", "urllib", "yaml", "zlib", "zoneinfo",
}  # fmt: skip
READS_AT_START = {"sprig/zones.py": {"importlib"}}
COMMAND_LINE = {"__main__.py": {"argparse"}}


def test_rendering_every_function_touches_nothing_outside():
    """While all functions render, no audit event happens, and no clock or chance is asked."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.golden.hermetic"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    report = json.loads(run.stdout)

    assert report["works"]
    assert report["seen"] == []
    functions = {name for name, entry in FUNCTIONS.items() if isinstance(entry, Function)}
    assert functions <= set(report["rendered"])


def _trees():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text(encoding="utf-8"))


def test_only_pure_modules_are_imported():
    """No module for time, randomness, processes, files or sockets is there to be called."""
    for name, tree in _trees():
        allowed = MODULES | READS_AT_START.get(name, set()) | COMMAND_LINE.get(name, set())
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            roots = {module.partition(".")[0] for module in names}
            assert roots <= allowed, (name, roots - allowed)


def test_no_name_leads_to_python_itself():
    """Nothing asks for the present time, and no attribute or code is looked up by a text."""
    calls = {"eval", "exec", "compile", "__import__", "open", "input", "globals", "vars", "locals"}
    clocks = {"now", "today", "utcnow", "fromtimestamp"}
    # Flags and civil fields are set and read by names from tables of constants.
    by_name = {"printf/directives.py": {"setattr"}, "sprig/timemethods.py": {"getattr"}}
    for name, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, name
                if node.func.id in {"getattr", "setattr", "delattr"}:
                    assert node.func.id in by_name.get(name, set()), name
            if isinstance(node, ast.Attribute) and node.attr in clocks:
                assert isinstance(node.value, ast.Name), name
                assert node.value.id not in {"datetime", "date", "time"}, name
