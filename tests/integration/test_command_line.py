"""The program as a shell, a kubelet and Clusterpedia's own Deployment start and end it (E18)."""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from development.world import NAMESPACE, PEDIACLUSTER, SERVICE_ACCOUNT, World
from tests.harness import platforms
from tests.harness.bulk import standing
from tests.harness.writes import is_lease, writes

BIN = Path(sys.executable).parent
SECRET = "tokenthatnobodyshouldsee"
CLUSTERPEDIA_ARGUMENTS = (
    "--feature-gates=ClusterAuthenticationFromSecret=true,SomeOtherGate=false",
    "--leader-elect=true",
    "--leader-elect-resource-name=clusterpedia-controller-manager",
    "--leader-elect-resource-namespace=clusterpedia-system",
    "--leader-elect-resource-lock=leases",
    "--leader-elect-lease-duration=15s",
    "--leader-elect-renew-deadline=10s",
    "--leader-elect-retry-period=2s",
    "--kube-api-qps=20",
    "--kube-api-burst=30",
    "--kube-api-content-type=application/vnd.kubernetes.protobuf",
    "--logging-format=text",
    "--log-flush-frequency=5s",
    "--log-json-split-stream=false",
    "--vmodule=leaderelection=5",
    "--v=2",
)


def shell(*arguments: str | Path, command: str = "clusterimport") -> tuple[int, str, str]:
    """Run a console script; return code, standard output and standard error."""
    ended = subprocess.run(
        [BIN / command, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


def assert_one_line(ended: tuple[int, str, str], *told: str) -> None:
    """State that a command ended with 2 and one clear line."""
    code, out, err = ended
    assert (code, out) == (2, "")
    assert err.count("\n") == 1, err
    assert err.endswith("\n")
    for text in told:
        assert text in err
    for noise in ("Traceback", "Error:", "Exception", SECRET):
        assert noise not in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "rnu"),
        (["run", "--no-such-flag"], "--no-such-flag"),
        (["run", "extra"], "extra"),
        (["run", "--leader-elect-lease-duration=15"], "'15' is not a duration"),
        (["run", "--leader-elect=maybe"], "'maybe' is neither true nor false"),
        (["run", "--leader-elect-lease-duration=5s"], "--leader-elect-lease-duration"),
        (["run", "--leader-elect-renew-deadline=2s"], "--leader-elect-renew-deadline"),
        (["run", "--feature-gates=Some"], "'Some' is not like SomeGate=true"),
        (["run", "--metrics-bind-address=here"], "--metrics-bind-address"),
        (["run", "--allowed-credential-features=Any"], "'Any' is not one of"),
        (["run", "--log-level=loud"], "--log-level"),
        (["run", "--kube-api-qps=many"], "--kube-api-qps"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_e18_wrong_use(arguments: list[str], told: str) -> None:
    """Wrong use is told in one line that names the mistake, with exit code 2."""
    assert_one_line(shell(*arguments), told)


def kubeconfig(**changes: Any) -> str:
    """Return a kubeconfig with parts of it replaced."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {"token": SECRET}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
        **changes,
    }
    return json.dumps(content)


def of_cluster(**cluster: Any) -> str:
    return kubeconfig(clusters=[{"name": "c", "cluster": cluster}])


def of_user(**user: Any) -> str:
    return kubeconfig(users=[{"name": "u", "user": {"token": SECRET, **user}}])


UNREADABLE = {
    "missing": (None, "no such file"),
    "not YAML": (f"users: [{{token: {SECRET}", "not valid YAML"),
    "a list": (f"[{SECRET}]", "not a mapping"),
    "no current context": (kubeconfig(**{"current-context": ""}), "none is current"),
    "no such cluster": (kubeconfig(clusters=[]), "no cluster 'c'"),
    "no server": (of_cluster(), "has no server"),
    "unreadable server": (of_cluster(server="https://[::1"), "server"),
    "no URL": (of_cluster(server="127.0.0.1 6443"), "server"),
    "broken CA": (
        of_cluster(server="https://127.0.0.1:1", **{"certificate-authority-data": "eHl6"}),
        "context 'x'",
    ),
    "CA not base64": (
        of_cluster(server="https://127.0.0.1:1", **{"certificate-authority-data": f"{SECRET}*"}),
        "context 'x'",
    ),
    "broken client certificate": (
        of_user(**{"client-certificate-data": "eHl6", "client-key-data": "eHl6"}),
        "context 'x'",
    ),
    "failing plug-in": (
        of_user(
            exec={
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "false",
                "args": [SECRET],
                "interactiveMode": "Never",
            }
        ),
        "plug-in",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_e18_an_unreadable_kubeconfig(tmp_path: Path, case: str) -> None:
    """A kubeconfig that cannot be used is told in one line that names the file, with code 2."""
    content, told = UNREADABLE[case]
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)

    ended = shell("run", f"--kubeconfig={path}", "--metrics-bind-address=off")
    assert_one_line(ended, str(path), told)


def test_e18_a_folder_or_nothing_for_a_kubeconfig(tmp_path: Path) -> None:
    """A folder in place of the file, and no kubeconfig at all, are one line and code 2 too."""
    off = "--metrics-bind-address=off"
    assert_one_line(shell("run", f"--kubeconfig={tmp_path}", off), str(tmp_path), "directory")
    assert_one_line(shell("run", off), "neither a kubeconfig nor a service account")
    assert_one_line(shell("run", "--master=nowhere", off), "server")


def test_e18_a_port_that_is_taken(tmp_path: Path) -> None:
    """Behind the line of the start, a port that is in use is one line that names it, and code 2."""
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = shell("run", f"--kubeconfig={path}", f"--metrics-bind-address={address}")
    code, out, err = ended
    started, told = err.splitlines(keepends=True)
    assert "starting" in started
    assert_one_line((code, out, told), address, "in use")


def test_e18_the_version() -> None:
    """Both names tell the same version and end with 0."""
    code, out, err = shell("--version", command="controller-manager")
    assert (code, err) == (0, "")
    assert shell("--version")[1].split()[-1] == out.split()[-1]


def test_e18_clusterpedias_own_arguments(world: World) -> None:
    """Its arguments start us under its name; SIGTERM ends us in time, the lease released last."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    process = world.controller(*CLUSTERPEDIA_ARGUMENTS, command=[BIN / "controller-manager"])
    world.apply(platforms.policy("p"))
    world.until_settled("p")
    ignored = next(line for line in process.log().splitlines() if "ignored" in line)
    for flag in ("--kube-api-content-type", "--vmodule", "SomeOtherGate"):
        assert flag in ignored
    assert not ignored.startswith("{"), "the text format was asked for"

    mark = world.control_plane.audit_mark()
    sources = [platforms.cluster(f"c{number:03}") for number in range(200)]
    with standing(world, sources), ThreadPoolExecutor(1) as pool:
        world.until(lambda: world.names(PEDIACLUSTER), "the import is under way")
        started = time.monotonic()
        assert pool.submit(process.terminate).result(30) == 0
        assert time.monotonic() - started < 10
        sent = writes(world, mark, by=process)
        done = len(world.names(PEDIACLUSTER))

    assert done < len(sources), "it was stopped in the middle"
    *before, last = sorted(sent, key=lambda event: event.received)
    assert is_lease(last)
    assert not any(event.completed > last.received for event in before)
    lease = world.admin.read("coordination.k8s.io/v1", "Lease", SERVICE_ACCOUNT, NAMESPACE)
    assert not lease["spec"].get("holderIdentity")
