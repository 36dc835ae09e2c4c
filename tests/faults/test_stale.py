"""Two API servers on one etcd, one of which is behind (F06, F07)."""

import time
from collections.abc import Iterator

import pytest

from development.controlplane.controlplane import ControlPlane
from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness.secondserver import Relay, second_server

FEW = IMPORTED[:6]
BEHIND_SECONDS = 10.0


@pytest.fixture(scope="module")
def second(control_plane: ControlPlane) -> Iterator[tuple[str, Relay]]:
    """Give the address of the other server, and what keeps it behind."""
    with second_server(control_plane) as running:
        yield running


def change(trial: Trial) -> None:
    """Have the server that is behind miss rotations, a new address and sources that go."""
    for _ in range(20):
        trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.fleet.remove(*IMPORTED[-2:])


def test_f06_reconnected_to_a_server_that_is_behind(
    trial: Trial, second: tuple[str, Relay]
) -> None:
    """Nothing older than what was seen is written, and nothing goes for what a cache lacks."""
    url, relay = second
    trial.begin()
    relay.freeze()
    try:
        change(trial)
        trial.settle()
        trial.proxy.turn_to(url)
        trial.fleet.rotate(*FEW)
        time.sleep(BEHIND_SECONDS)
    finally:
        relay.thaw()
    trial.settle()
    trial.proxy.turn_to()
    trial.end()


def test_f07_restarted_against_a_server_that_is_behind(
    trial: Trial, second: tuple[str, Relay]
) -> None:
    """It waits for a view that is as new as the server's own, and nothing goes back in time."""
    url, relay = second
    trial.begin()
    relay.freeze()
    try:
        change(trial)
        trial.settle()
        trial.kill()
        trial.proxy.turn_to(url)
        trial.start(ready=False)
        time.sleep(BEHIND_SECONDS)
    finally:
        relay.thaw()
    trial.controller.wait_ready(60.0)
    trial.settle()
    trial.proxy.turn_to()
    trial.end()
