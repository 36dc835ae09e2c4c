"""The honest tenant beside a noisy one: what it does, how long that takes, what it is told.

Everything is looked at from outside: by reading what the API server has.
"""

import itertools
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, Self

from development.controller import condition
from development.controlplane.rest import ApiFailure
from development.world import LIFECYCLE, POLICY_API, World, encode
from tests.harness import lab
from tests.harness.steadyserver import LOCKED_OUT, SteadyServer

NAMESPACE: Final = "tenant-b"
HEALTHY: Final = 12
REFUSED: Final = 4
POLL_SECONDS: Final = 0.03
PATIENCE_SECONDS: Final = 90.0
STEPS: Final = ("import", "verdict", "rotation", "deletion")
WRITE: Final = "plain write"
"""Of something that is none of the controller's business: how fast the API server is by itself."""
_UNSURE: Final = frozenset({"", "Probing", "Imported"})
"""What may stand before a cluster was asked."""


@dataclass
class Round:
    """How long each step took, in seconds."""

    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {step: [] for step in (*STEPS, WRITE)}
    )

    def median(self, step: str) -> float:
        """Return the usual time of a step."""
        return statistics.median(self.seconds[step])


class Neighbour:
    """A tenant with clusters that answer, and some whose token is not valid.

    ``wrong`` gathers every verdict about them that was ever seen and is not true.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        # A server of its own process: the API server of the test works for the noisy one, too.
        self._server = SteadyServer()
        self._serial = itertools.count()
        self._expected: dict[str, str] = {}
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="verdicts", daemon=True)
        self.wrong: set[str] = set()
        self.seen = 0
        """Verdicts that were read."""

    def __enter__(self) -> Self:
        """Have the standing clusters imported and told; from then on every verdict is read."""
        self._server.__enter__()
        access, locked_out = self._server.access("standing"), self._server.access(LOCKED_OUT)
        for number in range(HEALTHY + REFUSED):
            is_healthy = number < HEALTHY
            name = f"standing-{number}"
            lab.imported(self._world, NAMESPACE, name, access if is_healthy else locked_out)
            expected = "Reachable" if is_healthy else "Unauthorized"
            self._expected[lab.pediacluster_name(NAMESPACE, name)] = expected
        for name, reason in self._expected.items():
            self._world.until_reason(LIFECYCLE, name, "Ready", reason, timeout_seconds=60)
        self._watcher.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._watcher.join()
        self._server.__exit__(*exception)

    def work(self, seconds: float, *, least: int = 3) -> Round:
        """Import, hear the verdict, rotate and delete, again and again."""
        done = Round()
        started = time.monotonic()
        while time.monotonic() - started < seconds or len(done.seconds["deletion"]) < least:
            self._once(done)
        return done

    def _once(self, done: Round) -> None:
        world, source = self._world, f"passing-{next(self._serial)}"
        name = lab.pediacluster_name(NAMESPACE, source)
        first, second = self._server.access(f"{source}-1"), self._server.access(f"{source}-2")
        started = time.monotonic()
        world.admin.apply(lab.secret(NAMESPACE, "plain", source.encode()))
        done.seconds[WRITE].append(time.monotonic() - started)
        started = time.monotonic()
        lab.imported(world, NAMESPACE, source, first)
        done.seconds["import"].append(self._until(started, lambda: world.pediacluster(name)))
        done.seconds["verdict"].append(
            self._until(
                started,
                lambda: condition(world.lifecycle(name), "Ready").get("reason") == "Reachable",
            )
        )
        started = time.monotonic()
        world.admin.apply(lab.secret(NAMESPACE, source, second.kubeconfig()))
        wanted = encode(second.kubeconfig())
        done.seconds["rotation"].append(
            self._until(started, lambda: world.pediacluster(name)["spec"]["kubeconfig"] == wanted)
        )
        started = time.monotonic()
        world.delete(lab.cluster(NAMESPACE, source))
        done.seconds["deletion"].append(self._until(started, lambda: not self._stands(name)))
        world.delete(lab.secret(NAMESPACE, source, b""))

    def _stands(self, name: str) -> bool:
        try:
            self._world.pediacluster(name)
        except ApiFailure as failure:
            if failure.code != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

    def _until(self, started: float, predicate: Callable[[], Any]) -> float:
        deadline = started + PATIENCE_SECONDS
        self._world.until(
            predicate,
            "the honest tenant is served",
            timeout_seconds=max(deadline - time.monotonic(), 0.1),
        )
        return time.monotonic() - started

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            for obj in self._world.admin.list(POLICY_API, LIFECYCLE):
                name = obj["metadata"]["name"]
                expected = self._expected.get(name)
                if expected is None:
                    continue
                self.seen += 1
                reason = condition(obj, "Ready").get("reason", "")
                if reason != expected and reason not in _UNSURE:
                    self.wrong.add(f"{name}: {reason} instead of {expected}")
