"""Whether the API server answers this replica, on any of its connections."""

from contextlib import suppress

from clusterimport.aio import Clock
from clusterimport.kube import RestClient, errors

ASKED_AFTER_SHARE = 0.5
"""After this share of the bearable silence the server is asked, if nobody else has had to."""


class ServerContact:
    """Silence of the server; a replica with the election asks it every few seconds anyway.

    ``bearable_seconds`` is how long a lease lasts: then others may have taken over.
    """

    def __init__(
        self, rest: RestClient, lease_rest: RestClient, *, bearable_seconds: float, clock: Clock
    ) -> None:
        self._rest = rest
        self._lease_rest = lease_rest
        self._bearable_seconds = bearable_seconds
        self._clock = clock

    @property
    def silent_seconds(self) -> float:
        """For how long nothing has come on any connection."""
        return min(self._rest.contact.silent_seconds, self.lease_silent_seconds)

    @property
    def lease_silent_seconds(self) -> float:
        """For how long nothing has come on the connection of the election."""
        return self._lease_rest.contact.silent_seconds

    def missing(self) -> tuple[str, ...]:
        """Say that the server does not answer; empty while it does."""
        silent = self.silent_seconds
        if silent <= self._bearable_seconds:
            return ()
        return (f"API server (no answer for {silent:.0f} s)",)

    def stale_lease(self) -> tuple[str, ...]:
        """Say that nothing is known of the lease any more; empty while it is."""
        silent = self.lease_silent_seconds
        if silent <= self._bearable_seconds:
            return ()
        return (f"leader election: no answer about the lease for {silent:.0f} s",)

    async def run(self) -> None:
        """Ask the server where nobody has heard it for a while, until cancelled."""
        pause = self._bearable_seconds * ASKED_AFTER_SHARE
        while True:
            await self._clock.sleep(max(pause - self.silent_seconds, pause / 5))
            if self.silent_seconds >= pause:
                # Whatever is answered is an answer.
                with suppress(errors.KubeError):
                    await self._rest.request(
                        "GET", "/version", timeout_seconds=pause, verb="get", resource="version"
                    )
