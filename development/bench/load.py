"""Requests as fast as the API server takes them, by a client that costs little itself.

Bench, controller and API server share the processors: what this client uses is missing there.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import aiohttp

from development.bench.errors import BenchError
from development.controlplane.identities import Access, client_context

IN_FLIGHT: Final = 16
"""Enough to keep the API server busy."""
MERGE_PATCH: Final = "application/merge-patch+json"


class Request(NamedTuple):
    """One write."""

    method: str
    path: str
    body: bytes
    content_type: str = "application/json"


def send(
    access: Access,
    requests: Iterable[Request],
    *,
    in_flight: int = IN_FLIGHT,
    per_second: float = 0.0,
    told: Callable[[int], None] = lambda _: None,
) -> float:
    """Send all; return the seconds it took. ``told`` hears how many were answered so far.

    With ``per_second`` one begins each so often, however long the others take. Raises BenchError
    at the first that is refused.
    """
    return asyncio.run(_send(access, requests, in_flight, per_second, told))


async def _send(
    access: Access,
    requests: Iterable[Request],
    in_flight: int,
    per_second: float,
    told: Callable[[int], None],
) -> float:
    headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
    connector = aiohttp.TCPConnector(limit=in_flight, ssl=client_context(access))
    started, sent, answered = time.monotonic(), 0, 0
    waiting = iter(requests)
    async with aiohttp.ClientSession(access.url, connector=connector, headers=headers) as session:

        async def work() -> None:
            nonlocal sent, answered
            for request in waiting:  # one iterator, of which each worker takes the next
                sent += 1
                if per_second:
                    due = started + (sent - 1) / per_second
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                await _send_one(session, request)
                answered += 1
                told(answered)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(in_flight):
                    group.create_task(work())
        except* (BenchError, aiohttp.ClientError) as errors:
            raise BenchError(
                f"the API server does not take the load: {errors.exceptions[0]}"
            ) from None
    return time.monotonic() - started


async def _send_one(session: aiohttp.ClientSession, request: Request) -> None:
    headers = {"Content-Type": request.content_type}
    async with session.request(
        request.method, request.path, data=request.body, headers=headers
    ) as answer:
        content = await answer.read()
        if answer.status >= 400:
            raise BenchError(f"{request.method} {request.path}: {content[:500]!r}")
