"""What a replica may be told, and what is refused."""

import socket

import pytest

from clusterimport.controllers.shared.duty import StatusMode
from clusterimport.leaderelection import LeaderElectionOptions
from clusterimport.settings import (
    DEFAULT_NAMESPACE,
    STATUS_MODES,
    Settings,
    SettingsError,
    service_account_namespace,
)


def test_defaults_are_those_of_the_process_we_replace():
    """Lease, times and election as in Clusterpedia; no client-side limit of requests."""
    settings = Settings()

    assert settings.lease_name == "clusterpedia-controller-manager"
    assert settings.leader_elect
    assert (
        settings.lease_duration_seconds,
        settings.renew_deadline_seconds,
        settings.retry_period_seconds,
    ) == (15, 10, 2)
    assert (settings.qps, settings.burst) == (0, 0)
    assert settings.metrics_address == ("", 8080)
    assert settings.identity == socket.gethostname()


def test_everything_dangerous_is_off():
    """Nobody gets a credential feature or a foreign namespace without asking."""
    settings = Settings()

    assert settings.allowed_features == frozenset()
    assert not settings.allow_cross_namespace
    assert not settings.authentication_from


@pytest.mark.parametrize(
    ("content", "namespace"),
    [("fleet\n", "fleet"), ("", DEFAULT_NAMESPACE), (None, "clusterpedia-system")],
)
def test_the_namespace_is_that_of_the_pod(tmp_path, content, namespace):
    """The service account's file tells it; outside of a pod it is Clusterpedia's."""
    file = tmp_path / "namespace"
    if content is not None:
        file.write_text(content)

    assert service_account_namespace(file) == namespace


def test_a_namespace_file_that_is_no_text_counts_as_none(tmp_path):
    """A broken mount does not stop the start."""
    file = tmp_path / "namespace"
    file.write_bytes(b"\xff\xfe\x00")

    assert service_account_namespace(file) == DEFAULT_NAMESPACE


def test_the_lease_always_has_a_namespace():
    """Empty is filled in; given is kept."""
    assert Settings().lease_namespace
    assert Settings(lease_namespace="mine").lease_namespace == "mine"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lease_name": ""}, "--leader-elect-resource-name"),
        ({"retry_period_seconds": 0}, "--leader-elect-retry-period must be greater than 0"),
        ({"retry_period_seconds": -1}, "--leader-elect-retry-period must be greater than 0"),
        ({"retry_period_seconds": 8.5}, "--leader-elect-renew-deadline must be greater than 1.2"),
        ({"lease_duration_seconds": 10.9}, "--leader-elect-lease-duration, in whole seconds"),
        ({"renew_deadline_seconds": 15}, "--leader-elect-lease-duration, in whole seconds"),
        ({"qps": -1}, "--kube-api-qps"),
        ({"qps": float("nan")}, "--kube-api-qps"),
        ({"qps": float("inf")}, "--kube-api-qps"),
        ({"burst": -1}, "--kube-api-burst"),
        ({"source_workers": 0}, "--source-workers"),
        ({"lifecycle_workers": 0}, "--lifecycle-workers"),
        ({"max_source_bytes_per_namespace": -1}, "--max-source-bytes-per-namespace"),
        ({"metrics_address": ("", 65536)}, "--metrics-bind-address: 65536 is not a port"),
        ({"log_level": "trace"}, "--log-level must be one of debug, info, warning, error"),
        ({"pediacluster_status": "mine"}, "--pediacluster-status must be one of auto, own, never"),
        ({"probe_interval_seconds": -1}, "--probe-interval must be 0 (no probes) or at least 1s"),
        ({"probe_interval_seconds": 0.99}, "--probe-interval must be 0"),
        ({"probe_interval_seconds": float("nan")}, "--probe-interval must be 0"),
        ({"probe_interval_seconds": float("inf")}, "--probe-interval must be 0"),
    ],
)
def test_what_cannot_work_is_refused_by_the_name_of_the_flag(changes, problem):
    """A person reads the name of what has to be changed."""
    with pytest.raises(SettingsError) as caught:
        Settings(**changes)

    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)


@pytest.mark.parametrize("seconds", [0, 1, 30, 86400])
def test_probes_may_be_rare_or_none(seconds):
    """From one second on, and 0 for none."""
    assert Settings(probe_interval_seconds=seconds).probe_interval_seconds == seconds


@pytest.mark.parametrize("mode", [*StatusMode])
def test_every_mode_of_the_status_can_be_given(mode):
    """The record and the reconciler know the same words."""
    assert Settings(pediacluster_status=mode.value).pediacluster_status == mode
    assert len(STATUS_MODES) == len(StatusMode)


def test_secrets_are_looked_for_where_the_controller_runs():
    """The namespace is filled in like the lease's, and may be given."""
    assert Settings().namespace == Settings().lease_namespace != ""
    assert Settings(namespace="mine").lease_namespace == "mine"
    assert Settings(namespace="mine", lease_namespace="other").namespace == "mine"


def test_all_problems_are_told_at_once():
    """Nobody mends one flag to be told of the next."""
    with pytest.raises(SettingsError) as caught:
        Settings(source_workers=0, burst=-1, retry_period_seconds=20)

    assert len(caught.value.problems) == 3
    assert str(caught.value) == "; ".join(caught.value.problems)


def test_the_election_is_not_checked_where_there_is_none():
    """Clusterpedia starts with such arguments, and so do we."""
    settings = Settings(leader_elect=False, retry_period_seconds=0, lease_duration_seconds=1)

    assert not settings.leader_elect


@pytest.mark.parametrize(
    ("duration", "deadline", "period"),
    [(15, 10, 2), (15, 10, 8.3), (15, 10, 8.4), (15.9, 15, 2), (15.9, 15.1, 2), (16, 15.5, 12.9)],
)
def test_the_rules_are_those_of_the_election_itself(duration, deadline, period):
    """What passes here is never refused later, and what the election refuses does not pass."""

    def refuses(make, error):
        try:
            make(
                lease_namespace="n",
                lease_duration_seconds=duration,
                renew_deadline_seconds=deadline,
                retry_period_seconds=period,
            )
        except error:
            return True
        return False

    assert refuses(Settings, SettingsError) == refuses(LeaderElectionOptions, ValueError)
