"""A running fake API server and a client on it."""

import socket
from collections.abc import AsyncIterator

import pytest

from clusterimport.kube.connection import open_connection
from clusterimport.kube.rest import RestClient
from development.apiserver.server import FakeAPIServer, running_apiserver
from tests.fakes.kube.restmetrics import RecordingRestMetrics


@pytest.fixture
async def server() -> AsyncIterator[FakeAPIServer]:
    async with running_apiserver() as running:
        yield running


@pytest.fixture
def metrics() -> RecordingRestMetrics:
    return RecordingRestMetrics()


@pytest.fixture
async def rest(server, metrics) -> AsyncIterator[RestClient]:
    async with open_connection(server.settings(), metrics=metrics) as client:
        yield client


@pytest.fixture
def unused_port() -> int:
    """Return a loopback port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
