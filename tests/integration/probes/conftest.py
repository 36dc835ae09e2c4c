"""An authority, a server's certificate by it, and probes that trust it."""

import pytest

from clusterimport.model.connection import Connection
from clusterimport.probing import ProbeResult
from tests.fakes.pki.certificates import Authority, server_context
from tests.fakes.probing.realprobes import TOKEN, probe_once


@pytest.fixture(scope="module", name="authority")
def _authority() -> Authority:
    return Authority()


@pytest.fixture(name="tls")
def _tls(authority, tmp_path):
    """Give the context of a server whose certificate is right."""
    return server_context(authority.issue(), tmp_path)


@pytest.fixture(name="probe_port")
def _probe_port(authority):
    """Give a probe of a port on 127.0.0.1 with the right CA."""

    async def probe_port(port: int, **more) -> ProbeResult:
        parts = {"ca_data": authority.pem, "token": TOKEN} | more
        return await probe_once(Connection(f"https://127.0.0.1:{port}", **parts))

    return probe_port
