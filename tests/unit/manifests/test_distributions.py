"""What a packager and who installs get: the source distribution, and the wheel made of it alone."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from clusterimport import __version__
from development.manifests import ROOT

NAME = f"clusterimport-{__version__}"
OF_GIT = {".gitignore"}
OF_THE_BUILD = {"PKG-INFO", "setup.cfg"}


def tracked() -> list[Path]:
    """Return what git has, relative to the checkout; a link to a folder is one entry."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [Path(name) for name in listed if name and (ROOT / name).exists()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy that has only what git has, with its distributions in ``dist``."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout of git")
    folder = tmp_path_factory.mktemp("checkout")
    for name in tracked():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def files() -> set[str]:
    """Return every file that git has, those behind links of folders by both their names."""
    found = set()
    for name in tracked():
        below = (ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name]
        found |= {each.relative_to(ROOT).as_posix() for each in below if each.is_file()}
    return found


@pytest.mark.slow
def test_the_source_distribution_has_what_git_has(checkout: Path, files: set[str]) -> None:
    """Tests, documents, chart, locks and workflows; no file more than the build adds itself."""
    with tarfile.open(checkout / "dist" / f"{NAME}.tar.gz") as archive:
        held = {each.name.removeprefix(f"{NAME}/") for each in archive if not each.isdir()}
        # Whoever unpacks it gets what it has, not what a link leads to there.
        assert not [each.name for each in archive if each.issym() or each.islnk()]
    held = {name for name in held if not name.startswith("clusterimport.egg-info/")}
    assert held - OF_THE_BUILD == files - OF_GIT
    for part in ("tests/unit", "docs", "charts", "examples/policies", ".github", "LICENSE"):
        assert any(name.startswith(part) for name in held), part


@pytest.mark.slow
def test_the_wheel_of_the_source_distribution_has_the_program(
    checkout: Path, files: set[str]
) -> None:
    """All that is below the package, the catalogue and the manifests with it, and nothing else."""
    (wheel,) = (checkout / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {each for each in archive.namelist() if ".dist-info/" not in each}
        (metadata,) = (
            archive.read(each).decode()
            for each in archive.namelist()
            if each.endswith(".dist-info/METADATA")
        )
        rights = [each.external_attr >> 16 & 0o002 for each in archive.infolist()]
    wanted = {name for name in files if name.startswith("clusterimport/")}
    assert held == wanted
    assert not any(rights)
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
