"""Runs of probes, for what is used within them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clusterimport.probing.attempt import Attempt

TENANT = "namespace/team"


@asynccontextmanager
async def attempting(
    tenant: str = TENANT, *, seconds: float = 5.0, is_first: bool = False
) -> AsyncIterator[Attempt]:
    """Give the attempt of a run that has some seconds; ends with TimeoutError after them."""
    async with asyncio.timeout(seconds) as limit:
        yield Attempt(tenant, limit, is_first=is_first)
