"""One run of a probe: for whom it is, and whose time passes.

The time limit is the cluster's. While the run waits for something of this process, a thread or
processor time, the limit stands still: a slow verdict of ours must not become the cluster's fault.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clusterimport.limits.probes import PROBE_WAIT_SECONDS
from clusterimport.model.tenant import Tenant
from clusterimport.probing.errors import Lack, Lacking


class Attempt:
    """Made by the probe inside of its time limit, and handed to all that it uses.

    ``is_first``: there is no verdict on the cluster yet.
    """

    def __init__(self, tenant: Tenant, limit: asyncio.Timeout, *, is_first: bool = False) -> None:
        self.tenant = tenant
        self.cpu_seconds = 0.0
        """Processor time that threads have spent on it."""
        self.steps = 0
        """Calls that threads were asked for."""
        self._is_first = is_first
        self._limit = limit
        self._patience = PROBE_WAIT_SECONDS

    @property
    def rank(self) -> int:
        """Its place among the runs of its tenant that wait for a thread.

        Who has come furthest goes first: else many at a time would be begun, and none done. Of
        those that have not begun, one that repeats a verdict waits for one that has none.
        """
        return 2 * self.steps + self._is_first

    @property
    def seconds_left(self) -> float:
        """What the cluster has left."""
        deadline = self._limit.when()
        assert deadline is not None
        return max(deadline - _now(), 0.0)

    @asynccontextmanager
    async def waiting_for_us(self, lack: Lack) -> AsyncIterator[None]:
        """Let the cluster's time stand still for a block.

        Raises:
            Lacking: the waits of this run together take too long.

        """
        left, started = self.seconds_left, _now()
        self._limit.reschedule(None)
        try:
            async with asyncio.timeout(self._patience) as patience:
                yield
        except TimeoutError as error:
            if not patience.expired():
                raise
            raise Lacking(lack) from error
        finally:
            self._patience = max(self._patience - (_now() - started), 0.0)
            self._limit.reschedule(_now() + left)


def _now() -> float:
    return asyncio.get_running_loop().time()
