"""A server with everything on it, and settings for a replica on it."""

import pytest

from clusterimport.settings import Settings
from development.apiserver.server import running_apiserver
from tests.fakes.app.replicas import fill, kubeconfig


@pytest.fixture(name="server")
async def fixture_server():
    async with running_apiserver() as server:
        fill(server.store)
        yield server


@pytest.fixture(name="settings")
def fixture_settings(server, tmp_path):
    """Make settings for the server; nothing is listened to unless a test says where."""

    def make(**fields):
        defaults = {
            "kubeconfig": kubeconfig(tmp_path / "config", server.url),
            "lease_namespace": "system",
            "metrics_address": ("127.0.0.1", None),
            "identity": "me",
        }
        return Settings(**(defaults | fields))

    return make
