"""The image, built by buildah on a base of this machine's own files: `make image-check`.

No daemon, no registry and no privilege beyond this user's is needed; pip has to reach its index.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import clusterimport
from development.manifests import ROOT

pytestmark = [
    pytest.mark.skipif(shutil.which("buildah") is None, reason="buildah is not installed"),
    pytest.mark.timeout(1200),
]

LARGEST = 260_000_000
"""Bytes of the image's files, told with its reason: four fifths are Python and its wheels."""
OF_A_PACKAGE_MANAGER = ("pip", "ensurepip", "dpkg", "apt", "apk", "rpm", "uv", "setuptools")


class Buildah:
    """Works in a folder of its own, as a container builder without overlays and namespaces does."""

    def __init__(self, folder: Path) -> None:
        self._storage = [
            *("--root", str(folder / "storage"), "--runroot", str(folder / "run")),
            # The variable counts for nothing beside --root, and an overlay stays mounted.
            *("--storage-driver", "vfs"),
        ]
        self._environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "HOME": str(folder)}

    def run(self, *arguments: str) -> str:
        ended = subprocess.run(
            ["buildah", *self._storage, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
        return ended.stdout.strip()


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    folder = tmp_path_factory.mktemp("buildah")
    yield Buildah(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def image(buildah: Buildah, tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("base") / "root"
    subprocess.run([sys.executable, "-m", "development.imagebase", str(root)], cwd=ROOT, check=True)
    container = buildah.run("from", "scratch")
    buildah.run("copy", "--quiet", container, str(root), "/")
    buildah.run("commit", "--quiet", "--rm", container, "localhost/base:1")
    shutil.rmtree(root)
    name = f"localhost/clusterimport:{clusterimport.__version__}"
    buildah.run(
        *("build", "--build-arg", "PYTHON_IMAGE=localhost/base:1"),
        *("--build-arg", f"VERSION={clusterimport.__version__}", "--tag", name, "."),
    )
    return name


@pytest.fixture(scope="module")
def container(buildah: Buildah, image: str) -> str:
    return buildah.run("from", image)


@pytest.fixture(scope="module")
def files(buildah: Buildah, container: str) -> Path:
    return Path(buildah.run("mount", container))


def test_the_program_runs_in_it(buildah: Buildah, container: str) -> None:
    """Under both names, and its manifests and catalogue are there."""
    version = f"clusterimport {clusterimport.__version__}"
    assert buildah.run("run", container, "--", "controller-manager", "--version") == version
    assert buildah.run("run", container, "--", "clusterimport", "catalogue", "show", "mcp")
    crds = buildah.run("run", container, "--", "clusterimport", "manifests", "--crds-only")
    assert crds.count("kind: CustomResourceDefinition") == 4


def test_it_trusts_the_authorities_of_its_base(buildah: Buildah, container: str) -> None:
    """An API server with a certificate of a public authority can be asked."""
    code = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    python = "/opt/clusterimport/bin/python"
    assert int(buildah.run("run", container, "--", python, "-c", code)) > 50


def test_p3_nothing_of_a_package_manager_or_a_shell_is_in_it(files: Path) -> None:
    """Nor tests and scripts of what it was made of; what can be run is Python and ours."""
    programs = {path.name for path in files.glob("**/bin/*")}
    assert programs == {
        *("clusterimport", "controller-manager", "kubectl-clusterimport", "python", "python3"),
        f"python3.{sys.version_info[1]}",
    }
    for path in files.rglob("*"):
        assert path.name not in OF_A_PACKAGE_MANAGER, path
        assert not (path.is_dir() and path.name in {"tests", "test", "venv", "idlelib"}), path
        assert not path.name.lower().startswith("activate"), path


def test_p3_its_size_is_told(files: Path) -> None:
    """And has a bound, so that a stray folder is seen."""
    size = sum(path.lstat().st_size for path in files.rglob("*") if not path.is_symlink())
    print(f"the image has {size / 1e6:.0f} MB of files")
    assert size < LARGEST


def test_it_says_what_it_is(buildah: Buildah, image: str) -> None:
    """By the labels of the OCI, as a user without a name or rights."""
    config = json.loads(buildah.run("inspect", "--type", "image", image))["OCIv1"]["config"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.version"] == clusterimport.__version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert config["User"] == "65532:65532"
