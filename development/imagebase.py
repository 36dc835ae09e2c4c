"""A stand-in for the base of the image, where no registry can be reached.

`python -m development.imagebase FOLDER` lays down a root file system of this machine's own files:
this Python under /usr/local with pip, as in the official images, and the programs that the
Dockerfile uses.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

PROGRAMS: Final = (
    *(
        "sh",
        "bash",
        "awk",
        "cat",
        "cp",
        "dirname",
        "find",
        "head",
        "id",
        "install",
        "ldconfig",
        "ldd",
    ),
    *("ln", "ls", "mkdir", "mv", "readlink", "rm", "sort", "touch", "uname", "xargs"),
)
FILES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/ld.so.conf")
LIBRARIES: Final = (
    *("libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0"),
    *("librt.so.1", "libstdc++.so.6", "libutil.so.1"),
)
"""What wheels may take for granted (manylinux), whether programs link to it or not."""
VERSION: Final = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_PIP: Final = '#!/bin/sh\nexec /usr/local/bin/python -m pip "$@"\n'


def main() -> None:
    """Write into the folder of the arguments, which must not exist."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    root = parser.parse_args().folder
    for name in ("etc/ld.so.conf.d", "root", "tmp", "usr/bin", "usr/lib", "usr/lib64", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    _python(root)
    programs = [Path(found) for name in PROGRAMS if (found := shutil.which(_found(name)))]
    for path in programs:
        _copy(path.resolve(), root / "usr" / "bin" / path.name)
    for library in _libraries([*programs, *(root / "usr/local").rglob("*.so*")]):
        _copy(library, root / str(library).removeprefix("/"))
    for name in FILES:
        if Path(name).exists():
            _copy(Path(name), root / name.removeprefix("/"))
    (root / "etc/ld.so.conf.d/local.conf").write_text("/usr/local/lib\n")
    subprocess.run([_found("ldconfig"), "-r", str(root)], check=True)


def _python(root: Path) -> None:
    """Copy the interpreter and its library, without what was installed beside them but for pip."""
    prefix = Path(sys.base_prefix)
    local = root / "usr" / "local"
    site = Path("lib") / VERSION / "site-packages"
    skipped = shutil.ignore_patterns("site-packages", "__pycache__", "test", "*.a")
    shutil.copytree(prefix / "lib" / VERSION, local / "lib" / VERSION, ignore=skipped)
    for path in (prefix / site).glob("pip*"):
        shutil.copytree(path, local / site / path.name)
    for library in Path(str(sysconfig.get_config_var("LIBDIR"))).glob(f"lib{VERSION}*.so*"):
        _copy(library.resolve(), local / "lib" / library.name)
    binaries = local / "bin"
    _copy(prefix / "bin" / VERSION, binaries / VERSION)
    for name in ("python", "python3"):
        (binaries / name).symlink_to(VERSION)
    (binaries / "pip").write_text(_PIP)
    (binaries / "pip").chmod(0o755)


def _libraries(files: Sequence[Path]) -> Iterator[Path]:
    """Yield what programs and libraries link to, by the paths at which it is looked for."""
    listed = subprocess.run(
        [_found("ldd"), *map(str, files)], capture_output=True, text=True, check=False
    ).stdout
    cache = subprocess.run(
        [_found("ldconfig"), "-p"], capture_output=True, text=True, check=True
    ).stdout
    words = {word for word in listed.split() if word.startswith("/") and ".so" in word}
    for line in cache.splitlines():
        name, _, path = line.strip().partition(" ")
        if name in LIBRARIES and "x32" not in line:
            words.add(path.rpartition("=> ")[2])
    own = (sys.base_prefix, *(str(each) for each in files))
    yield from sorted(Path(word) for word in words if not word.rstrip(":").startswith(own))


def _found(name: str) -> str:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or name


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(source, target)


if __name__ == "__main__":
    main()
