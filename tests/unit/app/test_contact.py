"""Whether the API server answers, as readiness tells it."""

import asyncio

import pytest

from clusterimport.aio import SystemClock, background
from clusterimport.app.contact import ServerContact
from clusterimport.kube import errors
from clusterimport.kube.channel import Contact

pytestmark = pytest.mark.looptime


class Connection:
    """A connection that was heard when a test says so; ``answer`` is what it gives when asked."""

    def __init__(self):
        self.contact = Contact(SystemClock())
        self.asked = []
        self.longest_seconds = 0.0
        self.answer = None

    async def request(self, method, path, *, timeout_seconds, verb, resource):
        self.asked.append((method, path))
        self.longest_seconds = max(self.longest_seconds, timeout_seconds)
        if self.answer is None:
            raise errors.TransportError("no answer", reason="Timeout")
        self.contact.heard()
        raise self.answer


class Rig:
    def __init__(self):
        self.rest, self.lease = Connection(), Connection()
        self.subject = ServerContact(
            self.rest, self.lease, bearable_seconds=15.0, clock=SystemClock()
        )


async def test_t09_silence_on_all_connections_for_longer_than_a_lease_is_not_ready():
    """One answer, whatever it says and on whichever connection, ends it."""
    await asyncio.sleep(100)
    rig = Rig()
    assert rig.subject.silent_seconds == 0.0
    await asyncio.sleep(15)
    assert rig.subject.missing() == ()
    await asyncio.sleep(1)
    assert rig.subject.missing() == ("API server (no answer for 16 s)",)
    rig.rest.contact.heard()

    assert rig.subject.missing() == ()
    assert rig.subject.stale_lease() == ("leader election: no answer about the lease for 16 s",)
    rig.lease.contact.heard()
    assert rig.subject.stale_lease() == ()


async def test_t09_a_server_that_nobody_asks_is_asked():
    """Without an election, half of the bearable time is waited for something to come."""
    rig = Rig()
    rig.rest.answer = errors.Forbidden(403, "Forbidden")
    async with background(contact=rig.subject.run()):
        for _ in range(60):
            await asyncio.sleep(1)
            assert rig.subject.missing() == ()

    assert set(rig.rest.asked) == {("GET", "/version")}
    assert 3 <= len(rig.rest.asked) <= 9


async def test_t09_a_server_that_is_heard_anyway_is_not_asked():
    """An election asks every few seconds."""
    rig = Rig()
    async with background(contact=rig.subject.run()):
        for _ in range(60):
            rig.lease.contact.heard()
            await asyncio.sleep(2)

    assert rig.rest.asked == []


async def test_t09_a_server_that_does_not_answer_is_asked_again():
    """The end of the silence is noticed within some seconds."""
    rig = Rig()
    async with background(contact=rig.subject.run()):
        await asyncio.sleep(61)
        assert rig.subject.missing() != ()
        rig.rest.answer = errors.NotFound(404, "NotFound")
        await asyncio.sleep(3)
        assert rig.subject.missing() == ()
    # One question that hangs does not keep the next one from being asked in time.
    assert rig.rest.longest_seconds < 15.0
