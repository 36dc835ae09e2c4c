"""A controller that is started over what it has imported before."""

from collections.abc import Sequence
from typing import ClassVar

from development.bench import platform
from development.bench.figures import Figures
from development.bench.scenarios import standing
from development.bench.scenarios.rotations import Rotation
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage


class Restart:
    """One Secret has changed meanwhile, and one changes as soon as the controller is ready.

    Ours is ready when `/readyz` says so; a peer, when it begins to follow Secrets.
    """

    name: ClassVar = "restart"
    about: ClassVar = "the controller is started over what it has imported"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure when it is ready and in sync, what that costs, and what waits meanwhile."""
        standing.imported(stage, size).terminate()
        meter = stage.meter()
        # The last of a list is what waits longest where a start goes through it in order.
        down = Rotation(stage, size - 1, platform.value_of(size - 1, 1))
        replica = stage.start()
        ready = replica.until_ready()
        number = size // 2
        fresh = Rotation(stage, number, platform.value_of(number, 1))
        fresh_seconds = fresh.latency()
        down_seconds = down.followed() - ready
        synced = stage.until_synced(replica, size)
        stage.until_quiet(replica)
        return {
            "start_seconds": ready - replica.started,
            "sync_seconds": synced - replica.started,
            "down_rotation": 1000 * max(0.0, down_seconds),
            "fresh_rotation": 1000 * fresh_seconds,
            **meter.whole(replica),
            **meter.state(replica),
        }
