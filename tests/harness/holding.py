"""A proxy that can keep requests under way, as a network does that is cut and comes back."""

from datetime import UTC, datetime

from development.controlplane.controlplane import ControlPlane
from tests.harness.proxy import FaultProxy, Request
from tests.harness.proxy.answer import Answer, Proceed
from tests.harness.proxy.faults import Hold

READING = {"GET", "HEAD"}


class HoldingProxy(FaultProxy):
    """Passes everything on; between ``hold`` and ``release`` writes, or reads, stay inside it.

    They reach the server after the release even if their sender has given up meanwhile.
    """

    def __init__(self, control_plane: ControlPlane) -> None:
        super().__init__(control_plane)
        self._part = ""
        self._reads = False
        self._hold: Hold | None = None
        self._earlier: list[Request] = []
        self.set(self._maybe)

    @property
    def held(self) -> list[tuple[str, datetime]]:
        """Path of each request that was held, and when it came."""
        requests = [*self._earlier, *(self._hold.held if self._hold else ())]
        return [(each.path, datetime.fromtimestamp(each.at, UTC)) for each in requests]

    def hold(self, part: str = "", *, reads: bool = False) -> None:
        """Keep every write, or every read, that comes from now on and has ``part`` in its path."""
        self._part, self._reads = part, reads
        self._hold = Hold()

    def release(self) -> None:
        """Let everything go on."""
        hold, self._hold = self._hold, None
        if hold is not None:
            self._earlier += hold.held
            self.call(hold.release)

    async def _maybe(self, request: Request, proceed: Proceed) -> Answer:
        hold = self._hold
        is_wanted = (request.method in READING) is self._reads and self._part in request.path
        if hold is not None and is_wanted:
            return await hold(request, proceed)
        return await proceed(request)
