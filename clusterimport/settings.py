"""Everything that a user may decide about a replica, as one checked record.

Nothing heavy is imported: the command line builds this record, and tells of mistakes in it, before
the Kubernetes client is loaded. It stands below everything that uses it: a new flag is a field here
and a look at it there.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from clusterimport.errors import ClusterImportError
from clusterimport.flags import Flag, FlagGroup, FlagKind, declared_problems, flags_of, set_by
from clusterimport.limits.leases import JITTER_FACTOR
from clusterimport.limits.objects import NAMESPACE_SOURCE_BYTES
from clusterimport.model.policy import CredentialFeature

DEFAULT_NAMESPACE = "clusterpedia-system"
"""Where Clusterpedia is installed, if there is no pod that could tell."""
DEFAULT_LEASE_NAME = "clusterpedia-controller-manager"
"""The lease of the process we replace, so that the two never work at the same time."""
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Mounted into every pod that has a service account."""
STATUS_MODES = ("auto", "own", "never")
CREDENTIAL_FEATURES = tuple(feature.value for feature in CredentialFeature)
AUTHENTICATION_GATE = "ClusterAuthenticationFromSecret"
"""The only one of Clusterpedia's gates that concerns the import."""
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(ClusterImportError):
    """The settings contradict themselves; ``problems`` has one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one replica was told to do. A field with a flag is all that there is of that flag.

    Raises:
        SettingsError: on construction, with all problems at once.

    """

    kubeconfig: str = set_by(
        "--kubeconfig",
        FlagGroup.CONNECTION,
        "Path of a kubeconfig. Without it: $KUBECONFIG, else the service account in a pod, "
        "else ~/.kube/config.",
        default="",
        metavar="PATH",
    )
    master: str = set_by(
        "--master",
        FlagGroup.CONNECTION,
        "URL of the API server, in place of the kubeconfig's.",
        default="",
        metavar="URL",
    )
    # With Clusterpedia's default 10 000 imports would take 25 minutes.
    qps: float = set_by(
        "--kube-api-qps",
        FlagGroup.CONNECTION,
        "Requests per second that the client allows itself; 0: no limit, the server decides "
        "(Clusterpedia: 20).",
        kind=FlagKind.NUMBER,
        default=0.0,
        least=0,
        negative_is_zero=True,
    )
    burst: int = set_by(
        "--kube-api-burst",
        FlagGroup.CONNECTION,
        "Requests that may exceed --kube-api-qps at once; 0: twice as many.",
        kind=FlagKind.INTEGER,
        default=0,
        least=0,
        negative_is_zero=True,
    )
    leader_elect: bool = set_by(
        "--leader-elect",
        FlagGroup.ELECTION,
        "Work only while holding the lease.",
        kind=FlagKind.BOOLEAN,
        default=True,
    )
    lease_duration_seconds: float = set_by(
        "--leader-elect-lease-duration",
        FlagGroup.ELECTION,
        "How long others wait for a leader that is silent.",
        kind=FlagKind.DURATION,
        default=15.0,
    )
    renew_deadline_seconds: float = set_by(
        "--leader-elect-renew-deadline",
        FlagGroup.ELECTION,
        "How long a leader that cannot renew goes on.",
        kind=FlagKind.DURATION,
        default=10.0,
    )
    retry_period_seconds: float = set_by(
        "--leader-elect-retry-period",
        FlagGroup.ELECTION,
        "Pause between attempts.",
        kind=FlagKind.DURATION,
        default=2.0,
    )
    lease_name: str = set_by(
        "--leader-elect-resource-name",
        FlagGroup.ELECTION,
        "Name of the lease.",
        default=DEFAULT_LEASE_NAME,
        metavar="NAME",
    )
    # Never empty after construction.
    lease_namespace: str = set_by(
        "--leader-elect-resource-namespace",
        FlagGroup.ELECTION,
        "Namespace of the lease. Without it: that of the pod's service account, else "
        f"{DEFAULT_NAMESPACE}.",
        default="",
        metavar="NAMESPACE",
    )
    allowed_features: frozenset[str] = set_by(
        "--allowed-credential-features",
        FlagGroup.IMPORT,
        "What credentials of imported clusters may contain under every policy: "
        f"{', '.join(CREDENTIAL_FEATURES)}.",
        kind=FlagKind.LIST,
        choices=CREDENTIAL_FEATURES,
        default=frozenset(),
    )
    allow_cross_namespace: bool = set_by(
        "--allow-cross-namespace-references",
        FlagGroup.IMPORT,
        "Let namespaced sources refer to objects in any namespace, as Clusterpedia does.",
        kind=FlagKind.BOOLEAN,
        default=False,
    )
    authentication_from: bool = set_by(
        "--feature-gates",
        FlagGroup.IMPORT,
        f"{AUTHENTICATION_GATE}=true honours authenticationFrom; other gates have no effect.",
        kind=FlagKind.GATE,
        gate=AUTHENTICATION_GATE,
        default=False,
    )
    max_source_bytes_per_namespace: int = set_by(
        "--max-source-bytes-per-namespace",
        FlagGroup.IMPORT,
        "Most bytes that are kept of the sources of one namespace, as JSON without "
        "managedFields; 0: no bound.",
        kind=FlagKind.INTEGER,
        default=NAMESPACE_SOURCE_BYTES,
        least=0,
    )
    # Each may wait for one write.
    source_workers: int = set_by(
        "--source-workers",
        FlagGroup.IMPORT,
        "Sources looked at at the same time; those of one namespace get half at most.",
        kind=FlagKind.INTEGER,
        default=8,
        least=1,
    )
    # Each may wait for two reads and two writes.
    lifecycle_workers: int = set_by(
        "--lifecycle-workers",
        FlagGroup.IMPORT,
        "Lifecycles looked at at the same time; those of one namespace get half at most.",
        kind=FlagKind.INTEGER,
        default=16,
        least=1,
    )
    pediacluster_status: str = set_by(
        "--pediacluster-status",
        FlagGroup.HEALTH,
        "Who writes the status of PediaClusters. auto: this controller, where no "
        "clustersynchro-manager is at work; own: this controller; never: others.",
        kind=FlagKind.CHOICE,
        choices=STATUS_MODES,
        default="auto",
    )
    probe_interval_seconds: float = set_by(
        "--probe-interval",
        FlagGroup.HEALTH,
        "Pause between two probes of a cluster; 0: no cluster is probed.",
        kind=FlagKind.DURATION,
        default=30.0,
    )
    probe_allow: tuple[IPv4Network | IPv6Network, ...] = set_by(
        "--probe-allow-cidr",
        FlagGroup.HEALTH,
        "Networks to probe although they are denied by default: loopback, link-local, "
        "metadata services.",
        kind=FlagKind.NETWORKS,
        default=(),
    )
    probe_deny: tuple[IPv4Network | IPv6Network, ...] = set_by(
        "--probe-deny-cidr",
        FlagGroup.HEALTH,
        "Networks never to probe.",
        kind=FlagKind.NETWORKS,
        default=(),
    )
    metrics_by_cluster: bool = set_by(
        "--metrics-by-cluster",
        FlagGroup.HEALTH,
        "Add series with the name of each cluster; /metrics is not authenticated.",
        kind=FlagKind.BOOLEAN,
        default=False,
    )
    # Host, empty for all; and port, 0 for any free one, None to serve nothing.
    metrics_address: tuple[str, int | None] = set_by(
        "--metrics-bind-address",
        FlagGroup.SERVER,
        "Where /metrics, /healthz and /readyz are served; 0 or off: nowhere. With "
        "--metrics-secure without /metrics.",
        kind=FlagKind.ADDRESS,
        default=("", 8080),
    )
    metrics_secure: bool = set_by(
        "--metrics-secure",
        FlagGroup.SERVER,
        "Serve /metrics over TLS, on a port of its own, to those whose token has the right to get "
        "the non-resource URL /metrics.",
        kind=FlagKind.BOOLEAN,
        default=False,
    )
    metrics_secure_address: tuple[str, int | None] = set_by(
        "--metrics-secure-bind-address",
        FlagGroup.SERVER,
        "Where that is.",
        kind=FlagKind.ADDRESS,
        default=("", 8443),
    )
    metrics_cert_path: str = set_by(
        "--metrics-cert-path",
        FlagGroup.SERVER,
        "Folder with tls.crt and tls.key for it, read again when they change. Without it: a "
        "self-signed certificate, made at each start.",
        default="",
        metavar="FOLDER",
    )
    log_level: str = set_by(
        "--log-level",
        FlagGroup.LOGS,
        "The least that is logged. Without it: info, from -v=4 on debug.",
        kind=FlagKind.CHOICE,
        choices=LOG_LEVELS,
        default="info",
        is_default_shown=False,
    )
    log_format: str = set_by(
        "--logging-format",
        FlagGroup.LOGS,
        "Form of the lines (Clusterpedia: text).",
        kind=FlagKind.CHOICE,
        choices=("text", "json"),
        default="json",
    )
    namespace: str = ""
    """Where the Secrets of ``authenticationFrom`` lie; filled in like ``lease_namespace``."""
    given_flags: tuple[str, ...] = field(default=(), compare=False)
    """What was given, as ``--flag=value``, for one line in the log; nothing of it is secret."""
    ignored_flags: tuple[str, ...] = ()
    """What was given and has no meaning here, for one line in the log."""
    identity: str = field(default_factory=lambda: os.uname().nodename)
    """Who we are in Events: the host name, which in a pod is the pod's."""

    def __post_init__(self) -> None:
        """Fill in the namespace and refuse what cannot work."""
        if not self.namespace:
            object.__setattr__(self, "namespace", service_account_namespace())
        if not self.lease_namespace:
            # The record is frozen for everybody else.
            object.__setattr__(self, "lease_namespace", self.namespace)
        problems = [
            *_check_election(self),
            *declared_problems(self),
            *_check_probes(self),
            *_check_listeners(self),
        ]
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
    if settings.renew_deadline_seconds <= JITTER_FACTOR * settings.retry_period_seconds:
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


def _check_probes(settings: Settings) -> list[str]:
    interval = settings.probe_interval_seconds
    if math.isfinite(interval) and (interval == 0 or interval >= 1):
        return []
    return ["--probe-interval must be 0 (no probes) or at least 1s"]


def _check_listeners(settings: Settings) -> list[str]:
    problems = []
    for flag, (_, port) in (
        ("--metrics-bind-address", settings.metrics_address),
        ("--metrics-secure-bind-address", settings.metrics_secure_address),
    ):
        if port is not None and not 0 <= port <= 65535:
            problems.append(f"{flag}: {port} is not a port")
    if settings.metrics_secure and settings.metrics_secure_address[1] is None:
        problems.append("--metrics-secure needs a port: --metrics-secure-bind-address")
    if not settings.metrics_secure and settings.metrics_cert_path:
        problems.append("--metrics-cert-path has a meaning with --metrics-secure only")
    return problems


def flags() -> Mapping[str, Flag]:
    """Return the flags by the names of the fields that they set, in the order of ``--help``."""
    return flags_of(Settings)
