"""One tenant at its worst, another one at its work, and the controller in 512 MiB.

`make noisy-neighbour` does the same for two minutes an attack, and compares times.
"""

from pathlib import Path

import pytest

from development.world import World
from tests.harness import noise
from tests.harness.neighbour import NAMESPACE, Neighbour

SECONDS = 5.0
STRENGTH = 0.15


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_worst_of_one_tenant_does_not_stop_another(our_world: World, tmp_path: Path) -> None:
    """The other's clusters are imported, rotated, deleted and rightly judged through all of it."""
    with (
        noise.stage(our_world, NAMESPACE, tmp_path, strength=STRENGTH) as target,
        Neighbour(our_world) as neighbour,
    ):
        for attack in noise.attacks():
            with noise.under(attack, target):
                neighbour.work(SECONDS, least=1)
            assert target.lives(), f"{attack.name} ended the controller"
            assert target.controller.probe("/readyz") == 200, f"{attack.name} made it unready"
        assert neighbour.seen > len(noise.attacks())
        assert neighbour.wrong == set()
