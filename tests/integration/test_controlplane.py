"""The control plane itself keeps what it promises to the other tests."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from development.controlplane import folder
from development.controlplane.audit import AuditEvent
from development.controlplane.client import AdminClient, RestClient, wait_for
from development.controlplane.components import WITHOUT_GARBAGE_COLLECTOR, ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.controlplane.identities import ADMIN_USER, Access
from development.controlplane.readiness import ControlPlaneError
from development.controlplane.rest import ApiFailure, Object

RBAC = "rbac.authorization.k8s.io/v1"
ROOT = Path(__file__).parents[2]


def config_map(name: str, namespace: str, owner: Object | None = None) -> Object:
    metadata: Object = {"name": name, "namespace": namespace}
    if owner is not None:
        reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"]}
        identity = {key: owner["metadata"][key] for key in ("name", "uid")}
        metadata["ownerReferences"] = [reference | identity]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "value"}}


def service_account(name: str, namespace: str) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def is_gone(pid: int) -> bool:
    """Tell whether a process has ended; a zombie has: its new parent has not looked yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def test_it_is_ready_and_tells_its_version(admin: AdminClient) -> None:
    """The server is ready and says the version that it is built of."""
    assert admin.text("/readyz") == "ok"
    assert admin.get("/version")["gitVersion"] == "v1.36.3"


def test_only_its_own_authority_is_trusted(control_plane: ControlPlane) -> None:
    """A client that trusts the authority of another control plane refuses to connect."""
    stranger = ControlPlane()
    try:
        mixed = Access(control_plane.url, stranger.ca_pem)
        with RestClient(mixed) as client, pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            client.get("/version")
    finally:
        stranger.stop()


def test_rbac_decides(control_plane: ControlPlane, admin: AdminClient, namespace: str) -> None:
    """A ServiceAccount is denied until a RoleBinding allows it, and then only in its namespace."""
    admin.create(service_account("reader", namespace))
    access = control_plane.service_account_access(namespace, "reader")
    with RestClient(access) as reader:
        with pytest.raises(ApiFailure) as denied:
            reader.get(f"/api/v1/namespaces/{namespace}/configmaps")
        assert (denied.value.code, denied.value.reason) == (403, "Forbidden")
        assert f"system:serviceaccount:{namespace}:reader" in denied.value.message

        admin.create(
            {
                "apiVersion": RBAC,
                "kind": "RoleBinding",
                "metadata": {"name": "reader", "namespace": namespace},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "view",
                },
                "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}],
            }
        )

        def allowed() -> bool:
            try:
                reader.get(f"/api/v1/namespaces/{namespace}/configmaps")
            except ApiFailure as failure:
                if failure.code != 403:
                    raise
                return False
            return True

        wait_for(allowed, what="the binding takes effect")
        with pytest.raises(ApiFailure) as elsewhere:
            reader.get("/api/v1/configmaps")
        assert elsewhere.value.code == 403


def test_user_by_certificate(control_plane: ControlPlane) -> None:
    """A client certificate names a user and groups, and RBAC knows both."""
    access = control_plane.user_access("alice", ["team"])
    with RestClient(access) as alice, pytest.raises(ApiFailure) as denied:
        alice.get("/api/v1/secrets")
    assert denied.value.code == 403
    assert 'User "alice"' in denied.value.message


