"""The command line under an audit hook, which ends it where it does what it must never do.

``python -m tests.harness.auditedrun [HOST:PORT ...] -- ARGUMENTS`` runs ``clusterimport ARGUMENTS``
and lets it connect to these addresses alone; ``-- -c CODE`` runs code in its place. It must start
no process, change no file, and read none but its own: a violation is logged and ends the process.

What C libraries do of their own (OpenSSL, the resolver) raises no event: see ``decoys``.
"""

import mimetypes
import os
import re
import runpy
import shutil
import sys
import sysconfig
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

VIOLATION: Final = "audit violation"
"""What the line of the log begins with; the event and a path or an address follow."""
EXIT_CODE: Final = 70
SEPARATOR: Final = "--"
COMMAND: Final = (sys.executable, "-m", "tests.harness.auditedrun")

ROOT: Final = Path(__file__).resolve().parents[2]
_LIBRARIES: Final = frozenset(
    sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
_FOLDERS: Final = tuple(f"{folder}/" for folder in (*_LIBRARIES, ROOT / "clusterimport"))
_FILES: Final = frozenset(
    {
        # What aiohttp knows about names of files.
        *mimetypes.knownfiles,
        # What the metrics tell of the process.
        "/proc/self/fd",
        "/proc/self/limits",
        # How much memory there is.
        "/proc/self/cgroup",
        "/proc/self/stat",
        "/proc/stat",
        # Where the lease is, in a pod; not the token beside it, which is not what it runs with.
        "/var/run/secrets/kubernetes.io/serviceaccount/namespace",
    }
)
_MEMORY_LIMITS: Final = re.compile(r"/sys/fs/cgroup/(?:.*/)?memory\.(?:max|limit_in_bytes)")
_CHANGES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_STARTS: Final = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pickle.find_class",
        "pty.spawn",
        "subprocess.Popen",
    }
)
_FILE_CHANGES: Final = frozenset(
    f"os.{name}"
    for name in (
        *("chmod", "chown", "link", "mkdir", "rename", "setxattr", "symlink", "truncate"),
        "utime",
    )
)
_OWN_TEMPORARY: Final = re.compile(r"/dev/shm/tmp[^/]+(/[^/]+)?")
"""Where the reader of the controller's own kubeconfig puts CA data, in memory."""


class Auditor:
    """The rules; the hook is `hear`."""

    def __init__(self, addresses: Collection[str], files: Collection[str]) -> None:
        """``addresses`` as HOST:PORT, and ``files`` that may be read beside those of all."""
        self._addresses = frozenset(addresses)
        self._files = _FILES | frozenset(files)
        self._has_connected = False
        """Before the first connection it knows nothing but its own kubeconfig."""
        self._temporary = ""

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Judge an event; does not return from one that must not be."""
        what = arguments[0] if arguments else ""
        match event:
            # Whatever opened a descriptor was an event of its own.
            case "open" if not isinstance(what, int):
                what = _absolute(what)
                is_allowed = self._may_open(what, arguments[2])
            case "os.listdir" | "os.scandir" if not isinstance(what, int):
                what = _absolute("." if what is None else what)
                is_allowed = self._may_list(what)
            case "socket.connect" | "socket.sendto" | "socket.sendmsg":
                what = arguments[1]
                is_allowed = self._may_connect(what)
                self._has_connected = True
            case "ctypes.dlopen":
                is_allowed = what is None  # what is loaded anyway
            case "os.remove" | "os.rmdir":
                what = _absolute(what, within=arguments[1])
                is_allowed = self._is_own_temporary(what)
            case _ if event in _FILE_CHANGES:
                what = _absolute(what)
                is_allowed = self._is_own_temporary(what)
                if is_allowed and event == "os.mkdir":
                    self._temporary = what
            case _:
                is_allowed = event not in _STARTS
        if not is_allowed:
            os.write(2, f"{VIOLATION}: {event} {what!r:.256}\n".encode())
            if self._temporary and not self._has_connected:
                shutil.rmtree(self._temporary, ignore_errors=True)
            os._exit(EXIT_CODE)

    def _may_open(self, path: str, flags: int | None) -> bool:
        if path == os.devnull or self._is_own_temporary(path):
            return True
        return not (flags or 0) & _CHANGES and self._may_read(path)

    def _may_list(self, path: str) -> bool:
        # Looking for a module lists the folders of the path, whatever else is in them.
        own = {_absolute(entry) for entry in sys.path}
        return self._may_read(path) or path in own or self._is_own_temporary(path)

    def _may_read(self, path: str) -> bool:
        return (
            path in self._files
            or f"{path}/".startswith(_FOLDERS)
            or _MEMORY_LIMITS.fullmatch(path) is not None
        )

    def _may_connect(self, address: Any) -> bool:
        if not isinstance(address, tuple):
            return False
        return f"{address[0]}:{address[1]}" in self._addresses

    def _is_own_temporary(self, path: str) -> bool:
        return not self._has_connected and _OWN_TEMPORARY.fullmatch(path) is not None


def command(*addresses: str, arguments: Collection[str] = ("run",)) -> list[str]:
    """Return the command that runs with these arguments, and connects to HOST:PORTs alone."""
    return [*COMMAND, *addresses, SEPARATOR, *arguments]


def _absolute(path: Any, *, within: int = -1) -> str:
    """Return a path without ``..``, maybe below an open folder; no other link is looked up."""
    path = os.fsdecode(path)
    if within >= 0:
        path = str(Path(f"/proc/self/fd/{within}").readlink() / path)
    path = os.path.abspath(path)  # noqa: PTH100  resolve() would look at links
    own = f"/proc/{os.getpid()}/"
    return f"/proc/self/{path.removeprefix(own)}" if path.startswith(own) else path


def _main() -> None:
    at = sys.argv.index(SEPARATOR)
    addresses, arguments = sys.argv[1:at], sys.argv[at + 1 :]
    option = "--kubeconfig="
    files = [text.removeprefix(option) for text in arguments if text.startswith(option)]
    sys.dont_write_bytecode = True
    sys.addaudithook(Auditor(addresses, files).hear)
    sys.argv[1:] = arguments
    if arguments[0] == "-c":
        exec(arguments[1], {})
    else:
        runpy.run_module("clusterimport", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
