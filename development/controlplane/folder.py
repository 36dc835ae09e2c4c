"""The temporary folder of one control plane, and the removal of those whose owner was killed."""

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIX = "clusterimport-controlplane-"
LOCK_NAME = ".lock"
# A younger folder may be between its creation and its lock.
YOUNGEST_TO_SWEEP_SECONDS = 60.0


class WorkFolder:
    """A folder with a lock file that is held as long as anything uses the folder.

    Every component inherits `lock_fd`. So the lock is free only when the owner and the last
    component have ended, and a folder is never removed under a running etcd.
    """

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock_fd = os.open(self.path / LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self.lock_fd, fcntl.LOCK_EX)
        self._is_removed = False

    def write(self, name: str, content: str) -> Path:
        """Write a file that only its owner can read; return its path."""
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        return path

    def remove(self) -> None:
        """Remove the folder; the components must have ended. May be called again."""
        shutil.rmtree(self.path, ignore_errors=True)
        if not self._is_removed:
            self._is_removed = True
            os.close(self.lock_fd)


def sweep() -> None:
    """Remove the folders of this user's test runs that were killed."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK_NAME}"):
        # Other users' folders, and those that go while we look, are none of our business.
        with suppress(OSError):
            _remove_if_abandoned(lock)


def _remove_if_abandoned(lock: Path) -> None:
    status = lock.stat()
    age_seconds = time.time() - status.st_mtime
    if status.st_uid != os.getuid() or age_seconds < YOUNGEST_TO_SWEEP_SECONDS:
        return
    with lock.open("r+", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError while in use
        shutil.rmtree(lock.parent, ignore_errors=True)