def test_kubeconfigs(control_plane: ControlPlane, admin: AdminClient, namespace: str) -> None:
    """A kubeconfig holds address, authority and identity, and only its owner can read the file."""
    admin.create(service_account("client", namespace))
    path = control_plane.kubeconfig_for_service_account(namespace, "client")
    document = json.loads(path.read_text(encoding="utf-8"))

    assert document["clusters"][0]["cluster"]["server"] == control_plane.url
    assert "certificate-authority-data" in document["clusters"][0]["cluster"]
    assert set(document["users"][0]["user"]) == {"token"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.is_relative_to(control_plane.folder)

    admin_document = json.loads(control_plane.admin_kubeconfig().read_text(encoding="utf-8"))
    assert set(admin_document["users"][0]["user"]) == {
        "client-certificate-data",
        "client-key-data",
    }


def test_garbage_is_collected(admin: AdminClient, namespace: str) -> None:
    """A child goes when its owner is deleted, and one whose owner stands stays."""
    owner = admin.create(config_map("owner", namespace))
    keeper = admin.create(config_map("keeper", namespace))
    admin.create(config_map("child", namespace, owner))
    admin.create(config_map("kept", namespace, keeper))

    admin.delete("v1", "ConfigMap", "owner", namespace, propagation="Background")

    def names() -> list[str]:
        return sorted(item["metadata"]["name"] for item in admin.list("v1", "ConfigMap", namespace))

    wait_for(lambda: names() == ["keeper", "kept"], what="the child is collected")


def test_aggregated_cluster_role_is_filled(admin: AdminClient, namespace: str) -> None:
    """The rules of a labelled ClusterRole appear in the one that aggregates the label."""
    label = {f"tests.clusterimport/{namespace}": "true"}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    whole: Object = {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": f"{namespace}-whole"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": label}]},
        "rules": [],
    }
    part: Object = {
        "apiVersion": RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": f"{namespace}-part", "labels": label},
        "rules": rules,
    }
    try:
        assert not admin.create(whole)["rules"]
        admin.create(part)
        filled = wait_for(
            lambda: admin.read(RBAC, "ClusterRole", f"{namespace}-whole")["rules"],
            what="the role is filled",
        )
        assert filled == rules
    finally:
        for name in (f"{namespace}-whole", f"{namespace}-part"):
            admin.delete(RBAC, "ClusterRole", name)


def test_namespace_is_emptied(admin: AdminClient) -> None:
    """A deleted namespace disappears with what is in it."""
    made = admin.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "emptied-"}}
    )
    name = made["metadata"]["name"]
    admin.create(config_map("content", name))
    admin.delete("v1", "Namespace", name)

    def is_deleted() -> bool:
        return not admin.list("v1", "Namespace", field_selector=f"metadata.name={name}")

    wait_for(is_deleted, timeout_seconds=30, what="the namespace is gone")
    assert admin.list("v1", "ConfigMap", name) == []


def test_audit_log_records_writes(
    control_plane: ControlPlane, admin: AdminClient, namespace: str
) -> None:
    """Each write since a mark is recorded once, with who, what and the answer; reads are not."""
    admin.create(config_map("before", namespace))
    mark = control_plane.audit_mark()
    admin.create(config_map("recorded", namespace))
    with pytest.raises(ApiFailure) as conflict:
        admin.create(config_map("recorded", namespace))
    admin.read("v1", "ConfigMap", "recorded", namespace)
    patched = admin.patch(
        "v1", "ConfigMap", "recorded", {"data": {"key": None}}, namespace=namespace
    )

    def recorded() -> list[AuditEvent]:
        events = control_plane.audit_events(user=ADMIN_USER, resource="configmaps", since=mark)
        return [event for event in events if event.namespace == namespace]

    wait_for(lambda: len(recorded()) >= 3, what="three writes are recorded")
    assert (conflict.value.code, conflict.value.reason) == (409, "AlreadyExists")
    assert "data" not in patched
    assert [(event.verb, event.code) for event in recorded()] == [
        ("create", 201),
        ("create", 409),
        ("patch", 200),
    ]
    first = recorded()[0]
    assert mark.moment <= first.received <= first.completed
    assert first.is_write
    assert control_plane.audit_events(verb="get") == []


def test_crd_is_learnt_and_its_table_is_rendered(admin: AdminClient, namespace: str) -> None:
    """A kind that is installed now can be applied now, and the server renders its columns."""
    group = f"{namespace}.tests.clusterimport"
    properties = {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}
    column = {"name": "Size", "type": "integer", "jsonPath": ".spec.size"}
    wide = {"name": "Twin", "type": "integer", "jsonPath": ".spec.size", "priority": 1}
    crd: Object = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"boxes.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": "boxes", "singular": "box", "kind": "Box", "listKind": "BoxList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
                    "additionalPrinterColumns": [column, wide],
                }
            ],
        },
    }
    try:
        admin.install_crd(crd)
        box = {"apiVersion": f"{group}/v1", "kind": "Box", "metadata": {"name": "first"}}
        admin.apply(box | {"spec": {"size": 1}})
        assert admin.apply(box | {"spec": {"size": 2}})["spec"] == {"size": 2}
        path = admin.path(f"{group}/v1", "Box")
        assert admin.table(path) == [{"Name": "first", "Size": 2}]
        assert admin.table(path, wide=True) == [{"Name": "first", "Size": 2, "Twin": 2}]
    finally:
        admin.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boxes.{group}")


