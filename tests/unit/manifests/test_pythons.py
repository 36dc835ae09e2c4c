"""Which versions of Python and of dependencies are supported, and tried."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPORTED = [
    found[1]
    for classifier in PROJECT["classifiers"]
    if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", classifier))
]


def test_t30_the_versions_that_are_supported_are_those_that_can_be_installed() -> None:
    """Classifiers and the bound of the package say the same, and the image has one of them."""
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert SUPPORTED == ["3.11", "3.12", "3.13", "3.14"]
    assert [f"3.{minor}" for minor in range(30) if f"3.{minor}" in allowed] == SUPPORTED
    least, most = (tuple(map(int, each.split("."))) for each in (SUPPORTED[0], SUPPORTED[-1]))
    checked = f"not {least} <= sys.version_info < ({most[0]}, {most[1] + 1})"
    assert checked in (ROOT / "Makefile").read_text()
    assert f"Python {SUPPORTED[0]} to {SUPPORTED[-1]}" in (ROOT / "README.md").read_text()
    image = re.search(
        r"^ARG PYTHON_IMAGE=python:([\d.]+)-", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert image is not None
    assert image[1] in SUPPORTED


def test_t30_what_is_relied_on_in_private_has_an_upper_bound() -> None:
    """A new release of these is tried before it is allowed."""
    requirements = {each.name: each for each in map(Requirement, PROJECT["dependencies"])}
    for name in ("aiohttp", "httpcore", "kubernetes-asyncio"):
        assert any(each.operator == "<" for each in requirements[name].specifier), name


@pytest.mark.parametrize(("code", "found"), [(0, True), (127, False)])
def test_t30_an_interpreter_that_does_not_run_is_not_found(tmp_path, code, found) -> None:
    """CI says which versions it could not try; a shim without a program behind it is none."""
    shim = interpreter(tmp_path / "python2.0", code)
    done = find({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (done.returncode, done.stdout) == ((0, f"{shim}\n") if found else (1, ""))


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("PYENV_ROOT", "versions/2.0.1/bin/python"),
        ("UV_PYTHON_INSTALL_DIR", "cpython-2.0.1-linux-x86_64-gnu/bin/python"),
    ],
)
def test_t30_an_interpreter_that_is_not_on_the_path_is_found(tmp_path, variable, place) -> None:
    """What pyenv and uv installed is tried, too, where nobody made it the one of the shell."""
    (tmp_path / place).parent.mkdir(parents=True)
    installed = interpreter(tmp_path / place, 0)
    done = find({variable: str(tmp_path)})
    assert (done.returncode, done.stdout) == (0, f"{installed}\n")


def interpreter(path: Path, code: int) -> Path:
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def find(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / ".ci" / "pythons", "--find", "2.0"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
