"""Everything that a user may decide about a replica, as one checked record.

Nothing but the root error and the bounds is imported: the command line builds this record, and
tells of mistakes in it, before anything heavy is loaded.
"""

import math
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from clusterimport.errors import ClusterImportError
from clusterimport.limits.objects import NAMESPACE_SOURCE_BYTES

DEFAULT_NAMESPACE = "clusterpedia-system"
"""Where Clusterpedia is installed, if there is no pod that could tell."""
DEFAULT_LEASE_NAME = "clusterpedia-controller-manager"
"""The lease of the process we replace, so that the two never work at the same time."""
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Mounted into every pod that has a service account."""
STATUS_MODES = ("auto", "own", "never")
LOG_LEVELS = ("debug", "info", "warning", "error")

_JITTER_FACTOR = 1.2
"""Part of client-go's rule below; the election's own constant would load the HTTP client."""
_HIGHEST_PORT = 65535


class SettingsError(ClusterImportError):
    """The settings contradict themselves; ``problems`` has one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one replica was told to do.

    Raises:
        SettingsError: on construction, with all problems at once.

    """

    kubeconfig: str = ""
    """Path of a kubeconfig, or several joined by a colon; empty finds the server by itself, as
    ``kube.load_settings`` says."""
    master: str = ""
    """URL that replaces the server's of the kubeconfig; empty leaves it."""
    qps: float = 0.0
    """Requests per second that this client allows itself. 0: no limit, the server's priority and
    fairness decides. Clusterpedia's default of 20 would make 10 000 imports take 25 minutes."""
    burst: int = 0
    """Requests that may exceed ``qps`` at once; 0: twice ``qps``."""
    leader_elect: bool = True
    """Whether to wait for the lease; without it two replicas would both write."""
    lease_name: str = DEFAULT_LEASE_NAME
    """Name of the Lease."""
    lease_namespace: str = ""
    """Namespace of the Lease; empty, which it is never after construction, stands for that of the
    pod's service account, else DEFAULT_NAMESPACE."""
    lease_duration_seconds: float = 15.0
    """How long others wait for a leader that is silent."""
    renew_deadline_seconds: float = 10.0
    """How long a leader that cannot renew goes on."""
    retry_period_seconds: float = 2.0
    """Pause between attempts to renew or acquire."""
    metrics_host: str = ""
    """Address to serve /metrics, /healthz and /readyz on; empty for all."""
    metrics_port: int | None = 8080
    """Port of the same; 0 for any free one, None to serve nothing."""
    allowed_features: frozenset[str] = frozenset()
    """``CredentialFeature`` values allowed in every policy of the installation."""
    allow_cross_namespace: bool = False
    """Whether a namespaced source may refer to objects in any namespace, as in Clusterpedia."""
    authentication_from: bool = False
    """Whether ``authenticationFrom`` is honoured: gate ClusterAuthenticationFromSecret."""
    namespace: str = ""
    """Where the Secrets of ``authenticationFrom`` lie; filled in like ``lease_namespace``."""
    pediacluster_status: str = "auto"
    """Who writes the status of PediaClusters, one of STATUS_MODES."""
    probe_interval_seconds: float = 30.0
    """Pause between two probes of an imported cluster that answers; 0 probes none."""
    probe_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Addresses that may be probed although they are denied by default, as loopback is."""
    probe_deny: tuple[IPv4Network | IPv6Network, ...] = ()
    """Addresses that are never probed."""
    metrics_by_cluster: bool = False
    """Whether there are series with the name of each cluster."""
    log_level: str = "info"
    """The least that is logged, one of LOG_LEVELS."""
    log_json: bool = True
    """One JSON object per line instead of text."""
    given_flags: tuple[str, ...] = field(default=(), compare=False)
    """What was given, as ``--flag=value``, for one line in the log; nothing of it is secret."""
    ignored_flags: tuple[str, ...] = ()
    """What was given and has no meaning here, for one line in the log."""
    source_workers: int = 16
    """Sources looked at at the same time; each may wait for one write."""
    lifecycle_workers: int = 32
    """Lifecycles looked at at the same time; each may wait for two reads and two writes."""
    max_source_bytes_per_namespace: int = NAMESPACE_SOURCE_BYTES
    """Most bytes that are kept of the sources of one namespace; 0: no bound."""
    identity: str = field(default_factory=socket.gethostname)
    """Who we are in Events: the host name, which in a pod is the pod's."""

    def __post_init__(self) -> None:
        """Fill in the namespace and refuse what cannot work."""
        if not self.namespace:
            object.__setattr__(self, "namespace", service_account_namespace())
        if not self.lease_namespace:
            # The record is frozen for everybody else.
            object.__setattr__(self, "lease_namespace", self.namespace)
        problems = [text for check in _CHECKS for text in check(self)]
        if problems:
            raise SettingsError(problems)


