"""Metrics over TLS for those who may see them, as the real API server decides it."""

import contextlib
import http.client
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from development import manifests
from development.controller import ControllerProcess
from development.controlplane.ports import free_ports
from development.world import NAMESPACE, SERVICE_ACCOUNT, World
from tests.harness.crowd import SHAPES, Crowd, Shape
from tests.harness.holding import HoldingProxy
from tests.harness.rights import RBAC

COMPONENT = manifests.MANIFESTS / "components" / "metrics-secure"
READER = f"{SERVICE_ACCOUNT}-metrics-reader"
PROMETHEUS = shutil.which("prometheus")


class Secured:
    """A controller with its secure port, and the tokens of two ServiceAccounts."""

    def __init__(self, world: World, **more: str) -> None:
        (self.port,) = free_ports(1)
        world.apply(*manifests.resources(COMPONENT))
        for name in ("prometheus", "poor"):
            world.apply(
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {"name": name, "namespace": "default"},
                }
            )
        world.apply(
            {
                "apiVersion": RBAC,
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "prometheus-reads-metrics"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": READER,
                },
                "subjects": [
                    {"kind": "ServiceAccount", "name": "prometheus", "namespace": "default"}
                ],
            }
        )
        self.process: ControllerProcess = world.controller(
            "--metrics-secure", f"--metrics-secure-bind-address=127.0.0.1:{self.port}", **more
        )
        access = world.control_plane.service_account_access
        self.good = access("default", "prometheus").token
        self.poor = access("default", "poor").token

    def ask(self, token: str = "", *, seconds: float = 10, **fields: str) -> tuple[int, bytes]:
        """Return status and body of `/metrics`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1",
            self.port,
            timeout=seconds,
            context=context,
            source_address=("127.0.0.9", 0),
        )
        with contextlib.closing(connection):
            headers = fields | ({"Authorization": f"Bearer {token}"} if token else {})
            connection.request("GET", "/metrics", headers=headers)
            answer = connection.getresponse()
            assert answer.headers["Server"] is None
            return answer.status, answer.read()


def test_metrics_are_for_those_who_may_get_them(our_world: World) -> None:
    """401 without a token, 403 without the right, 200 with it; health stays open to the kubelet."""
    secured = Secured(our_world)
    assert secured.ask()[0] == 401
    assert secured.ask("garbage")[0] == 401
    assert secured.ask(secured.poor)[0] == 403
    status, text = secured.ask(secured.good)
    assert status == 200
    assert b"\nclusterimport_build_info{" in text
    assert secured.process.probe("/healthz") == 200
    assert secured.process.probe("/readyz") == 200
    assert secured.process.probe("/metrics") == 404
    assert secured.good not in secured.process.log()


def test_a_right_that_is_missing_shows_nobody_anything(our_world: World) -> None:
    """Where the controller may not ask it is 503, with a line in the log, until it may."""
    secured = Secured(our_world)
    reviews = f"{SERVICE_ACCOUNT}-metrics-reviews"
    binding = our_world.admin.read(RBAC, "ClusterRoleBinding", reviews)
    our_world.admin.delete(RBAC, "ClusterRoleBinding", reviews)
    our_world.until(lambda: secured.ask(secured.poor)[0] == 503, "nobody may")
    assert "cannot review who asks for metrics" in secured.process.log()
    del binding["metadata"]["resourceVersion"], binding["metadata"]["uid"]
    our_world.create(binding)
    our_world.until(lambda: secured.ask(secured.good)[0] == 200, "who may, may")


def test_while_the_api_server_says_nothing_nobody_new_may(our_world: World) -> None:
    """A verdict that stands holds on for its minute; anybody else gets 503, in time."""
    with HoldingProxy(our_world.control_plane) as proxy:
        secured = Secured(our_world, through=proxy.url)
        assert secured.ask(secured.good)[0] == 200
        proxy.hold("/tokenreviews")
        assert secured.ask(secured.poor, seconds=9)[0] == 503
        assert secured.ask(secured.good)[0] == 200
        proxy.release()
        our_world.until(lambda: secured.ask(secured.poor)[0] == 403, "it says so again")


@pytest.mark.timeout(180)
def test_t55_strangers_at_the_secure_port_keep_nobody_from_an_answer(our_world: World) -> None:
    """Crowds that shake no hands, do so without end, or show tokens without end."""
    secured = Secured(our_world)
    assert secured.ask(secured.good)[0] == 200
    hello = SHAPES["tls"].first
    shapes = {
        "silent": SHAPES["silent"],
        "unfinished": Shape(500, hello),
        "garbage": Shape(300, b"\x00" * 4000, then=b"\x00" * 4000),
        "in the clear": SHAPES["scrapes"],
    }
    for name, shape in shapes.items():
        with Crowd(secured.port, shape) as crowd:
            our_world.until(crowd.has_come, f"all have come: {name}")
            for _ in range(3):
                assert secured.process.probe("/healthz") == 200, name
                assert secured.ask(secured.good)[0] == 200, name


@pytest.fixture
def scraping(our_world: World, tmp_path: Path) -> Iterator[tuple[World, Secured, int]]:
    """Have a real Prometheus scrape the secure port with its token."""
    secured = Secured(our_world)
    (port,) = free_ports(1)
    (tmp_path / "token").write_text(secured.good)
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [
            {
                "job_name": "secure",
                "scheme": "https",
                "authorization": {"credentials_file": str(tmp_path / "token")},
                "tls_config": {"insecure_skip_verify": True},
                "static_configs": [{"targets": [f"127.0.0.1:{secured.port}"]}],
            }
        ],
    }
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    process = subprocess.Popen(
        [
            str(PROMETHEUS),
            f"--config.file={tmp_path / 'prometheus.yaml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield our_world, secured, port
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")
def test_a_real_prometheus_scrapes_it(scraping: tuple[World, Secured, int]) -> None:
    """With a token, over TLS, compressed, and in the format that it prefers."""
    world, _, port = scraping

    def value() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/api/v1/query?query=clusterimport_build_info")
            return b'"version":"' in connection.getresponse().read()
        return False

    world.until(value, "it has data", timeout_seconds=40)


def test_the_components_objects_are_in_the_namespace() -> None:
    """The binding is to the controller's ServiceAccount, and the reader is bound to nobody."""
    (binding,) = manifests.of_kind("ClusterRoleBinding", manifests.resources(COMPONENT))
    (subject,) = binding["subjects"]
    assert (subject["name"], subject["namespace"]) == (SERVICE_ACCOUNT, NAMESPACE)
    assert binding["roleRef"]["name"] != READER
