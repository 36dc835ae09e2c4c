"""Faults between a request and its answer. Each is a value, and may be given to many requests."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.harness.proxy.answer import Answer, NoAnswerError, Proceed, answer_json, failure
from tests.harness.proxy.request import Request

_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with a failure in the server's place; ``retry_after`` in seconds, as a header."""

    code: int
    retry_after: int | None = None
    message: str = "by a fault"

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask nobody."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        body = failure(self.code, _REASONS.get(self.code, "Unknown"), self.message)
        return answer_json(body, self.code, **headers)


@dataclass(frozen=True, slots=True)
class Refuse:
    """End the connection without a word."""

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask nobody."""
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class Blackhole:
    """Leave the request without an answer, on a connection that stands."""

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Wait for ever; cutting the proxy ends it."""
        await asyncio.Event().wait()
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """Have the server do what is asked, and tell nobody."""

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Wait until it is done."""
        await (await proceed(request)).whole()
        raise NoAnswerError


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the server is asked, or after it has answered."""

    seconds: float
    answer: bool = False

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Wait."""
        if not self.answer:
            await asyncio.sleep(self.seconds)
            return await proceed(request)
        answer = await proceed(request)
        await asyncio.sleep(self.seconds)
        return answer


class Hold:
    """Keep requests until ``release``; they reach the server even if their sender gave up."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()
        self.held: list[Request] = []
        """Only the proxy's thread appends."""

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Wait for the release."""
        if not self._is_open.is_set():
            self.held.append(request)
            await self._is_open.wait()
        return await proceed(request)

    def release(self) -> None:
        """Let everything go on; called in the proxy's thread."""
        self._is_open.set()


@dataclass(frozen=True, slots=True)
class Drip:
    """Send the answer byte by byte."""

    seconds: float = 1.0

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Slow the body down."""
        answer = await proceed(request)
        return Answer(answer.status, answer.headers, self._slowly(answer.body))

    async def _slowly(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in body:
            for at in range(len(piece)):
                yield piece[at : at + 1]
                await asyncio.sleep(self.seconds)


@dataclass(frozen=True, slots=True)
class CutAfter:
    """End the connection after so many bytes of the body: within a line, or before the first."""

    count: int = 0

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Count."""
        answer = await proceed(request)
        return Answer(answer.status, answer.headers, self._part(answer.body))

    async def _part(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        left = self.count
        async for piece in body:
            if len(piece) >= left:
                yield piece[:left]
                raise NoAnswerError
            yield piece
            left -= len(piece)


@dataclass(frozen=True, slots=True)
class Chunked:
    """Send the answer in pieces of so many bytes, whatever they divide."""

    count: int

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Divide."""
        answer = await proceed(request)
        return Answer(answer.status, answer.headers, self._divided(answer.body))

    async def _divided(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in body:
            for at in range(0, len(piece), self.count):
                yield piece[at : at + self.count]
                await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class EndStream:
    """Answer a watch with a stream that has these lines, and then ends."""

    lines: tuple[bytes, ...] = ()

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask nobody."""
        content = b"".join(line + b"\n" for line in self.lines)
        return Answer(200, {"Content-Type": "application/json"}).with_body(content)


@dataclass(frozen=True, slots=True)
class Lines:
    """Put these lines before the first that the server sends on a watch."""

    lines: tuple[bytes, ...]

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask, and put them before."""
        answer = await proceed(request)
        return Answer(answer.status, answer.headers, self._joined(answer.body))

    async def _joined(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield b"".join(line + b"\n" for line in self.lines)
        async for piece in body:
            yield piece


@dataclass(frozen=True, slots=True)
class NoWatchList:
    """Refuse to stream the initial objects, as servers without that feature do."""

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Refuse that, and nothing else."""
        if "sendInitialEvents" in request.query:
            message = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch"
            return answer_json(failure(422, "Invalid", message), 422)
        return await proceed(request)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Change the JSON of an answer that succeeds, with what the server said as the start."""

    change: Callable[[Any], Any]

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Wait for the whole of it."""
        answer = await proceed(request)
        body = await answer.whole()
        if answer.status == 200:
            body = json.dumps(self.change(json.loads(body))).encode()
        return answer.with_body(body)


def shortened(keep: float = 0.0) -> Rewrite:
    """Return the fault of a list that succeeds with a part of the objects, or with none."""

    def change(body: Any) -> Any:
        items = body.get("items") or []
        return {**body, "items": items[: int(len(items) * keep)]}

    return Rewrite(change)


@dataclass(slots=True)
class Replay:
    """Answer what the server answered the first time: a cache that stands still."""

    _seen: dict[tuple[str, str], tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask once for each path and page."""
        key = (request.path, request.query.get("continue", ""))
        if key not in self._seen:
            answer = await proceed(request)
            self._seen[key] = (answer.status, dict(answer.headers), await answer.whole())
        status, headers, body = self._seen[key]
        return Answer(status, headers).with_body(body)


class Trap:
    """Let ``count`` of the requests pass, and none after them: the moment to kill a process.

    ``before``: the last of them does not reach the server either. Else the server does it, and its
    answer is kept back.
    """

    def __init__(self, count: int, *, before: bool = False) -> None:
        self._count = count
        self._before = before
        self._seen = 0
        self.is_sprung = threading.Event()

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Count, and close behind the last."""
        self._seen += 1
        if self._seen < self._count:
            return await proceed(request)
        if self._seen == self._count and not self._before:
            await (await proceed(request)).whole()
        self.is_sprung.set()
        return await Blackhole()(request, proceed)


@dataclass(frozen=True, slots=True)
class Paged:
    """Have lists come in pages of so many objects, whatever is asked for."""

    count: int

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        """Ask for less."""
        path = re.sub(r"\blimit=\d+", f"limit={self.count}", request.raw_path)
        return await proceed(replace(request, raw_path=path))
