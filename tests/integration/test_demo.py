"""The demonstration as a person and as CI run it: by itself, and on a cluster that is there."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from development.controlplane.client import RestClient, wait_for
from development.controlplane.controlplane import ControlPlane
from development.controlplane.identities import Access
from development.manifests import ROOT
from examples.demo import explanation, tables
from examples.demo.screen import REWIND
from tests.harness.demonstration import COMMAND, MARGIN_SECONDS, on_a_terminal, session

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("control_plane_binaries")]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demonstration may put its folder."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(temporary: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if name != "ONCE"}
    return others | {"TMPDIR": str(temporary), "TERM": "xterm"}


def administrator(kubeconfig: Path) -> Access:
    config = json.loads(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    files = (
        cluster["certificate-authority-data"],
        user["client-certificate-data"],
        user["client-key-data"],
    )
    return Access(cluster["server"], *(base64.b64decode(data).decode() for data in files))


def test_once(environment: dict[str, str], temporary: Path) -> None:
    """With ONCE=1 it prints every expected row, proves the credentials and leaves nothing."""
    with subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        env=environment | {"ONCE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        try:
            output, errors = demo.communicate(timeout=180 + MARGIN_SECONDS)
        finally:
            demo.kill()

    assert (demo.returncode, errors) == (0, ""), output[-3000:]
    assert session(demo.pid) == {}
    assert list(temporary.iterdir()) == []

    *_, last = output.split("$ kubectl get clusterimportpolicies\n")
    policies, rest = last.split("$ kubectl get pediaclusterlifecycles\n")
    lifecycles, pediaclusters = rest.split("$ kubectl get pediaclusters\n")
    for name in tables.POLICIES:
        assert re.search(rf"^{name} +Success +True +Imported ", policies, re.MULTILINE)
    for name, reason in tables.LIFECYCLES.items():
        assert re.search(rf"^{name} +\w+ +{reason} ", lifecycles, re.MULTILINE)
    names, _, after = pediaclusters.partition("\n\n")
    assert tuple(line.split()[0] for line in names.splitlines()[1:]) == tables.PEDIACLUSTERS
    assert "The credentials in all 6 PediaClusters work:\nGET /version says v1." in after
    assert "to system:serviceaccount:demo-clusters:" in after
    assert explanation.what() in after
    assert "export KUBECONFIG" not in output
    assert "\x1b" not in output


def test_stays_until_interrupted(environment: dict[str, str], temporary: Path) -> None:
    """On a terminal it explains, follows what happens, and on Ctrl-C leaves nothing."""
    with on_a_terminal(environment) as demo:
        demo.until(explanation.END)
        assert REWIND.partition("{")[0] in demo.output

        # What the explanation says: a kubeconfig that works, and a cluster that goes.
        (kubeconfig,) = re.findall(r"export KUBECONFIG=(\S+)", demo.output)
        with RestClient(administrator(Path(kubeconfig))) as admin:
            admin.delete("cluster.karmada.io/v1alpha1", "Cluster", "member1")
            wait_for(
                lambda: "karmada-member1" not in tables.read(admin).text(),
                timeout_seconds=MARGIN_SECONDS,
                what="karmada-member1 goes with its source",
            )
        wait_for(
            lambda: "karmada-member1" not in demo.output.rpartition("get clusterimportpolicies")[2],
            what="the tables follow",
        )

        assert len(session(demo.process.pid)) == 5  # itself, the control plane, the controller
        os.kill(demo.process.pid, signal.SIGINT)
        assert demo.ends() == 0
        assert "stopped by SIGINT; everything is removed" in demo.output
        assert session(demo.process.pid) == {}
        assert list(temporary.iterdir()) == []


def test_controller_that_dies(environment: dict[str, str], temporary: Path) -> None:
    """If the controller dies it ends with code 1, says so with the log, and leaves nothing."""
    with on_a_terminal(environment) as demo:
        demo.until("filling ...")
        (controller,) = (
            pid for pid, line in session(demo.process.pid).items() if "clusterimport run" in line
        )
        os.kill(controller, signal.SIGKILL)
        assert demo.ends() == 1
        assert "error: the controller ended by itself with status -9; its log ends:" in demo.output
        assert '"msg": "lease acquired"' in demo.output
        assert session(demo.process.pid) == {}
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_stopped_while_it_starts(
    environment: dict[str, str], temporary: Path, number: signal.Signals
) -> None:
    """Stopped in the middle of the start it leaves no process, and no folder but by SIGKILL."""
    with on_a_terminal(environment) as demo:
        demo.until("installing")
        os.kill(demo.process.pid, number)
        is_killed = number is signal.SIGKILL
        assert demo.ends() == (-number if is_killed else 128 + number)
        wait_for(lambda: not session(demo.process.pid), what="no process is left")
        assert is_killed or list(temporary.iterdir()) == []


def test_without_binaries(environment: dict[str, str], tmp_path: Path) -> None:
    """Without a built control plane it says in one line what to run, and exits with 1."""
    done = subprocess.run(
        COMMAND,
        cwd=ROOT,
        env=environment | {"XDG_CACHE_HOME": str(tmp_path / "empty")},
        capture_output=True,
        text=True,
        timeout=MARGIN_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "error: the control plane binaries are not built: run `make envtest`"
    )


@pytest.fixture
def theirs(control_plane_binaries: Path, tmp_path: Path) -> Iterator[tuple[RestClient, Path]]:
    """Start a cluster of the reader's, and write a kubeconfig with a context for it."""
    with ControlPlane(binaries=control_plane_binaries) as running:
        config = json.loads(running.admin_access.kubeconfig())
        config["contexts"][0]["name"] = "kind-theirs"
        config["current-context"] = ""
        (tmp_path / "config").write_text(json.dumps(config))
        with RestClient(running.admin_access) as client:
            yield client, tmp_path / "config"


