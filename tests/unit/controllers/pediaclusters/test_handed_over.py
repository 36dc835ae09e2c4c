"""A cluster whose credentials the import has judged: they are neither read nor judged again."""

from datetime import timedelta

import pytest

from clusterimport.controllers.pediaclusters.pacing import BUSY_DEPTH
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.health import HealthState
from clusterimport.engine.assessment import Assessment, CredentialVerdict
from clusterimport.model.connection import Connection
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.pediacluster import redact
from clusterimport.workqueue import FRESH, working_at
from tests.fakes.controllers.health import token_until
from tests.fakes.controllers.importing import DIGEST, drain
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import OBJECT, ONE, SERVER, PediaRig
from tests.fakes.engine.evaluating import base64_of
from tests.fakes.pki.material import CA

pytestmark = pytest.mark.looptime

NONE = frozenset()
READ = ("GET", OBJECT)


def hand_over(rig, *, token=CANARY, features=NONE):
    """Let the import have judged what stands in the PediaCluster now."""
    connection = Connection(SERVER, ca_data=CA, token=token)
    judged = CredentialVerdict(Assessment(connection, NONE), features)
    written = redact(rig.get(PEDIACLUSTERS, ONE), DIGEST)
    rig.context.handover.give(ONE, written, judged)
    return connection


def reads(rig):
    return [(each.method, each.path) for each in rig.rest.requests].count(READ)


async def test_what_was_handed_over_is_probed_without_a_read():
    """The probe has the connection that a live read would have found."""
    rig = PediaRig()
    rig.imported()
    connection = hand_over(rig)
    read = await rig.credentials.read(rig.context.newest.pediacluster(ONE))
    assert read.connection == connection
    before = reads(rig)

    await rig.look()

    assert [probe.connection for probe in rig.clusters.probes] == [connection]
    assert reads(rig) == before
    assert ONE not in rig.context.handover


async def test_t51_what_is_large_does_not_stand_until_its_turn_comes():
    """A look that lets imports go first keeps nothing: it reads again when it comes back."""
    rig = PediaRig()
    rig.clusters.are_light = False
    rig.imported()
    hand_over(rig)
    for number in range(2 * BUSY_DEPTH):
        rig.queues.sources.add(SourceKey("mcp", ObjectKey("team", f"s{number}")))
    before = reads(rig)
    await rig.look()

    assert rig.clusters.asked == []
    assert len(rig.clusters.probes) == 1
    assert rig.clusters.open_probes == []
    await rig.go(40)
    assert len(rig.clusters.asked) == 1
    assert reads(rig) == before + 1
    assert rig.health().state is HealthState.HEALTHY


async def test_a_rotation_is_probed_without_a_read():
    """The probe of before is closed, and the new one has the new token."""
    rig = PediaRig()
    rig.imported()
    hand_over(rig)
    await rig.look()
    rig.imported(tokenData=base64_of("new"))
    hand_over(rig, token="new")

    await rig.look()

    assert [(probe.connection.token, probe.is_closed) for probe in rig.clusters.probes] == [
        (CANARY, True),
        ("new", False),
    ]
    assert reads(rig) == 0


async def test_another_connection_is_read_live():
    """What somebody else wrote meanwhile was never judged."""
    rig = PediaRig()
    rig.imported()
    hand_over(rig)
    rig.imported(tokenData=base64_of("theirs"))

    await rig.look()

    assert [probe.connection.token for probe in rig.clusters.probes] == ["theirs"]
    assert reads(rig) == 1


async def test_what_may_be_used_may_have_changed_meanwhile():
    """A verdict under other rules is none."""
    rig = PediaRig()
    rig.imported()
    hand_over(rig, features=frozenset({"ProxyURL"}))

    await rig.look()

    assert reads(rig) == 1


async def test_nothing_is_read_while_it_is_written():
    """The event came first; the look is when the answer is there."""
    rig = PediaRig()
    rig.imported()
    with rig.context.newest.written_pediaclusters.writing(ONE):
        await rig.look()
        hand_over(rig)
    assert reads(rig) == 0
    assert drain(rig.queues.pediaclusters) == [ONE]

    await rig.look()

    assert rig.clusters.open_probes
    assert reads(rig) == 0


async def test_without_probes_its_end_is_told_at_once():
    """Nobody waits half a minute for what is known; many imports that wait do not hold it up."""
    rig = PediaRig(interval=0.0)
    rig.imported()
    soon = token_until(rig.context.clock.now() + timedelta(days=1))
    rig.imported(tokenData=base64_of(soon))
    hand_over(rig, token=soon)
    with working_at(FRESH):
        for number in range(100):
            rig.queues.lifecycles.add(f"mcp-{number}")

    await rig.look()

    assert rig.health().notes is not None
    assert rig.health().notes.expiry.reason == "CredentialExpiring"
    assert reads(rig) == 0


async def test_one_that_is_gone_leaves_no_credentials():
    """What was handed over goes with it."""
    rig = PediaRig()
    rig.imported()
    hand_over(rig)
    rig.gone()

    await rig.look()

    assert ONE not in rig.context.handover
