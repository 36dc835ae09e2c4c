"""Servers that attack whoever asks whether they are well: attack cases A09 and A27."""

import gzip
from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.fakes.probing.scripted import http
from tests.harness.stubserver import Answer, always, healthy

MARK: Final = "remote-text"
SAID: Final = f"<b>{MARK}</b>\x1b[31m\x1b]0;{MARK}\x07"
"""What all of them send; nothing of it is to be seen anywhere."""
_TEN_MEGABYTES: Final = SAID.encode() * (10_000_000 // len(SAID))


class Behaviour(NamedTuple):
    """What a server does, and what has to be told of it."""

    reason: str
    answer: Answer


def redirecting(url: str) -> dict[str, Behaviour]:
    """Return servers that try to send a client elsewhere, by name."""
    made = {}
    for code in (301, 302, 303, 307, 308):
        moved = http(SAID.encode(), f"{code} Moved", f"Location: {url}/readyz")
        made[f"a09-{code}"] = Behaviour("Redirected", always(moved))
    refresh = http(SAID.encode(), "200 OK", f"Refresh: 0;url={url}/", f"Link: <{url}>")
    alternative = http(SAID.encode(), "503 No", f'Alt-Svc: h2="{url}"', f"Content-Location: {url}")
    proxy = http(SAID.encode(), "305 Use Proxy", f"Location: {url}")
    return made | {
        "a09-use-proxy": Behaviour("Redirected", always(proxy)),
        "a09-own-path": Behaviour(
            "Redirected", always(http(b"", "302 Found", "Location: /elsewhere"))
        ),
        "a09-alternative": Behaviour("ServerError", always(alternative)),
        "a09-refresh": Behaviour("UnexpectedAnswer", always(refresh)),
        "a09-version": Behaviour("Redirected", _at_version(moved)),
    }


def flooding() -> dict[str, Behaviour]:
    """Return servers that send too much, too slowly, or what a terminal would obey, by name."""
    bomb = http(gzip.compress(_TEN_MEGABYTES), "200 OK", "Content-Encoding: gzip")
    page = f"<!DOCTYPE html><html><body>{SAID}</body></html>".encode()
    version = f'{{"gitVersion": "v1.34.0-{MARK}\\u001b[31m"}}'.encode()
    unexpected = {
        "gzip": always(bomb),
        "gzip-version": _at_version(bomb),
        "html": always(http(page, "200 OK", "Content-Type: text/html")),
        "html-version": _at_version(http(page, "200 OK", "Content-Type: text/html")),
        "escapes-version": _at_version(http(version)),
        "escapes-name": always(http(SAID.encode(), "200 OK", f"{SAID}: a")),
    }
    return {
        f"a27-{name}": Behaviour("UnexpectedAnswer", made) for name, made in unexpected.items()
    } | {
        "a27-ten-megabytes": Behaviour("AnswerTooLarge", always(http(_TEN_MEGABYTES))),
        "a27-large-version": Behaviour("AnswerTooLarge", _at_version(http(_TEN_MEGABYTES))),
        "a27-endless": Behaviour("AnswerTooLarge", _endless),
        "a27-slow": Behaviour("SlowAnswer", _slow),
        "a27-escapes": Behaviour("ServerError", always(http(SAID.encode(), "500 No"))),
    }


def _at_version(answer: bytes) -> Answer:
    """Answer so to /version, and as a healthy server to everything else."""
    return lambda path, authorization: (
        (answer,) if path == "/version" else healthy(path, authorization)
    )


def _endless(*_: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"%x\r\n%s\r\n" % (len(SAID), SAID.encode())


def _slow(*_: str) -> Iterator[bytes | float]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n"
    for byte in SAID.encode() * 10:
        yield bytes([byte])
        yield 0.25
