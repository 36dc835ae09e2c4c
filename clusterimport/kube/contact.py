"""When an API server was last heard, whatever it said."""

from clusterimport.aio import Clock


class Contact:
    """The last answer, or piece of a stream, of one connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Before the first answer, silence counts from the beginning.
        self._heard_at = clock.monotonic()

    def heard(self) -> None:
        """Take note of anything that the server sent; a refusal is an answer, too."""
        self._heard_at = self._clock.monotonic()

    @property
    def silent_seconds(self) -> float:
        """For how long nothing has come."""
        return self._clock.monotonic() - self._heard_at
