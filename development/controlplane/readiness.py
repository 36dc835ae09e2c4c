"""Wait until a component that was started answers, or say why it does not."""

import http.client
import time
from collections.abc import Callable

from development import interrupts
from development.controlplane.ports import HOST
from development.controlplane.processes import Component
from development.controlplane.rest import ApiFailure

POLL_INTERVAL_SECONDS = 0.05
PROBE_TIMEOUT_SECONDS = 2.0


class ControlPlaneError(Exception):
    """The control plane cannot start; a component's message ends with the tail of its log."""


def wait_until_ready(
    component: Component, probe: Callable[[], object], timeout_seconds: float
) -> None:
    """Call `probe` until it raises nothing.

    Raises ControlPlaneError at once if the component ends, and after `timeout_seconds`.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        interrupts.check()
        try:
            probe()
        except (ApiFailure, OSError, http.client.HTTPException) as error:
            problem = str(error) or type(error).__name__
        else:
            return
        if not component.is_running:
            reason = f"ended with status {component.exit_status}"
        elif time.monotonic() >= deadline:
            reason = f"is not ready after {timeout_seconds:g} s ({problem})"
        else:
            time.sleep(POLL_INTERVAL_SECONDS)
            continue
        raise ControlPlaneError(f"{component.name} {reason}; its log ends:\n{component.log_tail()}")


def probe_plain_http(port: int, path: str) -> None:
    """Ask a component that speaks HTTP without TLS; raises OSError unless it answers 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PROBE_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        with connection.getresponse() as response:
            body = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise OSError(f"{response.status} {body.decode(errors='replace').strip()}")
