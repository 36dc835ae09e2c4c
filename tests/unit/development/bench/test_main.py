"""Wrong use, which ends with one message before anything is measured."""

import pytest

from development.bench.__main__ import bench
from development.bench.scenarios import SCENARIOS

NAMES = (
    *("ceiling", "existing", "burst", "rotate", "churn", "foreign", "restart", "cold"),
    *("probes", "quiet", "failover"),
)


def wrong(capsys, code=2, **given):
    """Return the one line that a wrong use is answered by."""
    asked = {"scenario": "existing", "n": "5", "peer": "", "out": ""} | given
    assert bench(**asked) == code
    told = capsys.readouterr()
    assert told.out == ""
    return " ".join(told.err.split())


def test_every_scenario_has_its_name():
    """Without SCENARIO= all of them run."""
    assert sorted(SCENARIOS) == sorted(NAMES)


def test_an_unknown_scenario_is_named_with_those_that_there_are(capsys):
    """A slip of the pen does not cost an hour."""
    told = wrong(capsys, scenario="existing,brust")

    assert told.startswith("error: SCENARIO: there is no brust; there are ceiling, existing")


@pytest.mark.parametrize("n", ["0", "-3", "many", ""])
def test_no_clusters_are_wrong_use(capsys, n):
    """N must be a number of 1 or more."""
    told = wrong(capsys, n=n)

    assert told == f"error: N={n}: how many clusters must be a number of 1 or more"


def test_a_peer_that_is_not_there_is_named(capsys, tmp_path):
    """A path that leads nowhere, or to what is no program."""
    file = tmp_path / "peer"
    assert "there is no such file" in wrong(capsys, peer=str(file))
    file.write_text("")
    assert "is not executable" in wrong(capsys, peer=str(file))


def test_a_peer_that_fails_at_once_is_told(capsys, tmp_path):
    """Nothing is measured beside a program that does not start."""
    file = tmp_path / "peer"
    file.write_text("#!/bin/sh\nexit 3\n")
    file.chmod(0o755)

    assert "does not start: " in wrong(capsys, code=1, peer=str(file))


def test_an_output_that_is_a_file_is_wrong_use(capsys, tmp_path):
    """OUT= is a folder; a file of that name is left as it is."""
    file = tmp_path / "out"
    file.write_text("mine")

    assert "no such folder can be made" in wrong(capsys, out=str(file))
    assert file.read_text() == "mine"
