"""The world of one test: an installation on a real server, a platform, and controllers.

A test makes what it needs through its world and states facts about what is there afterwards; the
world removes everything at the end, so that the next test begins on an empty server.
"""

import base64
import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from development import manifests
from development.controller import ControllerProcess, condition
from development.controlplane.client import AdminClient, wait_for
from development.controlplane.controlplane import ControlPlane
from development.controlplane.resources import UnknownKindError
from development.controlplane.rest import ApiFailure

POLICY_API = "policy.clusterpedia.io/v1alpha1"
CLUSTER_API = "cluster.clusterpedia.io/v1alpha2"
POLICY = "ClusterImportPolicy"
LIFECYCLE = "PediaClusterLifecycle"
PEDIACLUSTER = "PediaCluster"
NAMESPACE = "clusterpedia-system"
SERVICE_ACCOUNT = "clusterpedia-controller-manager"
LEASE = "clusterpedia-controller-manager"
AGGREGATED = "clusterpedia-controller-manager-sources"
FACT_SECONDS = 45.0
"""How long a fact is waited for: on a slow machine a cluster that did not answer the first time has
its second and third try in it."""

Object = dict[str, Any]


class World:
    """What a test sees and does."""

    def __init__(self, control_plane: ControlPlane, admin: AdminClient, folder: Path) -> None:
        self.control_plane = control_plane
        self.admin = admin
        self.folder = folder
        self._made: dict[tuple[str, str, str, str], None] = {}
        self._processes: list[ControllerProcess] = []
        self._numbers = itertools.count(1)

    # -- controllers ------------------------------------------------------------------------

    def kubeconfig(self, through: str = "") -> Path:
        """Write a kubeconfig of the controller's own ServiceAccount, maybe through a proxy."""
        access = self.control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)
        path = self.folder / f"controller-{next(self._numbers)}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text((access.through(through) if through else access).kubeconfig())
        return path

    def controller(
        self,
        *arguments: str,
        ready: bool = True,
        through: str = "",
        probes: bool = False,
        **more: Any,
    ) -> ControllerProcess:
        """Start a replica under its ServiceAccount; it is killed when the test ends.

        ``through`` is the address of a proxy to reach the API server by; ``probes``: imported
        clusters are asked, also on loopback (else none is: most tests import credentials that lead
        nowhere); ``more`` is for ControllerProcess.
        """
        probing = "--probe-allow-cidr=127.0.0.0/8" if probes else "--probe-interval=0"
        process = ControllerProcess(
            self.kubeconfig(through), self.folder, probing, *arguments, **more
        )
        self._processes.append(process)
        process.start()
        if ready:
            process.wait_ready()
        return process

    @property
    def controllers(self) -> list[ControllerProcess]:
        """The replicas that were started, ended or not."""
        return list(self._processes)

    # -- objects ----------------------------------------------------------------------------

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Apply objects as the administrator; they are removed when the test ends."""
        for obj in objects:
            self._remember(obj)
            if obj["kind"] == "Namespace":
                # Of a test before: what is on its way out takes nothing in.
                name = obj["metadata"]["name"]
                self.until(partial(self._is_free, name), f"{name} is not on its way out")
            if obj["kind"] == manifests.CRD:
                self.admin.install_crd(obj)
            else:
                self.admin.apply(obj)

    def create(self, obj: Mapping[str, Any]) -> Object:
        """Create an object as the administrator; it is removed when the test ends."""
        self._remember(obj)
        return self.admin.create(obj)

    def create_text(
        self, api_version: str, kind: str, name: str, namespace: str, body: str
    ) -> None:
        """Create an object from its JSON; it is removed when the test ends."""
        self._made[api_version, kind, name, namespace] = None
        self.admin.create_text(api_version, kind, namespace, body)

    def apply_example(self, platform: str, *names: str) -> None:
        """Apply files of an example: platform-crd, clusterrole, policy, samples."""
        for name in names:
            self.apply(*manifests.example(platform, name))

    def grant(self, name: str, *rules: Mapping[str, Any]) -> None:
        """Let the controller read what these rules say, by an aggregated ClusterRole."""
        label = {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"}
        self.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": name, "labels": label},
                "rules": list(rules),
            }
        )

    def revoke(self, name: str) -> None:
        """Take a granted ClusterRole away, and wait until the controller's rights have shrunk."""
        rbac = "rbac.authorization.k8s.io/v1"
        before = self.admin.read(rbac, "ClusterRole", AGGREGATED)["rules"]
        self.admin.delete(rbac, "ClusterRole", name)
        self.until(
            lambda: (self.admin.read(rbac, "ClusterRole", AGGREGATED).get("rules") or []) != before,
            "the aggregated role has shrunk",
        )

    def printed_role(self, message: str, *, kind: str = "ClusterRole") -> Object:
        """Return the ClusterRole or Role that a condition prints, as a person would paste it."""
        position = message.find("{")
        while position >= 0:
            role: Object
            role, end = json.JSONDecoder().raw_decode(message, position)
            if role["kind"] == kind:
                return role
            position = message.find("{", end)
        raise AssertionError(f"no {kind} in {message!r}")

    def policy(self, name: str) -> Object:
        """Return a policy."""
        return self.admin.read(POLICY_API, POLICY, name)

    def lifecycle(self, name: str) -> Object:
        """Return a lifecycle."""
        return self.admin.read(POLICY_API, LIFECYCLE, name)

    def pediacluster(self, name: str) -> Object:
        """Return a PediaCluster."""
        return self.admin.read(CLUSTER_API, PEDIACLUSTER, name)

    def names(self, kind: str) -> list[str]:
        """Return the sorted names of all policies, lifecycles or PediaClusters."""
        api_version = CLUSTER_API if kind == PEDIACLUSTER else POLICY_API
        return sorted(obj["metadata"]["name"] for obj in self.admin.list(api_version, kind))

    def delete(self, obj: Mapping[str, Any]) -> None:
        """Delete an object as the administrator, in the background as kubectl does."""
        meta = obj["metadata"]
        self.admin.delete(
            obj["apiVersion"],
            obj["kind"],
            meta["name"],
            meta.get("namespace", ""),
            propagation="Background",
        )

    # -- waiting ----------------------------------------------------------------------------

    def until(
        self, predicate: Callable[[], Any], what: str, *, timeout_seconds: float = FACT_SECONDS
    ) -> Any:
        """Wait for a fact; on failure the controllers' last log lines come along."""
        try:
            return wait_for(predicate, timeout_seconds=timeout_seconds, what=what)
        except TimeoutError as error:
            logs = "\n".join(process.log()[-3000:] for process in self._processes)
            raise AssertionError(f"{error}\n{logs}") from error

    def remains(self, predicate: Callable[[], Any], what: str, *, seconds: float) -> None:
        """State that a fact holds for some seconds: that nothing happens can only be waited for."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not predicate():
                logs = "\n".join(process.log()[-3000:] for process in self._processes)
                raise AssertionError(f"not true any more: {what}\n{logs}")
            time.sleep(0.2)

    def until_pediacluster(self, name: str, **waiting: float) -> Object:
        """Wait for a PediaCluster and return it."""
        found: Object = self.until(
            lambda: self.pediacluster(name), f"PediaCluster {name}", **waiting
        )
        return found

    def until_reason(
        self, kind: str, name: str, type_: str, reason: str, **waiting: float
    ) -> Object:
        """Wait until a condition has a reason; return the condition."""
        read = {POLICY: self.policy, LIFECYCLE: self.lifecycle, PEDIACLUSTER: self.pediacluster}

        def look() -> Object | None:
            found = condition(read[kind](name), type_)
            return found if found.get("reason") == reason else None

        found: Object = self.until(look, f"{kind} {name}: {type_}={reason}", **waiting)
        return found

    def until_gone(self, kind: str, name: str, **waiting: float) -> None:
        """Wait until a policy, lifecycle or PediaCluster is gone."""
        self.until(lambda: name not in self.names(kind), f"{kind} {name} is gone", **waiting)

    def until_settled(self, policy: str, **waiting: float) -> Object:
        """Wait until a policy's Ready has observed its generation; return the policy."""

        def look() -> Object | None:
            obj = self.policy(policy)
            ready = condition(obj, "Ready")
            fresh = ready.get("observedGeneration") == obj["metadata"]["generation"]
            return obj if fresh and condition(obj, "Reconciling").get("status") == "False" else None

        settled: Object = self.until(look, f"policy {policy} has settled", **waiting)
        return settled

    # -- the end ----------------------------------------------------------------------------

    def kill(self, process: ControllerProcess) -> None:
        """Kill a leader and take its lease away, which the next one would wait for, 15 s.

        Rather than without leader election, so that writes pass the gate as they do in a cluster.
        """
        process.kill()
        self.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)

    def stop_controllers(self) -> None:
        """Kill all controllers of the test."""
        for process in self._processes:
            process.kill()

    def clear(self) -> None:
        """Remove everything the test made, and what came of it."""
        self.stop_controllers()
        with contextlib.suppress(ApiFailure):
            self.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)
        for made in [m for m in reversed(self._made) if m[1] != manifests.CRD]:
            self._remove(*made)
        for api_version, kind in (
            (POLICY_API, POLICY),
            (POLICY_API, LIFECYCLE),
            (CLUSTER_API, PEDIACLUSTER),
        ):
            for obj in self._list(api_version, kind):
                if obj["metadata"].get("finalizers"):
                    self.admin.patch(
                        api_version,
                        kind,
                        obj["metadata"]["name"],
                        {"metadata": {"finalizers": None}},
                    )
                self._remove(api_version, kind, obj["metadata"]["name"], "")
        for made in [m for m in reversed(self._made) if m[1] == manifests.CRD]:
            self._remove(*made)
            self.until(partial(self._is_gone, *made), f"{made[2]} is gone")

    def _remember(self, obj: Mapping[str, Any]) -> None:
        meta = obj["metadata"]
        key = (obj["apiVersion"], obj["kind"], meta.get("name", ""), meta.get("namespace", ""))
        self._made[key] = None

    def _remove(self, api_version: str, kind: str, name: str, namespace: str) -> None:
        with contextlib.suppress(ApiFailure, UnknownKindError):
            self.admin.delete(api_version, kind, name, namespace, propagation="Background")

    def _is_gone(self, api_version: str, kind: str, name: str, namespace: str) -> bool:
        try:
            self.admin.read(api_version, kind, name, namespace)
        except ApiFailure as failure:
            return failure.code == 404
        return False

    def _is_free(self, namespace: str) -> bool:
        try:
            found = self.admin.read("v1", "Namespace", namespace)
        except ApiFailure as failure:
            return failure.code == 404
        return bool(found["status"]["phase"] == "Active")

    def _list(self, api_version: str, kind: str) -> list[Object]:
        try:
            return list(self.admin.list(api_version, kind))
        except (ApiFailure, UnknownKindError):
            return []


@contextlib.contextmanager
def world_of(control_plane: ControlPlane, folder: Path) -> Iterator[World]:
    """Give a test its world, and clear it afterwards; the folder is made, if it is not there."""
    folder.mkdir(exist_ok=True)
    with AdminClient(control_plane) as admin:
        world = World(control_plane, admin, folder)
        try:
            yield world
        finally:
            world.clear()


def encode(data: bytes | str) -> str:
    """Return base64 as a Secret holds it."""
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()
