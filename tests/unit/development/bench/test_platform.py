"""What is measured is like what Cluster API has."""

import json

from clusterimport.engine.credentials import judge_credentials, select_credentials
from development.bench import platform


def test_the_credentials_are_usable_and_no_two_are_alike():
    """A controller that judges them finds nothing wrong, and can share nothing."""
    values = [platform.value_of(number, 1) for number in range(3)] + [platform.value_of(0, 2)]

    assert len(set(values)) == 4
    for value in values:
        credentials = select_credentials({"kubeconfig": value}, advice="")
        assert judge_credentials(credentials, frozenset(), advice="") is not None
        assert 5_000 < len(value) < 6_500


def test_a_secret_carries_the_label_of_its_cluster():
    """A policy that selects by it finds the Secret."""
    secret, cluster = (json.loads(request.body) for request in platform.creation(7))

    assert secret["metadata"]["labels"] == {
        "cluster.x-k8s.io/cluster-name": cluster["metadata"]["name"]
    }
    assert secret["metadata"]["namespace"] == cluster["metadata"]["namespace"] == "team-07"


def test_no_two_rotations_of_a_run_are_alike():
    """A PediaCluster that has the credential already would never be written."""
    assert platform.rotation(1, platform.value_of(1, 1)) != platform.rotation(
        1, platform.value_of(1, 2)
    )
