"""The text of ``/metrics``, made for one and given to all who ask meanwhile.

Ten thousand clusters with series of their own are 2 MB and 0.15 s of work: it is done in slices,
never twice at once, and at most a tenth of the time, however many ask.
"""

import asyncio
import math
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final, Protocol

from clusterimport.aio import Clock
from clusterimport.limits.listener import METRICS_SLICE_SECONDS, METRICS_TEXT_SECONDS
from clusterimport.observability.messages import HttpAnswer, HttpRequest

OPENMETRICS: Final = "application/openmetrics-text"
_GZIP: Final = 16 + zlib.MAX_WBITS
"""The form of zlib's stream, to zlib."""
_SLICE_BYTES: Final = 64 * 1024
"""Compressed in one go: a millisecond."""


class Renderer(Protocol):
    """Where the text comes from."""

    @property
    def content_type(self) -> str:
        """What the pieces together are."""

    def render(self) -> Iterator[bytes]:
        """Return the text in pieces, each of which takes a moment to make."""


class Exposition:
    """The page, in the form that is asked for."""

    def __init__(self, plain: Renderer, openmetrics: Renderer, *, clock: Clock) -> None:
        self._forms = [
            (each, text := SharedText(each, clock=clock), CompressedText(text, clock=clock))
            for each in (plain, openmetrics)
        ]

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Return the text of Prometheus, or that of OpenMetrics to whom it is asked for by."""
        renderer, text, compressed = self._forms[request.accepts("accept", OPENMETRICS)]
        fields = ["Vary: Accept, Accept-Encoding"]
        if request.accepts("accept-encoding", "gzip"):
            body = await compressed.get()
            fields.append("Content-Encoding: gzip")
        else:
            body = await text.get()
        return HttpAnswer(HTTPStatus.OK, body, renderer.content_type, tuple(fields))


class CompressedText:
    """The same, compressed once for all who ask for it so."""

    def __init__(self, text: "SharedText", *, clock: Clock) -> None:
        self._text = text
        self._clock = clock
        self._lock = asyncio.Lock()
        # Of which text it is; compared as an object, so that none is compared byte by byte.
        self._of = self._compressed = b""

    async def get(self) -> bytes:
        """Return what ``SharedText.get`` does, as gzip."""
        text = await self._text.get()
        async with self._lock:
            if self._of is not text:
                compressor = zlib.compressobj(zlib.Z_BEST_SPEED, wbits=_GZIP)
                pieces = []
                for start in range(0, len(text), _SLICE_BYTES):
                    pieces.append(compressor.compress(text[start : start + _SLICE_BYTES]))
                    await self._clock.sleep(0)
                self._compressed = b"".join((*pieces, compressor.flush()))
                self._of = text
            return self._compressed


class SharedText:
    """The latest text, for as long as it may serve."""

    def __init__(self, renderer: Renderer, *, clock: Clock) -> None:
        self._renderer = renderer
        self._clock = clock
        self._text = b""
        self._serves_until = -math.inf
        # Texts made so far, and what is set when the one in the making is made, or given up.
        self._made = 0
        self._making: asyncio.Event | None = None

    async def get(self) -> bytes:
        """Return a text that is at most ``METRICS_TEXT_SECONDS`` old, or the next that is made."""
        asked = self._made
        while self._made == asked and self._clock.monotonic() >= self._serves_until:
            # All who wait are woken together, however many they are: none has to ask again.
            await (self._making.wait() if self._making else self._make())
        return self._text

    async def _make(self) -> None:
        self._making = asyncio.Event()
        try:
            # Who asks at the same moment is waited for, however fast a text is made.
            await self._clock.sleep(0)
            started = paused = self._clock.monotonic()
            pieces = []
            for piece in self._renderer.render():
                pieces.append(piece)
                if self._clock.monotonic() - paused >= METRICS_SLICE_SECONDS:
                    # Not after each: where a loop is busy, every pause waits for all that is due.
                    await self._clock.sleep(0)
                    paused = self._clock.monotonic()
            self._text = b"".join(pieces)
            self._made += 1
            ended = self._clock.monotonic()
            pause = min(10 * (ended - started), METRICS_TEXT_SECONDS)
            self._serves_until = ended + pause
        finally:
            self._making.set()
            self._making = None
