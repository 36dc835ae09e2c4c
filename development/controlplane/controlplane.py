"""A whole control plane on loopback, gone without a trace when it is stopped."""

import contextlib
import json
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from development.controlplane import components, identities
from development.controlplane.audit import AuditEvent, AuditLog, AuditMark, policy
from development.controlplane.binaries import installed_binaries
from development.controlplane.certificates import CertificateAuthority, signing_key
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.folder import WorkFolder
from development.controlplane.identities import Access
from development.controlplane.ports import HOST, free_ports
from development.controlplane.processes import Component, Spawner
from development.controlplane.readiness import ControlPlaneError, probe_plain_http, wait_until_ready
from development.controlplane.rest import Connection

TOKEN_LIFETIME_SECONDS = 7 * 24 * 3600


class ControlPlane:
    """etcd, kube-apiserver and, if any controller is wanted, kube-controller-manager.

    A context manager, or `start` and `stop`; after `stop` it is spent. Address, identities and
    data stay when single components are stopped and started again. Not thread-safe, but any
    thread may use it.
    """

    def __init__(
        self, options: ControlPlaneOptions | None = None, *, binaries: Path | None = None
    ) -> None:
        """Write certificates and configuration; `stop` removes them, started or not.

        Raises ControlPlaneError if `binaries` is not given and they are not built.
        """
        found = binaries or installed_binaries()
        if found is None:
            raise ControlPlaneError("the control plane binaries are not built: run `make envtest`")
        self._options = options or ControlPlaneOptions()
        ports = components.Ports(*free_ports(4))
        self._ports = ports
        self.authority = CertificateAuthority()
        self.url = f"https://{HOST}:{ports.apiserver}"
        self.admin_access = self.user_access(identities.ADMIN_USER, [identities.ADMIN_GROUP])
        self._folder = WorkFolder()
        files = components.Files(self._folder.path)
        self._files = files
        self._audit_log = AuditLog(files.audit_log)
        self._write_files()
        self._spawner = Spawner(self._folder.lock_fd)
        self._admin = Connection(self.admin_access)
        self.etcd = Component(
            "etcd", components.etcd(found / "etcd", ports, files), files.log("etcd")
        )
        self.apiserver = Component(
            "kube-apiserver",
            components.kube_apiserver(found / "kube-apiserver", ports, files, self._options),
            files.log("kube-apiserver"),
        )
        self._binaries = found
        self.controller_manager = self._make_controller_manager()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def ca_pem(self) -> str:
        """The certificate of the authority that signed the API server's."""
        return self.authority.certificate_pem

    @property
    def folder(self) -> Path:
        """The folder with the data, the logs and the files made by the helpers below."""
        return self._folder.path

    def start(self) -> None:
        """Start everything and wait until it is ready; on failure nothing is left.

        Raises ControlPlaneError with the tail of the failed component's log.
        """
        try:
            self.start_etcd()
            self.start_apiserver()
            if self._options.controllers:
                self.start_controller_manager()
        except BaseException:  # an interrupt while it starts must leave nothing either
            self.stop()
            raise

    def stop(self) -> None:
        """End everything and remove the folder; may be called again."""
        self._admin.close()
        # The data is thrown away, so nobody is asked to end in order; but none may see another
        # end before it: they would fill their logs, or be slow.
        for component in (self.controller_manager, self.apiserver, self.etcd):
            component.kill()
        self._spawner.close()
        self._folder.remove()

    def start_etcd(self) -> None:
        """Start etcd, with the data of its last run if there was one."""
        self.etcd.start(self._spawner)
        self._wait(self.etcd, lambda: probe_plain_http(self._ports.etcd_client, "/health"))

    def stop_etcd(self) -> None:
        """End etcd; the API server notices."""
        self.etcd.stop()

    def save(self) -> Path:
        """Return a copy of etcd's data as it is now; everything is stopped for that, a moment.

        The copy goes with the folder of the control plane.
        """
        saved = Path(tempfile.mkdtemp(prefix="saved-", dir=self.folder)) / "etcd"
        with self._stopped():
            shutil.copytree(self._files["etcd"], saved)
        return saved

    def restore(self, saved: Path) -> None:
        """Go back to a copy, as after a disaster: what came since is gone, and so are its versions.

        The next writes get resource versions that others had before.
        """
        with self._stopped():
            shutil.rmtree(self._files["etcd"])
            shutil.copytree(saved, self._files["etcd"])

    @contextlib.contextmanager
    def _stopped(self) -> Iterator[None]:
        self.stop_controller_manager()
        self.stop_apiserver()
        self.stop_etcd()
        yield
        self.start_etcd()
        self.start_apiserver()
        if self._options.controllers:
            self.start_controller_manager()

    def start_apiserver(self) -> None:
        """Start the API server on the same port and wait until it serves."""
        self.apiserver.start(self._spawner)
        self._wait(self.apiserver, lambda: self._admin.request("GET", "/readyz"))
        # Made by a controller inside the server that `/readyz` does not wait for.
        self._wait(self.apiserver, lambda: self._admin.request("GET", "/api/v1/namespaces/default"))

    def stop_apiserver(self) -> None:
        """Kill the API server: on SIGTERM it would wait for its watchers."""
        self.apiserver.kill()

    def restart_apiserver(self) -> None:
        """Kill the API server and start it again on the same port and data."""
        self.stop_apiserver()
        self.start_apiserver()

    def pause_apiserver(self) -> None:
        """Freeze the API server: connections stay open, and nothing answers."""
        self.apiserver.signal(signal.SIGSTOP)

    def resume_apiserver(self) -> None:
        """Let a paused API server go on."""
        self.apiserver.signal(signal.SIGCONT)

    def start_controller_manager(self) -> None:
        """Start the controller manager and wait until every controller runs."""
        manager = Access(f"https://{HOST}:{self._ports.controller_manager}", self.ca_pem)
        connection = Connection(manager)

        def probe() -> None:
            health = connection.request("GET", "/healthz?verbose").decode()
            missing = [name for name in self._options.controllers if name not in health]
            if missing:
                raise OSError(f"not started: {', '.join(missing)}")

        self.controller_manager.start(self._spawner)
        try:
            self._wait(self.controller_manager, probe)
        finally:
            connection.close()

    def stop_controller_manager(self) -> None:
        """Kill the controller manager; it holds no lease."""
        self.controller_manager.kill()

    def restart_controller_manager(self) -> None:
        """Start it anew, so that the garbage collector knows CRDs that were just installed.

        By itself it looks for new types every 30 s.
        """
        self.stop_controller_manager()
        self.start_controller_manager()

    def run_controllers(self, controllers: tuple[str, ...]) -> None:
        """Start the controller manager anew with other controllers than before."""
        self.stop_controller_manager()
        self._options = replace(self._options, controllers=controllers)
        self.controller_manager = self._make_controller_manager()
        self.start_controller_manager()

    @property
    def etcd_port(self) -> int:
        """Where etcd is, on loopback."""
        return self._ports.etcd_client

    def apiserver_beside(self, *, port: int, etcd_port: int) -> Component:
        """Return another API server on the same data, to be given to `start_beside`.

        `etcd_port` may be that of a relay to etcd.
        """
        command = components.kube_apiserver(
            self._binaries / "kube-apiserver",
            replace(self._ports, apiserver=port, etcd_client=etcd_port),
            self._files,
            self._options,
        )
        name = f"kube-apiserver-{port}"
        return Component(name, command, self._files.log(name))

    def start_beside(self, component: Component) -> None:
        """Start a component of the caller's; like ours it cannot outlive this process.

        It ends with `stop` at the latest, killed.
        """
        component.start(self._spawner)

    def admin_kubeconfig(self, path: Path | None = None) -> Path:
        """Write the administrator's kubeconfig to `path`, or into the folder; return its path."""
        return self._write_kubeconfig(self.admin_access, path, "admin.kubeconfig")

    def user_access(self, user: str, groups: Sequence[str] = ()) -> Access:
        """Return the access of a user with a client certificate; RBAC alone says what it may."""
        certificate_pem, key_pem = self.authority.client(user, groups)
        return Access(self.url, self.ca_pem, certificate_pem, key_pem)

    def service_account_access(
        self, namespace: str, name: str, *, lifetime_seconds: int = TOKEN_LIFETIME_SECONDS
    ) -> Access:
        """Return the access of a ServiceAccount, which must exist, by the TokenRequest API.

        The token is good for a week unless told otherwise. Raises ApiFailure.
        """
        answer = self._admin.request(
            "POST",
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": lifetime_seconds},
            },
        )
        return Access(self.url, self.ca_pem, token=json.loads(answer)["status"]["token"])

    def kubeconfig_for_service_account(
        self, namespace: str, name: str, path: Path | None = None
    ) -> Path:
        """Write the kubeconfig of a ServiceAccount, which must exist; return its path."""
        access = self.service_account_access(namespace, name)
        return self._write_kubeconfig(access, path, f"{namespace}.{name}.kubeconfig")

    def audit_mark(self) -> AuditMark:
        """Return the present moment, for `audit_events(since=...)`."""
        return self._audit_log.mark()

    def audit_events(
        self,
        *,
        user: str | None = None,
        verb: str | None = None,
        resource: str | None = None,
        since: AuditMark | None = None,
    ) -> list[AuditEvent]:
        """Return the recorded requests that match every given filter; see AuditLog.events."""
        return self._audit_log.events(user=user, verb=verb, resource=resource, since=since)

    def _wait(self, component: Component, probe: Callable[[], object]) -> None:
        wait_until_ready(component, probe, self._options.ready_timeout_seconds)

    def _write_files(self) -> None:
        server = self.authority.server()
        signing = signing_key()
        for name, content in {
            "ca.crt": self.ca_pem,
            "apiserver.crt": server.certificate_pem,
            "apiserver.key": server.key_pem,
            "service-accounts.pub": signing.certificate_pem,
            "service-accounts.key": signing.key_pem,
            "admin.kubeconfig": self.admin_access.kubeconfig(),
            "audit-policy.json": policy(
                self._options.audit_level, with_reads=self._options.audit_reads
            ),
        }.items():
            self._folder.write(name, content)

    def _make_controller_manager(self) -> Component:
        name = "kube-controller-manager"
        command = components.kube_controller_manager(
            self._binaries / name, self._ports, self._files, self._options
        )
        return Component(name, command, self._files.log(name))

    def _write_kubeconfig(self, access: Access, path: Path | None, name: str) -> Path:
        if path is None:
            return self._folder.write(name, access.kubeconfig())
        path.touch(mode=0o600)
        path.write_text(access.kubeconfig(), encoding="utf-8")
        return path