def everything(client: RestClient) -> set[tuple[str, str]]:
    """Return what a demonstration could leave behind."""
    kinds = (
        ("v1", "Namespace"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("v1", "Secret"),
    )
    return {
        (kind, obj["metadata"]["name"]) for api, kind in kinds for obj in client.list(api, kind)
    }


def on_theirs(environment: Mapping[str, str], config: Path, word: str) -> tuple[int, str, str]:
    """Give the demonstration on the cluster of the context; return status, output, errors."""
    ended = subprocess.run(
        COMMAND,
        cwd=ROOT,
        env={**environment, "ONCE": "1", "KUBECONTEXT": "kind-theirs", "KUBECONFIG": str(config)},
        input=f"{word}\n",
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_on_a_cluster_that_is_there(
    theirs: tuple[RestClient, Path], environment: dict[str, str]
) -> None:
    """It asks, shows every expected row beside what is there, and leaves all as it was."""
    client, config = theirs
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vc-theirs"}}
    client.create({**secret, "metadata": {"name": "vc-theirs", "namespace": "default"}})
    before = everything(client)

    code, output, errors = on_theirs(environment, config, "no")
    assert (code, "it was not agreed to" in errors) == (1, True)
    assert "kind-theirs" in output
    assert everything(client) == before

    code, output, errors = on_theirs(environment, config, "yes")
    assert (code, errors) == (0, ""), output[-3000:]
    assert "All expected rows stand" in output
    assert everything(client) == before


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_stopped_on_a_cluster_that_is_there(
    theirs: tuple[RestClient, Path], environment: dict[str, str], temporary: Path
) -> None:
    """Ctrl-C, in the middle of the start or when all stands, leaves the cluster as it was."""
    client, config = theirs
    environment |= {"KUBECONTEXT": "kind-theirs", "KUBECONFIG": str(config)}
    before = everything(client)
    for moment, code in (("installing manifests/", 128 + signal.SIGINT), (explanation.END, 0)):
        with on_a_terminal(environment) as demo:
            demo.until("Go on? Type yes: ")
            demo.answer("yes")
            demo.until(moment)
            os.kill(demo.process.pid, signal.SIGINT)
            demo.until("removing everything again ...")
            os.kill(demo.process.pid, signal.SIGINT)  # of one who does not want to wait
            assert demo.process.wait(2 * MARGIN_SECONDS) == code, demo.output[-3000:]
            assert "stopped by SIGINT; everything is removed" in demo.output
            assert session(demo.process.pid) == {}
        assert everything(client) == before
        assert list(temporary.iterdir()) == []


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_on_a_cluster_that_has_what_it_would_make(
    theirs: tuple[RestClient, Path], environment: dict[str, str]
) -> None:
    """Nothing is overwritten: it ends, with the name, and takes back what it had made."""
    client, config = theirs
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}})
    before = everything(client)
    code, _, errors = on_theirs(environment, config, "yes")
    assert (code, "Namespace demo already" in errors) == (1, True), errors
    assert everything(client) == before
