"""The gate before every write of a leader.

A write must not start after the renew deadline, even if the process was frozen between the
decision and the socket. So the gate is asked before anything is done, again whenever a connection
is at hand, and again right before the bytes go to the socket; the whole call ends with the
deadline. What remains is the moment between the last question and the system call: a lease does
not fence, which is why every write also carries a resourceVersion or a uid.
"""

from types import SimpleNamespace
from typing import Protocol

import aiohttp

from clusterimport.kube.errors import GateClosed


class WriteGate(Protocol):
    """What tells whether writing is still allowed; implemented by leader election."""

    def check(self) -> None:
        """Return if a write may start now; raises GateClosed if not."""

    def remaining_seconds(self) -> float:
        """Seconds until the gate shuts unless something renews it; may be negative."""


def gate_trace() -> aiohttp.TraceConfig:
    """Return the hooks that ask the gate given as ``trace_request_ctx`` of a request.

    aiohttp gives the connection back if a hook raises.
    """
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_ask)
    trace.on_connection_create_end.append(_ask)
    trace.on_connection_reuseconn.append(_ask)
    # aiohttp holds the headers back until the first chunk of the body, and calls this before it.
    trace.on_request_chunk_sent.append(_ask)
    return trace


def closed_gate_in(error: BaseException) -> GateClosed | None:
    """Find the GateClosed that aiohttp wrapped when the last hook raised it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, GateClosed):
            return seen
        seen = seen.__cause__
    return None


async def _ask(_session: object, context: SimpleNamespace, _parameters: object) -> None:
    gate: WriteGate | None = context.trace_request_ctx
    if gate is not None:
        gate.check()
