"""One Lease, and one candidate for it."""

import pytest

from tests.fakes.leaderelection.candidate import Candidate
from tests.fakes.leaderelection.lease import LeaseServer


@pytest.fixture(name="server")
def _server():
    return LeaseServer()


@pytest.fixture(name="me")
def _me(server):
    return Candidate(server)
