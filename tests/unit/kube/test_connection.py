"""Settings and the sockets that are made of them."""

import socket
import subprocess
import sys

import pytest

from clusterimport.kube.connection import ConnectionSettings, check_url, open_connection
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.tokens import StaticToken
from clusterimport.kube.watch import WatchOptions
from clusterimport.model.gvr import SECRETS


async def test_sockets_notice_a_vanished_peer(server, rest):
    """Keepalive probes start after 15 s and give up after six, 5 s apart."""
    server.store.serve(SECRETS, "Secret")
    async with ResourceClient(rest, SECRETS).watch(WatchOptions()):
        connector = rest._channel.session.connector
        (connection,) = connector._acquired
        raw = connection.transport.get_extra_info("socket")

        def option(level: int, name: int) -> int:
            return raw.getsockopt(level, name)

        assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert option(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert option(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5
        assert option(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 6


async def test_any_number_of_watches_leaves_room_for_requests(server, rest):
    """The pool has no limit that a hundred streams could fill."""
    assert rest._channel.session.connector.limit == 0
    assert rest._channel.session.connector.limit_per_host == 0


async def test_the_environment_chooses_no_proxy(server, monkeypatch, unused_port):
    """Proxies come from the settings and from nowhere else."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    async with open_connection(server.settings()) as rest:
        assert await rest.request("GET", "/api", verb="get", resource="discovery")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host:6443",
        "//host",
        "ftp://host",
        "https://",
        "https://host:port",
        "https://host:99999",
        "https://ho st",
        "https://host\n",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(url):
    """Only absolute http and https URLs with a host are taken, and the refusal quotes nothing."""
    with pytest.raises(KubeConfigError) as caught:
        ConnectionSettings(url)
    with pytest.raises(KubeConfigError):
        ConnectionSettings("https://host", proxy=url)
    assert str(caught.value) == "the server is not a URL like https://host:6443"


def test_usual_addresses_are_taken():
    """Ports, paths, IPv6 and names pass."""
    for url in ("https://host", "http://127.0.0.1:8080", "https://[::1]:6443/k8s/clusters/c-1"):
        check_url(url, "server")


def test_settings_hide_credentials():
    """A repr shows where to, not with what."""
    settings = ConnectionSettings(
        "https://host", token=StaticToken("canary"), proxy="http://u:canary@p"
    )

    assert "canary" not in repr(settings)
    assert "https://host" in repr(settings)


def test_importing_the_package_does_not_load_the_kubernetes_library():
    """A pod never pays for what only a kubeconfig needs."""
    code = (
        "import sys, clusterimport.kube;"
        "print([name for name in sys.modules if name.startswith('kubernetes')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"
