"""Secrets that are changed, and when their PediaClusters follow, by the audit log alone."""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from development.bench import platform
from development.bench.errors import BenchError
from development.bench.requests import Seen, Tail
from development.bench.stage import PEDIACLUSTERS, Stage

ROTATIONS: Final = 200
PATIENCE_SECONDS: Final = 120.0
CHECKED: Final = 50


class Rotation:
    """One change of one Secret, sent when this is made."""

    def __init__(self, stage: Stage, number: int, value: str) -> None:
        self._stage = stage
        self._number = number
        self._value = value
        self._tail = stage.tail()
        self._received: float | None = None
        self._followed: float | None = None
        stage.send(platform.rotation(number, value))

    def followed(self) -> float:
        """Wait until the PediaCluster has the new credential; return when that was."""
        self._stage.until(
            self._is_followed,
            f"{platform.pediacluster_of(self._number)} follows its Secret",
            timeout_seconds=PATIENCE_SECONDS,
        )
        if self._stage.value_in(self._number) != self._value:
            raise BenchError(f"{self._stage.contender.name} wrote another credential")
        assert self._followed is not None
        return self._followed

    def latency(self) -> float:
        """Wait for it; return the seconds from the change until then."""
        followed = self.followed()
        assert self._received is not None
        return followed - self._received

    def _is_followed(self) -> bool:
        for each in self._tail.read():
            if _is_rotation(each, self._stage) and each.name == _secret(self._number):
                self._received = each.received
            if _is_follower(each, self._stage, platform.pediacluster_of(self._number)):
                self._followed = each.ended
        return self._received is not None and self._followed is not None


def one_by_one(stage: Stage, size: int, generation: int) -> list[float]:
    """Change Secrets, each after the one before was followed; return the latencies in seconds."""
    latencies: list[float] = []
    step = max(1, size // ROTATIONS)
    for turn in range(ROTATIONS):
        number = turn * step % size
        value = platform.value_of(number, generation + turn)
        latencies.append(Rotation(stage, number, value).latency())
        stage.screen.show(f"{turn + 1} of {ROTATIONS} rotations")
    return latencies


def flood(
    stage: Stage, size: int, *, per_second: float, seconds: float, generation: int
) -> tuple[float, list[float], float]:
    """Change Secrets so often, whether they are followed or not.

    Return how many a second were changed, the latencies, and the seconds from the last change
    until the last of them was followed. Raises BenchError if one never is.
    """
    count = int(per_second * seconds)
    stage.screen.show(f"{count} credentials are made")
    values = [platform.value_of(i % size, generation + i // size) for i in range(count)]
    requests = [platform.rotation(i % size, value) for i, value in enumerate(values)]
    tail = stage.tail()
    took = stage.load(requests, count, "rotations", per_second=per_second)
    ended = time.time()
    latest = {i % size: value for i, value in enumerate(values)}
    latencies, last = _until_all_followed(stage, tail)
    for number in list(latest)[:CHECKED]:
        if stage.value_in(number) != latest[number]:
            raise BenchError(f"{stage.contender.name} wrote another credential")
    return count / took, latencies, max(0.0, last - ended)


def _until_all_followed(stage: Stage, tail: Tail) -> tuple[list[float], float]:
    seen: list[Seen] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen += tail.read()
        latencies, last, left = matched(seen, stage)
        if not left:
            return latencies, last
        stage.screen.show(f"{left} rotations are not followed yet")
        if time.monotonic() > deadline:
            raise BenchError(f"{stage.contender.name} does not follow {left} rotations")
        time.sleep(0.5)


def matched(seen: Sequence[Seen], stage: Stage) -> tuple[list[float], float, int]:
    """Return latencies, when the last was followed, and how many are not."""
    changed: dict[str, list[float]] = defaultdict(list)
    written: dict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        if _is_rotation(each, stage):
            name = f"{each.namespace}-{each.name.removesuffix('-kubeconfig')}"
            changed[name].append(each.received)
        elif _is_follower(each, stage):
            written[each.name].append(each)
    latencies, last, left = [], 0.0, 0
    for name, times in changed.items():
        for moment in times:
            # What was on its way before the change cannot be its consequence.
            after = (each.ended for each in written[name] if each.received >= moment)
            followed = min(after, default=None)
            if followed is None:
                left += 1
            else:
                latencies.append(followed - moment)
                last = max(last, followed)
    return latencies, last, left


def _is_rotation(seen: Seen, stage: Stage) -> bool:
    return seen.verb == "patch" and seen.resource == "secrets" and seen.user != stage.user


def _is_follower(seen: Seen, stage: Stage, name: str = "") -> bool:
    return (
        seen.is_write
        and seen.resource == PEDIACLUSTERS
        and seen.user == stage.user
        and name in {"", seen.name}
    )


def _secret(number: int) -> str:
    return f"{platform.name_of(number)}-kubeconfig"
