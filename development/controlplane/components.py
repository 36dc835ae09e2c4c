"""The command lines of the three components. Nothing here touches the machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from development.controlplane.audit import AuditLevel
from development.controlplane.ports import HOST

GARBAGE_COLLECTOR = "garbage-collector-controller"
NAMESPACE_CONTROLLER = "namespace-controller"
AGGREGATION_CONTROLLER = "clusterrole-aggregation-controller"
ALL_CONTROLLERS = (GARBAGE_COLLECTOR, NAMESPACE_CONTROLLER, AGGREGATION_CONTROLLER)
WITHOUT_GARBAGE_COLLECTOR = (NAMESPACE_CONTROLLER, AGGREGATION_CONTROLLER)

SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"
# lumberjack rotates at 100 MB unless told otherwise, and then a reader loses lines.
AUDIT_MAXIMUM_MEGABYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlaneOptions:
    """What differs between the control planes of different tests."""

    controllers: tuple[str, ...] = ALL_CONTROLLERS
    """Controllers of the kube-controller-manager; none means that it is not started."""

    audit_level: AuditLevel = "Metadata"
    """How much is recorded of each request; `None` means no audit log at all."""

    audit_reads: bool = False
    """Record get, list and watch too, not only writes."""

    enable_admission_plugins: tuple[str, ...] = ()
    """Beside Kubernetes' defaults, for example OwnerReferencesPermissionEnforcement."""

    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    """Feature gates of the API server."""

    apiserver_arguments: tuple[str, ...] = ()
    """More arguments of the API server; where repeated, these win."""

    ready_timeout_seconds: float = 60.0
    """How long one component may take to become ready; a loaded machine is slow."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of one control plane."""

    etcd_client: int
    etcd_peer: int
    apiserver: int
    controller_manager: int


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one control plane, all in its own folder."""

    folder: Path

    @property
    def audit_log(self) -> Path:
        """One JSON document a line."""
        return self.folder / "audit.jsonl"

    def __getitem__(self, name: str) -> Path:
        return self.folder / name

    def log(self, component: str) -> Path:
        """Return the file of what the component printed, over all its runs."""
        return self.folder / f"{component}.log"


def etcd(binary: Path, ports: Ports, files: Files) -> list[str | Path]:
    """Return the command of etcd."""
    client, peer = (f"http://{HOST}:{port}" for port in (ports.etcd_client, ports.etcd_peer))
    return [
        binary,
        "--name=tests",
        f"--data-dir={files['etcd']}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=tests={peer}",
        "--unsafe-no-fsync",  # the data has to survive our processes, not the machine
        "--log-level=warn",
        # One node elects itself; the defaults (100, 1000) only make it wait.
        "--heartbeat-interval=20",
        "--election-timeout=200",
    ]


def kube_apiserver(
    binary: Path, ports: Ports, files: Files, options: ControlPlaneOptions
) -> list[str | Path]:
    """Return the command of the API server."""
    command: list[str | Path] = [
        binary,
        f"--etcd-servers=http://{HOST}:{ports.etcd_client}",
        f"--bind-address={HOST}",
        f"--secure-port={ports.apiserver}",
        f"--cert-dir={files['certificates']}",
        f"--tls-cert-file={files['apiserver.crt']}",
        f"--tls-private-key-file={files['apiserver.key']}",
        f"--client-ca-file={files['ca.crt']}",
        "--authorization-mode=RBAC",
        f"--service-account-issuer={SERVICE_ACCOUNT_ISSUER}",
        f"--service-account-key-file={files['service-accounts.pub']}",
        f"--service-account-signing-key-file={files['service-accounts.key']}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # It would demand that somebody creates the ServiceAccount `default` of each namespace.
        "--disable-admission-plugins=ServiceAccount",
        # A loopback address is not allowed in the Endpoints of the Service `kubernetes`.
        "--endpoint-reconciler-type=none",
    ]
    if options.enable_admission_plugins:
        command.append(f"--enable-admission-plugins={','.join(options.enable_admission_plugins)}")
    if options.feature_gates:
        gates = (f"{name}={str(on).lower()}" for name, on in options.feature_gates.items())
        command.append(f"--feature-gates={','.join(gates)}")
    if options.audit_level != "None":
        command += [
            f"--audit-policy-file={files['audit-policy.json']}",
            f"--audit-log-path={files.audit_log}",
            f"--audit-log-maxsize={AUDIT_MAXIMUM_MEGABYTES}",
        ]
    return [*command, *options.apiserver_arguments]


def kube_controller_manager(
    binary: Path, ports: Ports, files: Files, options: ControlPlaneOptions
) -> list[str | Path]:
    """Return the command of the controller manager."""
    return [
        binary,
        f"--kubeconfig={files['admin.kubeconfig']}",
        f"--controllers={','.join(options.controllers)}",
        "--leader-elect=false",
        f"--bind-address={HOST}",
        f"--secure-port={ports.controller_manager}",
        f"--tls-cert-file={files['apiserver.crt']}",
        f"--tls-private-key-file={files['apiserver.key']}",
        # 20 requests a second, the default, would make a test wait for the garbage collector.
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
    ]
