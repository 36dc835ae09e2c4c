"""Scopes that own background tasks.

A long-running thing is an ``async def run()`` that stops by being cancelled. ``background`` runs
such things beside a block: leaving the block cancels and awaits them, a crash of one cancels the
block and surfaces as an ``ExceptionGroup``. Nested blocks thereby stop in reverse order.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def background(**coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.TaskGroup]:
    """Run the coroutines, named by their keyword, for as long as the block lasts.

    Raises:
        ExceptionGroup: a coroutine or the block failed; all the others have ended by then.

    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine, name=name) for name, coroutine in coroutines.items()]
        try:
            yield group
        finally:
            for task in tasks:
                # After a crash the group has cancelled it: a second time would cut its end short.
                if not task.cancelling():
                    task.cancel()


async def side_by_side(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run the coroutines together and wait for all; the first failure cancels the others.

    Raises what the first of them raised, as if it had been awaited alone.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
