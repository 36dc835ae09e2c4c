"""Killed at any write, before or after it, a story ends where an undisturbed one does (F01, R4).

``FAULT_POINTS`` is how many points are drawn, 0 for all; ``FAULT_SEED`` is what they are drawn by.
"""

import os
from random import Random

import pytest

from development.controlplane.controlplane import ControlPlane
from development.world import World, world_of
from tests.faults.crashes import Outcome, Point, Workload
from tests.faults.judge.content import ends_alike
from tests.faults.judge.record import Run
from tests.harness.proxy import FaultProxy

POINTS = int(os.environ.get("FAULT_POINTS", "12"))
SEED = int(os.environ.get("FAULT_SEED") or Random().randrange(1 << 32))  # printed, to be repeated
SHARES = 4
"""Each is a test of its own, so that they run side by side."""


def run(world: World, point: Point | None) -> Outcome:
    """Go through the story once, and leave nothing behind."""
    with FaultProxy(world.control_plane) as proxy:
        outcome = Workload(world, proxy).run(point)
        world.clear()
    return outcome


@pytest.fixture(scope="session")
def undisturbed(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Give the story without a kill, once for each process of the run."""
    with world_of(control_plane, tmp_path_factory.mktemp("undisturbed")) as world:
        return run(world, None)


@pytest.mark.slow
@pytest.mark.timeout(24 * 3600)
@pytest.mark.parametrize("share", range(SHARES))
def test_f01_killed_at_any_write(world: World, undisturbed: Outcome, share: int) -> None:
    """The same end, and each object created, changed and deleted as often as without a kill."""
    every = [Point(k, before) for k in range(1, undisturbed.writes + 1) for before in (True, False)]
    count = min(POINTS // SHARES, len(every))
    points = Random(f"{SEED}/{share}").sample(every, count) if POINTS else every[share::SHARES]
    print(f"{undisturbed.writes} writes; FAULT_SEED={SEED} FAULT_POINTS={POINTS}")
    wrong: list[str] = []
    for point in points:
        try:
            outcome = run(world, point)
        except AssertionError as error:
            wrong.append(f"killed {point}, it did not end: {error}")
            world.clear()
            continue
        ends = Run(reference=undisturbed.essence, essence=outcome.essence)
        wrong += [f"killed {point}, {each}" for each in ends_alike(ends)]
        wrong += [
            f"killed {point}, {step}: {outcome.summary[step]} times and not {count}"
            for step, count in (undisturbed.summary | outcome.summary).items()
            if {outcome.summary[step], undisturbed.summary[step]} != {count}
        ]
    assert not wrong, f"FAULT_SEED={SEED}\n" + "\n".join(wrong[:20])