def test_client_serves_many_threads(admin: AdminClient, namespace: str) -> None:
    """Threads share one client without mixing answers."""
    names = [f"item-{number}" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(lambda name: admin.create(config_map(name, namespace)), names))
    assert [answer["metadata"]["name"] for answer in created] == names
    assert len(admin.list("v1", "ConfigMap", namespace)) == len(names)


def test_cut_slowed_restarted_and_stopped(control_plane_binaries: Path) -> None:
    """Data survive a killed API server; a paused one answers later; stop leaves nothing."""
    options = ControlPlaneOptions(controllers=WITHOUT_GARBAGE_COLLECTOR, audit_reads=True)
    with ControlPlane(options, binaries=control_plane_binaries) as own:
        components = (own.etcd, own.apiserver, own.controller_manager)
        first_pid = own.apiserver.pid
        with AdminClient(own) as client:
            uid = client.create(config_map("kept", "default"))["metadata"]["uid"]
            own.restart_apiserver()
            assert own.apiserver.pid != first_pid
            kept = client.read("v1", "ConfigMap", "kept", "default")
            assert kept["metadata"]["uid"] == uid

            own.pause_apiserver()
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(client.get, "/version")
                with pytest.raises(TimeoutError):
                    answer.result(timeout=0.5)
                own.resume_apiserver()
                assert answer.result(timeout=20)["gitVersion"] == "v1.36.3"

            own.stop_apiserver()
            with pytest.raises(OSError, match="refused"):
                client.get("/version")
            own.start_apiserver()
            assert own.audit_events(user=ADMIN_USER, verb="get", resource="configmaps")
        pids = [component.pid for component in components]
        assert all(pids)
    assert [component.pid for component in components] == [None, None, None]
    assert all(is_gone(pid) for pid in pids if pid)
    assert not own.folder.exists()


def test_failed_start_shows_the_log_and_leaves_nothing(control_plane_binaries: Path) -> None:
    """A component that ends early is reported at once with its own words."""
    options = ControlPlaneOptions(apiserver_arguments=("--no-such-flag",))
    broken = ControlPlane(options, binaries=control_plane_binaries)
    with pytest.raises(
        ControlPlaneError, match=r"kube-apiserver ended with status 1(.|\n)*no-such"
    ):
        broken.start()
    broken.stop()  # a second time: harmless
    assert broken.etcd.pid is None
    assert not broken.folder.exists()


def test_killed_run_leaves_no_process(control_plane_binaries: Path) -> None:
    """Components die with a run that is killed, and the next run removes its folder."""
    program = (
        "import sys, time\n"
        "from development.controlplane.components import ControlPlaneOptions\n"
        "from development.controlplane.controlplane import ControlPlane\n"
        "running = ControlPlane(ControlPlaneOptions(controllers=()))\n"
        "running.start()\n"
        "print(running.folder, running.etcd.pid, running.apiserver.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        path, *pids = run.stdout.readline().split()
        assert not any(is_gone(int(pid)) for pid in pids)
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: all(is_gone(int(pid)) for pid in pids), what="the components are gone")

    lock = Path(path) / folder.LOCK_NAME
    folder.sweep()
    assert lock.exists(), "a young folder is left alone: its owner may not have locked it yet"
    long_ago = time.time() - 2 * folder.YOUNGEST_TO_SWEEP_SECONDS
    os.utime(lock, (long_ago, long_ago))

    def is_swept() -> bool:
        folder.sweep()
        return not Path(path).exists()

    wait_for(is_swept, what="the last thread of the components let go of the lock")
