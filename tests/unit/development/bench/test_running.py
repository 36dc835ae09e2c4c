"""The turns of a run, with stages that only tell what is done on them."""

import io
from pathlib import Path

import pytest

from development.bench.contenders import Contender, Door
from development.bench.errors import BenchError, StartError
from development.bench.running import Runner
from development.bench.scenarios import Case
from development.bench.screen import Screen

OURS = Contender("clusterimport", "1", Path("/python"), is_ours=True)
PEER = Contender("peer", "2", Path("/peer"), is_ours=False)


class QuietStage:
    """A stage on which nothing runs."""

    def __init__(self, contender, _screen):
        self.contender = contender
        self.distributions = {"rotation": [1.0]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def series(self):
        return []


class Told:
    """A scenario that takes note of its turns, or fails those of one contender."""

    name, about = "told", "nothing happens"

    def __init__(self, *cases, failure=None):
        self._cases = cases
        self._failure = failure
        self.turns = []

    def cases(self, n):
        return self._cases or [Case(n)]

    def run(self, stage, size):
        self.turns.append((stage.contender.name, size))
        if self._failure is not None and stage.contender is PEER:
            raise self._failure
        return {"memory": 1.0}


def run(scenario, *contenders):
    results = []
    Runner(contenders, Screen(io.StringIO()), QuietStage).run([scenario], 7, results.append)
    return results


def test_contenders_take_turns():
    """A B A B, so that what drifts on the machine meets both."""
    scenario = Told()
    (result,) = run(scenario, OURS, PEER)

    assert scenario.turns == [("clusterimport", 7), ("peer", 7)] * 2
    assert [turn.contender for turn in result.turns] == ["clusterimport", "peer"] * 2
    assert result.turns[0].distributions == {"rotation": [1.0]}


def test_a_case_that_is_not_compared_is_run_by_ours_alone():
    """A peer takes no part in what it cannot do."""
    scenario = Told(Case(3, turns=1, is_compared=False), Case(9, turns=1))
    run(scenario, OURS, PEER)

    assert scenario.turns == [("clusterimport", 3), ("clusterimport", 9), ("peer", 9)]


def test_a_failed_turn_is_a_result_and_the_others_go_on():
    """A peer that stops half-way is told so, and ours is measured all the same."""
    (result,) = run(Told(failure=BenchError("stopped at 3 of 7")), OURS, PEER)

    assert [turn.error for turn in result.turns] == ["", "stopped at 3 of 7"] * 2
    assert result.median("clusterimport", "memory") == 1.0
    assert result.median("peer", "memory") is None


def test_a_controller_that_does_not_start_ends_the_run():
    """No later turn of it would have a result."""
    with pytest.raises(StartError):
        run(Told(failure=StartError("peer does not start")), OURS, PEER)


def test_a_controller_that_started_before_ends_no_run():
    """What fails later, among very many clusters, is that turn alone."""
    good, bad = Told(), Told(failure=StartError("peer is not ready"))
    results = []
    runner = Runner((OURS, PEER), Screen(io.StringIO()), QuietStage)
    runner.run([good, bad, good], 7, results.append)

    assert [[bool(turn.error) for turn in result.turns] for result in results] == [
        [False] * 4,
        [False, True] * 2,
        [False] * 4,
    ]


def test_a_peer_is_run_without_limits_as_the_page_says():
    """With its flags, and none of ours."""
    door = Door(Path("/door"), "https://127.0.0.1:1", Path("/door/kubeconfig"), 2)

    assert PEER.command(door, "--probe-interval=0", elects=False) == [
        Path("/peer"),
        "--kubeconfig=/door/kubeconfig",
        "--leader-elect=false",
        "--kube-api-qps=5000",
        "--kube-api-burst=10000",
    ]
    assert "--leader-elect=true" in PEER.command(door, elects=True)
    assert OURS.command(door, "--probe-interval=0", elects=False)[-3:] == [
        "run",
        "--metrics-bind-address=127.0.0.1:2",
        "--probe-interval=0",
    ]
