"""Where the value of the ``Authorization`` header comes from."""

import re
from pathlib import Path
from typing import Protocol

from clusterimport.aio import Clock
from clusterimport.kube.errors import KubeConfigError

REREAD_SECONDS = 60.0
"""How old a token from a file may be: client-go's period; kubelet rotates long before expiry."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class TokenSource(Protocol):
    """Credentials that travel in a header and may change while we run."""

    async def authorization(self) -> str:
        """Return the header's value, empty for none; may read or fetch a newer token."""

    async def renew(self) -> bool:
        """Look for a newer token after a 401; returns whether a second try is worth it."""


class StaticToken:
    """A bearer token that never changes; empty means none."""

    def __init__(self, token: str) -> None:
        self._authorization = bearer(token) if token else ""

    async def authorization(self) -> str:
        """Return the header's value."""
        return self._authorization

    async def renew(self) -> bool:
        """Return False: there is no other token."""
        return False

    def __repr__(self) -> str:
        return "StaticToken(***)"


class FileToken:
    """A bearer token in a file that somebody else rotates.

    While the file cannot be read, the last token is used: it is usually still valid, and if it is
    not, the server says so.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._authorization = bearer(_read(path))
        self._read_at = clock.monotonic()

    async def authorization(self) -> str:
        """Return the header's value, at most a minute behind the file."""
        if self._clock.monotonic() - self._read_at >= REREAD_SECONDS:
            self._reread()
        return self._authorization

    async def renew(self) -> bool:
        """Read the file now; returns whether it holds another token."""
        before = self._authorization
        self._reread()
        return self._authorization != before

    def _reread(self) -> None:
        self._read_at = self._clock.monotonic()
        try:
            self._authorization = bearer(_read(self._path))
        except KubeConfigError:
            return

    def __repr__(self) -> str:
        return f"FileToken({str(self._path)!r})"


def bearer(token: str) -> str:
    """Return the header's value; raises KubeConfigError for what cannot stand in a header."""
    stripped = token.strip()
    if not _TOKEN.fullmatch(stripped):
        raise KubeConfigError("the token is empty or has characters no HTTP header may carry")
    return f"Bearer {stripped}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise KubeConfigError(f"{path}: token not readable: {error.strerror}") from error
