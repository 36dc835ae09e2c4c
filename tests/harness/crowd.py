"""Strangers who connect to a port in great number and mean it no good."""

import contextlib
import select
import socket
import threading
from collections.abc import Sequence
from typing import Final, NamedTuple, Self

_HEAD: Final = b"GET /metrics HTTP/1.1\r\nHost: controller\r\n"
_FIELD: Final = b"X-Field-%d: " + b"a" * 8000 + b"\r\n"
_FIELDS: Final = b"".join(_FIELD % number for number in range(100))
_ROUND_SECONDS: Final = 0.05


class Shape(NamedTuple):
    """What each of them does; one whose connection was closed makes a new one."""

    connections: int
    first: bytes
    """Sent at once, as far as it is taken."""
    then: bytes = b""
    """Sent after that, again and again."""
    closes_half: bool = False
    addresses: int = 1
    """From how many addresses they come."""
    reads: bool = False


SHAPES: Final = {
    "silent": Shape(5000, b""),
    "unfinished heads": Shape(2170, _HEAD + _FIELDS[:100_000]),
    "unfinished heads that fit": Shape(2170, _HEAD + b"X: " + b"a" * 16_000),
    "a byte at a time": Shape(500, _HEAD, then=b"X"),
    "a hundred fields": Shape(100, _HEAD + _FIELDS + b"\r\n"),
    "one field": Shape(100, _HEAD + b"X: " + b"a" * 1_000_000),
    "pipelined": Shape(100, (_HEAD + b"\r\n") * 1000),
    "pipelined without end": Shape(50, (_HEAD + b"\r\n") * 1000, then=(_HEAD + b"\r\n") * 1000),
    "unread": Shape(1000, _HEAD + b"\r\n"),
    "scrapes": Shape(64, _HEAD + b"\r\n", reads=True),
    "half closed": Shape(300, _HEAD, closes_half=True),
    "half closed requests": Shape(300, _HEAD + b"\r\n", closes_half=True),
    "bodies": Shape(
        200,
        b"POST /metrics HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100_000,
        then=b"x" * 100_000,
    ),
    "chunks": Shape(
        200,
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"fffff\r\n",
        then=b"x" * 100_000,
    ),
    "expecting": Shape(
        200, b"PUT /healthz HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    ),
    "upgrades": Shape(
        200, _HEAD + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", then=b"\x81\x7f" * 1000
    ),
    "old protocol": Shape(200, b"GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    "tls": Shape(300, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500),
    "garbage": Shape(300, bytes(range(256)) * 100, then=b"\x00\xff" * 1000),
    "from everywhere": Shape(3000, _HEAD, addresses=200),
}


class Crowd:
    """Does as a shape says in a thread of its own for as long as its block lasts."""

    def __init__(self, port: int, shape: Shape) -> None:
        self._address = ("127.0.0.1", port)
        self._shape = shape
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.poll()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crowd")
        self.made = 0
        """Connections tried so far."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def has_come(self) -> bool:
        """Whether all of them have tried at least once."""
        return self.made >= self._shape.connections

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self._connect()
                self._go_on(self._poll.poll(0))
                self._ending.wait(_ROUND_SECONDS)
        finally:
            for each in self._sockets.values():
                each.close()

    def _connect(self) -> None:
        fresh = []
        while len(self._sockets) < self._shape.connections and not self._ending.is_set():
            one = socket.socket()
            one.setblocking(False)
            source = self.made % self._shape.addresses
            with contextlib.suppress(OSError):
                if source:
                    one.bind((f"127.0.1.{source}", 0))
                one.connect_ex(self._address)
            self.made += 1
            self._sockets[one.fileno()] = one
            fresh.append(one)
        for one in fresh:
            self._say(one, self._shape.first)
            if self._shape.closes_half:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_WR)
            events = select.POLLIN if self._shape.reads else select.POLLRDHUP
            self._poll.register(one, events)

    def _go_on(self, events: Sequence[tuple[int, int]]) -> None:
        for number, event in events:
            ended = event & (select.POLLHUP | select.POLLERR | select.POLLRDHUP)
            if event & select.POLLIN:
                with contextlib.suppress(OSError):
                    ended = not self._sockets[number].recv(1 << 20)
            if ended:
                self._poll.unregister(number)
                self._sockets.pop(number).close()
        if self._shape.then:
            for one in self._sockets.values():
                self._say(one, self._shape.then)

    def _say(self, to: socket.socket, data: bytes) -> None:
        with contextlib.suppress(OSError):
            to.send(data)
