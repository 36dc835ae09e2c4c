"""Files that nobody is to open: the kernel tells whether somebody did, by whatever library."""

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Final, Self

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_IN_ACCESS: Final = 0x1
_IN_OPEN: Final = 0x20
_EVENT_BYTES: Final = 4096


class Decoys:
    """A folder of files, watched by inotify for the length of a `with` block.

    Executing a file opens it, too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._proof = folder / "was-run"
        self._is_touched = False

    def __enter__(self) -> Self:
        self._folder.mkdir()
        self._descriptor: int = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._descriptor >= 0, os.strerror(ctypes.get_errno())
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def file(self, name: str, content: str) -> Path:
        """Make a file and watch it."""
        path = self._folder / name
        path.write_text(content)
        watch = _LIBC.inotify_add_watch(self._descriptor, os.fsencode(path), _IN_OPEN | _IN_ACCESS)
        assert watch >= 0, os.strerror(ctypes.get_errno())
        return path

    def program(self, name: str) -> Path:
        """Make a program that leaves the proof behind, and watch it."""
        path = self.file(name, f"#!/bin/sh\ntouch '{self._proof}'\n")
        path.chmod(0o700)
        return path

    def are_touched(self) -> bool:
        """Whether any of them was opened or run, by any process."""
        with contextlib.suppress(BlockingIOError):
            self._is_touched |= bool(os.read(self._descriptor, _EVENT_BYTES))
        return self._is_touched or self._proof.exists()
