"""Clusterpedia's own clustersynchro-manager and apiserver as processes beside the controller.

Nothing that CI may use serves them: a developer builds them, see CONTRIBUTING.md.
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from development.controlplane.client import RestClient
from development.controlplane.identities import ADMIN_GROUP, Access
from development.controlplane.ports import HOST, free_ports
from development.controlplane.processes import Component
from development.controlplane.readiness import wait_until_ready
from development.world import World

BINARIES = os.environ.get("CLUSTERPEDIA_BINARIES", "")
"""A folder with clustersynchro-manager and apiserver."""
POSTGRES = os.environ.get("CLUSTERPEDIA_POSTGRES", "")
"""postgresql://user:password@host:port/database, for them to keep what they find."""
SYNCHRO = "clustersynchro-manager"
"""Its name as a user, too."""
START_SECONDS = 60


class Clusterpedia:
    """The processes of Clusterpedia, each under a name of its own in the audit log."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._components: list[Component] = []
        (port,) = free_ports(1)
        self.synchro = self._component(
            SYNCHRO, "--leader-elect=false", f"--metrics-host={HOST}", f"--metrics-port={port}"
        )

    def start_synchro(self) -> None:
        """Start clustersynchro-manager, and wait until it works."""
        started = self._started()
        self._start(self.synchro, lambda: self._started() > started)

    def search(self) -> Access:
        """Start its apiserver; return the administrator's access to it."""
        (port,) = free_ports(1)
        kubeconfig = self._kubeconfig("apiserver")
        apiserver = self._component(
            "apiserver",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--authentication-tolerate-lookup-failure",
            f"--bind-address={HOST}",
            f"--secure-port={port}",
            f"--cert-dir={self._folder}",
        )
        admin = self._world.control_plane.admin_access
        certificate = self._folder / "apiserver.crt"

        def access() -> Access:
            return replace(admin, url=f"https://{HOST}:{port}", ca_pem=certificate.read_text())

        def is_serving() -> bool:
            with RestClient(access()) as client:
                return client.text("/readyz") == "ok"

        self._start(apiserver, is_serving)
        return access()

    def end(self) -> None:
        """Kill whatever was started."""
        for component in self._components:
            component.kill()

    def _started(self) -> int:
        log = self.synchro.log
        return log.read_text().count("Start Manager Cluster Worker") if log.exists() else 0

    def _start(self, component: Component, probe: Callable[[], bool]) -> None:
        def look() -> None:
            if not probe():
                raise OSError("it does not work yet")

        self._world.control_plane.start_beside(component)
        wait_until_ready(component, look, START_SECONDS)

    def _component(self, name: str, *arguments: str) -> Component:
        storage = self._folder / "storage.yaml"
        storage.write_text(json.dumps({"type": "postgres", "dsn": POSTGRES}))
        common = [f"--kubeconfig={self._kubeconfig(name)}", f"--storage-config={storage}"]
        command: list[str | Path] = [Path(BINARIES) / name, *common, *arguments]
        component = Component(name, command, self._folder / f"{name}.log")
        self._components.append(component)
        return component

    def _kubeconfig(self, user: str) -> Path:
        path = self._folder / f"{user}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(self._world.control_plane.user_access(user, [ADMIN_GROUP]).kubeconfig())
        return path
