"""The stage: a control plane with platforms and the project installed, the controller at work.

The controller is a process of its own under its ServiceAccount, as a pod would run it; it may do
what manifests/ allow it, and the real authorizer decides.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from development import interrupts, manifests
from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.controlplane.ports import HOST, free_ports
from development.controlplane.processes import Component
from development.controlplane.readiness import probe_plain_http, wait_until_ready
from development.installation import install
from development.world import NAMESPACE, SERVICE_ACCOUNT
from examples.demo.errors import DemoError
from examples.demo.existing import CarefulClient, ExistingCluster
from examples.demo.platforms import Installer

READY_TIMEOUT_SECONDS = 60.0
RUNNING = ("Deployment", "PodDisruptionBudget", "Service", "NetworkPolicy")
"""What belongs to Pods, of which there are none."""


class Stage:
    """A context manager that leaves no process and no folder behind, whatever ends it.

    Raises on entry ControlPlaneError, with the tail of the log of what does not start.
    """

    def __init__(
        self, tell: Callable[[str], None], existing: ExistingCluster | None = None
    ) -> None:
        """`tell` is given one line for each step of the start; without `existing` one is made."""
        self._tell = tell
        self._existing = existing
        self._opened = ExitStack()
        self._components: tuple[Component, ...] = ()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._clear()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's, for kubectl."""
        return self.control_plane.folder / "admin.kubeconfig"

    def check(self) -> None:
        """Raise DemoError, with the tail of its log, if anything has ended by itself.

        Raises Stopped if the program is to end.
        """
        interrupts.check()
        for component in (*self._components, self.controller):
            if not component.is_running:
                raise DemoError(
                    f"{component.name} ended by itself with status {component.exit_status};"
                    f" its log ends:\n{component.log_tail()}"
                )

    def _start(self) -> None:
        self.control_plane: ControlPlane | ExistingCluster
        self.admin: AdminClient
        if self._existing is None:
            self._start_control_plane()
        else:
            self._enter(self._existing)
        self.installer = Installer(self.control_plane, self.admin)
        # First, as where there are platforms already. A type as young as what was imported of it
        # would look reinstalled, and then no deletion is trusted.
        self._tell("installing the types of Cluster API, Karmada and MCP")
        self.installer.install_types()
        self._tell("installing manifests/")
        if isinstance(self.control_plane, ControlPlane):
            install(self.control_plane, self.admin)
        else:
            self._install_beside()
        self._tell("starting the controller under its own ServiceAccount")
        self._start_controller()

    def _start_control_plane(self) -> None:
        with interrupts.deferred():
            self.control_plane = made = ControlPlane()
            self._opened.callback(made.stop)
        self._tell("starting etcd, kube-apiserver and kube-controller-manager")
        made.start()
        self._components = (made.etcd, made.apiserver, made.controller_manager)
        self.admin = self._opened.enter_context(AdminClient(made))

    def _enter(self, cluster: ExistingCluster) -> None:
        self.control_plane = cluster
        self._components = ()
        self._opened.callback(cluster.stop)
        self.admin = careful = self._opened.enter_context(CarefulClient(cluster))
        self._opened.callback(careful.undo)
        self._opened.callback(self._tell, "removing everything again")
        cluster.admin_kubeconfig()

    def _install_beside(self) -> None:
        """Install types, namespace and rights; no Pod: the controller runs here."""
        for obj in manifests.base():
            if obj["kind"] == manifests.CRD:
                self.admin.install_crd(obj)
            elif obj["kind"] not in RUNNING:
                self.admin.apply(obj)

    def _start_controller(self) -> None:
        (self.port,) = free_ports(1)
        kubeconfig = self.control_plane.kubeconfig_for_service_account(NAMESPACE, SERVICE_ACCOUNT)
        command: list[str | Path] = [
            *(sys.executable, "-m", "clusterimport", "run"),
            f"--kubeconfig={kubeconfig}",
            f"--metrics-bind-address={HOST}:{self.port}",
            # Every cluster is this control plane again, and loopback is denied by default.
            f"--probe-allow-cidr={HOST}",
        ]
        log = self.control_plane.folder / "controller.log"
        self.controller = Component("the controller", command, log)
        self._opened.callback(self.controller.kill)
        self.control_plane.start_beside(self.controller)
        ready = partial(probe_plain_http, self.port, "/readyz")
        wait_until_ready(self.controller, ready, READY_TIMEOUT_SECONDS)

    def _clear(self) -> None:
        with interrupts.deferred():
            self._opened.close()
