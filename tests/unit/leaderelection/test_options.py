"""Options.

=================================================== ==========================================
client-go ``leaderelection_test.go``                here
=================================================== ==========================================
TestLeaderElectionConfigValidation                  test_options_that_elect_two_or_none_…
=================================================== ==========================================
"""

import socket

import pytest

from clusterimport.leaderelection import LeaderElectionOptions, default_identity


def test_defaults_are_those_of_the_process_we_replace():
    """Without a word from the user we compete for Clusterpedia's lease, with client-go's times."""
    options = LeaderElectionOptions(lease_namespace="clusterpedia-system")

    assert options.lease_name == "clusterpedia-controller-manager"
    assert (
        options.lease_duration_seconds,
        options.renew_deadline_seconds,
        options.retry_period_seconds,
    ) == (15, 10, 2)
    assert options.release_on_stop


def test_identities_are_unique_and_tell_the_host():
    """Two processes of one host never share an identity."""
    first, second = default_identity(), default_identity()

    assert first != second
    assert first.rpartition("_")[0] == socket.gethostname()
    assert (
        LeaderElectionOptions(lease_namespace="n").identity
        != LeaderElectionOptions(lease_namespace="n").identity
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identity": ""}, "needs a identity"),
        ({"lease_name": ""}, "needs a lease_name"),
        ({"lease_namespace": ""}, "needs a lease_namespace"),
        ({"lease_duration_seconds": 10}, "greater than renew_deadline"),
        ({"lease_duration_seconds": 10.9}, "greater than renew_deadline"),
        ({"renew_deadline_seconds": 15.5, "lease_duration_seconds": 15.9}, "greater than renew"),
        ({"renew_deadline_seconds": 2.4}, "1.2 retry periods"),
        ({"retry_period_seconds": 0}, "greater than zero"),
        ({"retry_period_seconds": -1}, "greater than zero"),
    ],
)
def test_options_that_elect_two_or_none_are_refused(changes, message):
    """Duration in whole seconds > deadline > 1.2 retry periods > 0, and every name is given."""
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        LeaderElectionOptions(**{"lease_namespace": "n", **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"lease_duration_seconds": 11},
        {"lease_duration_seconds": 11.9, "renew_deadline_seconds": 10.9},
        {"renew_deadline_seconds": 2.41},
    ],
)
def test_options_at_the_limit_are_accepted(changes):
    """The smallest values that keep the order are fine."""
    options = LeaderElectionOptions(lease_namespace="n", **changes)

    assert options.lease_namespace == "n"
