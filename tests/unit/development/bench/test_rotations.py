"""Which write of a PediaCluster followed which change of a Secret."""

from types import SimpleNamespace

import pytest

from development.bench.requests import Seen
from development.bench.scenarios.rotations import matched

STAGE = SimpleNamespace(user="controller")
SECRET, CLUSTER = "cluster-000001-kubeconfig", "team-01-cluster-000001"


def rotated(received):
    return Seen("admin", "patch", "secrets", "team-01", SECRET, received, received + 0.01)


def followed(received, ended, user="controller", verb="patch"):
    return Seen(user, verb, "pediaclusters", "", CLUSTER, received, ended)


def test_a_rotation_is_followed_by_the_first_write_that_began_after_it():
    """What was on its way before cannot be its consequence."""
    seen = [followed(0.9, 1.2), rotated(1.0), followed(1.3, 1.5), followed(1.6, 1.7)]

    latencies, last, left = matched(seen, STAGE)

    assert latencies == [pytest.approx(0.5)]
    assert (last, left) == (1.5, 0)


def test_one_write_may_follow_several_changes():
    """Who is late catches up with the newest: each change counts until then."""
    latencies, _, left = matched([rotated(1.0), rotated(2.0), followed(3.0, 3.5)], STAGE)

    assert latencies == [pytest.approx(2.5), pytest.approx(1.5)]
    assert left == 0


def test_a_change_that_nobody_followed_is_left():
    """Neither reads nor what others write follow anything."""
    others = [followed(2.0, 2.1, user="admin"), followed(2.0, 2.1, verb="get")]

    assert matched([rotated(1.0), *others], STAGE) == ([], 0.0, 1)