def service_account_namespace(path: Path = NAMESPACE_FILE) -> str:
    """Return the namespace this pod runs in, DEFAULT_NAMESPACE outside of one."""
    try:
        return path.read_text(encoding="utf-8").strip() or DEFAULT_NAMESPACE
    except (OSError, UnicodeDecodeError):
        return DEFAULT_NAMESPACE


def _check_election(settings: Settings) -> list[str]:
    """Apply client-go's rules (``leaderelection.NewLeaderElector``)."""
    if not settings.leader_elect:
        # Clusterpedia does not look at them then, and neither must a swap fail on them.
        return []
    problems = []
    if not settings.lease_name:
        problems.append("--leader-elect-resource-name must not be empty")
    if settings.retry_period_seconds <= 0:
        problems.append("--leader-elect-retry-period must be greater than 0")
    if settings.renew_deadline_seconds <= _JITTER_FACTOR * settings.retry_period_seconds:
        problems.append(
            "--leader-elect-renew-deadline must be greater than 1.2 times "
            "--leader-elect-retry-period"
        )
    # Others see the whole seconds of the duration only.
    if math.floor(settings.lease_duration_seconds) <= settings.renew_deadline_seconds:
        problems.append(
            "--leader-elect-lease-duration, in whole seconds, must be greater than "
            "--leader-elect-renew-deadline"
        )
    return problems


def _check_figures(settings: Settings) -> list[str]:
    problems = []
    if not math.isfinite(settings.qps) or settings.qps < 0:
        problems.append("--kube-api-qps must be a number of 0 (no limit) or more")
    interval = settings.probe_interval_seconds
    if not math.isfinite(interval) or interval < 0 or 0 < interval < 1:
        problems.append("--probe-interval must be 0 (no probes) or at least 1s")
    if settings.burst < 0:
        problems.append("--kube-api-burst must be 0 or more")
    for flag, workers in (
        ("--source-workers", settings.source_workers),
        ("--lifecycle-workers", settings.lifecycle_workers),
    ):
        if workers < 1:
            problems.append(f"{flag} must be 1 or more")
    if settings.max_source_bytes_per_namespace < 0:
        problems.append("--max-source-bytes-per-namespace must be 0 (no bound) or more")
    port = settings.metrics_port
    if port is not None and not 0 <= port <= _HIGHEST_PORT:
        problems.append(f"--metrics-bind-address: {port} is not a port")
    return problems


def _check_words(settings: Settings) -> list[str]:
    return [
        f"{flag} must be one of {', '.join(known)}"
        for flag, word, known in (
            ("--log-level", settings.log_level, LOG_LEVELS),
            ("--pediacluster-status", settings.pediacluster_status, STATUS_MODES),
        )
        if word not in known
    ]


_CHECKS: tuple[Callable[[Settings], list[str]], ...] = (
    _check_election,
    _check_figures,
    _check_words,
)
