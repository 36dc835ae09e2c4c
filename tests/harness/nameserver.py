"""A name server of a test's own, and how to run a program that asks it and no other.

The system's resolver knows no other port than 53 and no other place than /etc/resolv.conf: the
server takes an address of the loopback network for itself, and the program sees another file.
"""

import os
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

_PORT: Final = 53
_HEADER_BYTES: Final = 12
_ANSWER: Final = 0x8180
_TYPE_A: Final = 1
_POINTER_TO_QUESTION: Final = b"\xc0\x0c"


def is_possible() -> bool:
    """Whether this machine lets us do it: that needs root, and mount namespaces."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "true"], check=False, capture_output=True, timeout=10
    )
    return tried.returncode == 0


class NameServer:
    """Knows some names for the length of a `with` block, and is silent about all others."""

    def __init__(self, names: Mapping[str, str], folder: Path) -> None:
        """``names`` are IPv4 addresses by name."""
        self._names = names
        self._file = folder / "resolv.conf"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve, name="name server", daemon=True)
        self.asked: set[str] = set()
        """All names that somebody wanted to know."""

    def __enter__(self) -> Self:
        address = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.53"
        self._socket.bind((address, _PORT))
        self._file.write_text(f"nameserver {address}\noptions timeout:30 attempts:2\n")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()

    def wrap(self, command: Sequence[str | Path]) -> list[str | Path]:
        """Return the command that runs another one, for which this is the only name server."""
        script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, self._file, *command]

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(512)
            if not query:
                return
            name, end = _question(query)
            self.asked.add(name)
            address = self._names.get(name)
            if address is not None:
                self._socket.sendto(_answer(query, end, address), client)


def _question(query: bytes) -> tuple[str, int]:
    """Return the name that a query asks for, and where its question ends."""
    labels, at = [], _HEADER_BYTES
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    return ".".join(labels), at + 5


def _answer(query: bytes, end: int, address: str) -> bytes:
    is_ipv4 = int.from_bytes(query[end - 4 : end - 2]) == _TYPE_A
    counts = (1, int(is_ipv4), 0, 0)
    head = query[:2] + _ANSWER.to_bytes(2) + b"".join(count.to_bytes(2) for count in counts)
    record = _POINTER_TO_QUESTION + bytes.fromhex("0001 0001 00000005 0004")
    found = record + socket.inet_aton(address) if is_ipv4 else b""
    return head + query[_HEADER_BYTES:end] + found
