"""A replica that has no API server or no CRDs yet: it waits, says so, and goes on later (E18)."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from clusterimport.controllers.manager import WAITING_LOG_SECONDS
from development import manifests
from development.controller import ControllerProcess
from development.controlplane.client import wait_for
from development.controlplane.controlplane import ControlPlane
from development.world import NAMESPACE, SERVICE_ACCOUNT, World
from tests.harness import platforms
from tests.harness.proxy import FaultProxy

TYPES = (
    "clusterimportpolicies.policy.clusterpedia.io",
    "pediaclusterlifecycles.policy.clusterpedia.io",
    "pediaclusters.cluster.clusterpedia.io",
)


class Early:
    """A replica whose server is not there yet; runs while the other tests of the module do."""

    def __init__(self, proxy: FaultProxy, process: ControllerProcess, said: float) -> None:
        self.proxy = proxy
        self.process = process
        self.said = said


@pytest.fixture(scope="module", autouse=True)
def early(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Early]:
    """Start it against a port on which nobody listens, and see that it says so at once."""
    folder = tmp_path_factory.mktemp("early")
    proxy = FaultProxy(control_plane)
    access = control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)
    path = folder / "kubeconfig"
    path.write_text(access.through(proxy.url).kubeconfig())
    with ControllerProcess(path, folder) as process:
        assert seconds_until_waiting_is_said(process) < 3
        yield Early(proxy, process, time.monotonic())


@pytest.fixture
def bare_world(empty: World) -> World:
    """Give a test a control plane with everything of our manifests but the CRDs."""
    for obj in manifests.base():
        if obj["kind"] != manifests.CRD:
            empty.admin.apply(obj)
    return empty


def crds() -> list[dict[str, Any]]:
    """Return the CRDs of our three types that the import needs, in the order of TYPES."""
    found = {obj["metadata"]["name"]: obj for obj in manifests.base()}
    return [found[name] for name in TYPES]


def readiness(process: ControllerProcess) -> tuple[int, str]:
    """Return status and text of /readyz; 0 if there is no answer."""
    url = f"http://127.0.0.1:{process.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def lines(process: ControllerProcess, message: str) -> list[dict[str, Any]]:
    """Return the lines of the log with this message."""
    parsed = [json.loads(line) for line in process.log().splitlines()]
    return [line for line in parsed if line["msg"] == message]


def seconds_until_waiting_is_said(process: ControllerProcess) -> float:
    """Wait for the first line that says what is waited for; count from when health is served."""
    wait_for(lambda: process.probe("/healthz") == 200, timeout_seconds=30, what="health")
    started = time.monotonic()
    wait_for(lambda: lines(process, "waiting"), timeout_seconds=15, what="it says so")
    return time.monotonic() - started


def test_e18_without_crds(bare_world: World) -> None:
    """Without CRDs the program waits and names them, and goes on soon after each comes."""
    first, *others, last = crds()
    process = bare_world.controller(ready=False)
    assert seconds_until_waiting_is_said(process) < 3
    (line,) = lines(process, "waiting")
    assert set(TYPES) <= set(line["missing"])
    status, text = readiness(process)
    assert (status, process.probe("/healthz")) == (503, 200)
    assert all(name in text for name in TYPES)
    # Long enough for every back-off to have grown beyond the 15 s of the next fact.
    bare_world.remains(lambda: readiness(process)[0] == 503, "it waits", seconds=25)

    for crd in (first, *others):
        bare_world.admin.apply(crd)
    bare_world.until(
        lambda: readiness(process) == (503, f"readyz check failed: {TYPES[-1]}"),
        "only one type is missing",
        timeout_seconds=15,
    )
    bare_world.remains(lambda: readiness(process)[0] == 503, "it still waits", seconds=3)
    bare_world.admin.apply(last)
    bare_world.until(lambda: readiness(process)[0] == 200, "it goes on", timeout_seconds=15)

    bare_world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    bare_world.apply(platforms.policy("p"), platforms.cluster("one"))
    bare_world.until_pediacluster("p-one")


def test_e18_without_an_api_server(world: World, early: Early) -> None:
    """Without a server the program waits, says so at once and once a minute, and goes on later."""
    process = early.process
    assert set(TYPES) <= set(lines(process, "waiting")[0]["missing"])
    assert "connection refused" in str(lines(process, "waiting")[0]["problems"])
    status, text = readiness(process)
    assert (status, process.probe("/healthz")) == (503, 200)
    assert all(name in text for name in TYPES)
    # That there are no more lines than one a minute can only be waited for.
    rest = early.said + WAITING_LOG_SECONDS + 4 - time.monotonic()
    world.remains(lambda: process.probe("/healthz") == 200, "it is alive", seconds=rest)
    said = [datetime.fromisoformat(line["ts"]) for line in lines(process, "waiting")]
    pauses = [(after - before).total_seconds() for before, after in pairwise(said)]
    assert pauses
    assert all(WAITING_LOG_SECONDS <= pause < WAITING_LOG_SECONDS + 5 for pause in pauses)

    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    with early.proxy:
        try:
            world.until(lambda: readiness(process)[0] == 200, "it goes on", timeout_seconds=45)
            world.until_pediacluster("p-one")
            assert process.terminate() == 0
        finally:
            process.kill()
