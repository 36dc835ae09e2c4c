"""The parts of the demonstration, each by itself: what it waits for, proves, removes and says."""

import base64
import io
from pathlib import Path

import pytest

from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.controlplane.identities import Access
from examples.demo import credentials, existing, explanation, tables
from examples.demo.errors import DemoError
from examples.demo.existing import CarefulClient
from examples.demo.performance import Options, Performance
from examples.demo.screen import Screen

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("control_plane_binaries")]


def test_rows_that_do_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When time is up the reason names each row that is missing, after the tables were printed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stream = io.StringIO()
    performance = Performance(Screen(stream, in_place=False), Options(False, timeout_seconds=0.0))
    with pytest.raises(DemoError) as failed:
        performance.give()
    reason, _, log = str(failed.value).partition("\nthe controller's log ends:\n")
    assert reason.startswith("not within 0 s: ")
    assert "ClusterImportPolicy mcp: " in reason
    assert '"msg": ' in log
    assert "$ kubectl get pediaclusters\n" in stream.getvalue()
    assert not performance.is_complete
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing() -> None:
    """Rows that lack, differ or should not be there are each told in one line."""
    policies = [
        {"Name": name, "Validated": "Success", "Ready": "True", "Imported": imported}
        for name, imported in tables.POLICIES.items()
    ]
    lifecycles = [
        {"Name": name, "Reason": reason, "Ready": str(reason == tables.IMPORTED)}
        for name, reason in tables.LIFECYCLES.items()
    ]
    reached = {"Ready": "True", "Version": "v1.36.3", "APIServer": "https://127.0.0.1:6443"}
    pediaclusters = [{"Name": name, **reached} for name in tables.PEDIACLUSTERS]
    assert tables.Tables(policies, lifecycles, pediaclusters).missing() == []

    policies[1] |= {"Ready": "False", "Imported": 0}
    lifecycles[2] |= {"Reason": "ReferenceResourceNotFound"}
    lifecycles[3] |= {"Ready": "Unknown"}
    pediaclusters[0] = {"Name": "vc-demo-billing"}
    pediaclusters[1] |= {"Ready": None}
    pediaclusters[2] |= {"Version": ""}
    assert tables.Tables(policies, lifecycles, pediaclusters).missing() == [
        "ClusterImportPolicy karmada: READY is False, IMPORTED is 0",
        "PediaClusterLifecycle karmada-argocd: REASON is ReferenceResourceNotFound",
        "PediaClusterLifecycle karmada-member1: READY is Unknown",
        "PediaCluster demo-capi-quickstart is missing",
        "PediaCluster karmada-member1: READY is None",
        "PediaCluster mcp-cluster-1: nothing in VERSION",
        "PediaCluster vc-demo-billing should not be there",
    ]


def test_what_cannot_be_removed_is_named(
    control_plane: ControlPlane, admin: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's finalizer holds it: it is said what is left, instead of that nothing is."""
    monkeypatch.setattr(existing, "GONE_SECONDS", 0.5)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    with CarefulClient(control_plane) as careful:
        for name in ("demo-goes", "demo-stays"):
            careful.apply({**role, "metadata": {"name": name}, "rules": []})
        held = {"metadata": {"finalizers": ["example.com/held"]}}
        admin.patch(role["apiVersion"], role["kind"], "demo-stays", held)
        try:
            with pytest.raises(DemoError, match=r"remove them by hand: ClusterRole demo-stays$"):
                careful.undo()
        finally:
            free = {"metadata": {"finalizers": None}}
            admin.patch(role["apiVersion"], role["kind"], "demo-stays", free)


def test_credential_that_does_not_work(control_plane: ControlPlane) -> None:
    """A refused credential fails the proof, which names the cluster and not the credential."""
    good = control_plane.admin_access
    bad = Access(good.url, good.ca_pem, token="canary")
    spec = {"kubeconfig": base64.b64encode(bad.kubeconfig().encode()).decode()}
    with pytest.raises(DemoError) as failed:
        credentials.prove({"metadata": {"name": "karmada-member1"}, "spec": spec})
    assert "of karmada-member1 does not work: 401 Unauthorized" in str(failed.value)
    assert "canary" not in str(failed.value)


def test_explanation_fits_on_one_screen() -> None:
    """What is said besides the tables takes 24 lines of 80 columns at most."""
    folder = Path("/tmp/clusterimport-controlplane-12345678")
    how = explanation.how(folder / "admin.kubeconfig", folder / "controller.log")
    lines = f"{explanation.what()}\n\n{how}\n{explanation.END}".splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
