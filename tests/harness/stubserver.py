"""Servers that stand where an imported cluster's API server should, and behave as they are told.

They run in threads of their own, since the tests that ask a real controller about them wait.
"""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Self

from development.controlplane.certificates import CertificateAuthority, KeyPair
from development.controlplane.ports import HOST
from tests.fakes.probing.scripted import HEALTHY, http

Answer = Callable[[str, str], Iterable[bytes | float]]
"""From the path and the value of Authorization to what is sent: bytes, and pauses in seconds.

The connection is kept for a next request, unless the last piece is empty.
"""

_MAX_HEAD_BYTES = 64 * 1024


class StubServer:
    """A server with TLS for the length of a `with` block, which remembers who came."""

    def __init__(
        self,
        authority: CertificateAuthority,
        answer: Answer,
        *,
        address: str = HOST,
        pair: KeyPair | None = None,
        greeting: bytes = b"",
    ) -> None:
        """``greeting`` is sent in place of TLS, and the connection closed."""
        self._answer = answer
        self._greeting = greeting
        self._tls = _server_context(pair or authority.server(addresses=[address]))
        self._listener = socket.create_server((address, 0))
        self._is_closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()  # guarded by _lock
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://{address}:{self.port}"
        self.connections = 0
        """Accepted; only the accepting thread counts."""
        self.requests: list[tuple[str, str]] = []
        """Path and Authorization of every request."""

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing.set()
        with self._lock:
            # What is only closed would not wake the thread that waits for it.
            for waited in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    waited.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="stub server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # A client that gives up is what these servers are for.
        with contextlib.suppress(OSError), connection:
            if self._greeting:
                connection.recv(_MAX_HEAD_BYTES)
                connection.sendall(self._greeting)
                return
            with self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            ) as secured:
                # The old one is detached now.
                with self._lock:
                    self._open.add(secured)
                secured.do_handshake()
                while self._answer_one(secured):
                    pass

    def _answer_one(self, connection: ssl.SSLSocket) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            received = connection.recv(4096)
            if not received or len(head) > _MAX_HEAD_BYTES:
                return False
            head += received
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        request = (first.split(" ")[1], headers.get("Authorization", ""))
        self.requests.append(request)
        for piece in self._answer(*request):
            if isinstance(piece, float):
                if self._is_closing.wait(piece):
                    return False
            elif piece:
                connection.sendall(piece)
            else:
                return False
        return True


def healthy(path: str, _: str) -> Iterator[bytes]:
    """Answer as a healthy API server does."""
    reply = HEALTHY.get(path, http(b"", "404 Not Found"))
    assert isinstance(reply, bytes)
    yield reply


def always(*pieces: bytes | float) -> Answer:
    """Answer every request with the same."""
    return lambda *_: pieces


@contextlib.contextmanager
def mute() -> Iterator[str]:
    """Give the URL of a process that hangs: the kernel takes connections, and nobody answers."""
    with socket.create_server((HOST, 0), backlog=64) as listener:
        yield f"https://{HOST}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """Give the URL of an address that takes no connection and refuses none."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        # Its queue is full from here on, and Linux then drops what asks for a connection.
        for _ in range(4):
            client = opened.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield f"https://{HOST}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """Give the URL of a port that refuses connections, and that nobody else takes meanwhile."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield f"https://{HOST}:{bound.getsockname()[1]}"


def _server_context(pair: KeyPair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # `ssl` reads a key from a file only; this one never reaches a disk.
    with os.fdopen(os.memfd_create("stub-server"), "w", encoding="ascii") as file:
        file.write(pair.certificate_pem + pair.key_pem)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
