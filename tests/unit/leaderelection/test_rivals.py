"""Who works on the same objects under another lease, as far as one look can tell."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import SystemClock
from clusterimport.kube import errors
from clusterimport.kube.resources import ListOptions
from clusterimport.leaderelection import Rivals
from clusterimport.model.meta import ObjectKey
from tests.fakes.leaderelection.foreignleases import NAME, ForeignLeases

pytestmark = pytest.mark.looptime

OWN = ObjectKey("system", NAME)
HELM = ObjectKey("helm", NAME)
BINARY = "/usr/local/bin/controller-manager"


class Rig:
    def __init__(self, own=OWN):
        self.server = ForeignLeases()
        self.subject = Rivals(
            self.server.leases, self.server.deployments, own=own, clock=SystemClock()
        )

    async def found(self):
        await self.subject.look()
        return {(rival.lease, rival.is_certain) for rival in self.subject.present()}


@pytest.fixture(name="rig")
def fixture_rig():
    return Rig()


async def test_nothing_but_the_name_is_asked_for_and_of_the_servers_cache(rig):
    """In all namespaces: the right to list is one for objects of this name."""
    await rig.subject.look()

    query = ListOptions(field_selector=f"metadata.name={NAME}", resource_version="0")
    for asked in (rig.server.leases.asked, rig.server.deployments.asked):
        assert [each for _, each in asked] == [query]


async def test_our_own_lease_is_no_rival(rig):
    """Another replica of ours competes for it."""
    rig.server.hold("system")
    assert await rig.found() == set()


async def test_clusterpedias_lease_counts_where_ours_has_another_name():
    """Also in our own namespace, since the two do not compete."""
    rig = Rig(ObjectKey("system", "mine"))
    rig.server.hold("system")
    assert await rig.found() == {(OWN, False)}


async def test_a_lease_that_is_renewed_is_a_rival(rig):
    """One look sees that it is held, the second that it is renewed."""
    rig.server.hold("helm")
    assert await rig.found() == {(HELM, False)}
    rig.server.hold("helm")
    assert await rig.found() == {(HELM, True)}
    assert rig.subject.present()[0].what == f"lease helm/{NAME}, held by pod-1_uuid"


async def test_a_lease_that_is_not_renewed_is_none_after_its_duration(rig):
    """What a controller that was killed, or removed long ago, has left is no obstacle."""
    rig.server.hold("helm", seconds=20)
    assert await rig.found()
    await asyncio.sleep(19.9)
    assert await rig.found() == {(HELM, False)}
    assert rig.subject.seconds_until_free() == pytest.approx(0.1)
    await asyncio.sleep(0.2)
    assert await rig.found() == set()
    assert rig.subject.seconds_until_free() == 0


async def test_a_lease_that_was_given_back_is_none_at_once(rig):
    """A holder that has ended has said so."""
    rig.server.hold("helm")
    await rig.found()
    rig.server.hold("helm", "", seconds=1)
    assert await rig.found() == set()


async def test_the_lease_that_ends_first_is_the_next_to_look_for(rig):
    """One that was given back is none to wait for."""
    rig.server.hold("helm", seconds=20)
    rig.server.hold("other", seconds=30)
    rig.server.hold("third", seconds=40)
    await rig.found()
    assert rig.subject.seconds_until_free() == pytest.approx(20)
    rig.server.hold("helm", "", seconds=1)
    await rig.found()
    assert rig.subject.seconds_until_free() == pytest.approx(30)


async def test_a_lease_that_comes_between_two_looks_is_a_rival_at_once(rig):
    """Nobody makes one but to hold it."""
    assert await rig.found() == set()
    rig.server.hold("helm")
    assert await rig.found() == {(HELM, True)}


async def test_a_lease_that_is_deleted_counts_for_as_long_as_it_was_to_last(rig):
    """Who holds it makes it again at its next renewal."""
    rig.server.hold("helm")
    await rig.found()
    rig.server.leases.objects.clear()
    assert await rig.found() == {(HELM, False)}
    assert "pod-1" in rig.subject.present()[0].what
    await asyncio.sleep(15.1)
    assert await rig.found() == set()
    # And is forgotten, with what was known of it.
    rig.server.hold("helm")
    assert await rig.found() == {(HELM, True)}


async def test_a_lease_that_is_deleted_counts_from_when_that_was_seen(rig):
    """It may have been renewed just before."""
    rig.server.hold("helm")
    await rig.found()
    await asyncio.sleep(10)
    rig.server.leases.objects.clear()
    await rig.found()
    await asyncio.sleep(14.9)
    assert await rig.found() == {(HELM, False)}
    await asyncio.sleep(0.2)
    assert await rig.found() == set()


async def test_a_lease_that_cannot_be_read_is_none(rig):
    """Its bytes say nothing of who holds it."""
    rig.server.hold("helm")
    rig.server.leases.objects["helm"]["spec"]["holderIdentity"] = "x" * 3_000_000
    assert await rig.found() == set()


async def test_one_write_keeps_us_for_two_minutes_at_most(rig):
    """Whatever duration it says: who wants to keep us from working has to go on writing."""
    rig.server.hold("helm", seconds=1_000_000_000)
    await rig.found()
    await asyncio.sleep(120.1)
    assert await rig.found() == set()


async def test_a_lease_that_says_no_duration_is_believed_to_last_as_usual(rig):
    """Neither for ever nor for no time."""
    rig.server.hold("helm", seconds="often")
    await rig.found()
    await asyncio.sleep(14.9)
    assert await rig.found()
    await asyncio.sleep(0.2)
    assert await rig.found() == set()


async def test_a_holder_is_named_in_one_line(rig):
    """It is the text of whoever wrote the lease."""
    rig.server.hold("helm", "a\n" + "b" * 200)
    await rig.found()
    assert rig.subject.present()[0].what == f"lease helm/{NAME}, held by a {'b' * 126}"


@pytest.mark.parametrize(
    ("command", "args", "lease"),
    [
        ((BINARY,), (), HELM),
        ((BINARY, "--leader-elect-resource-namespace=helm"), (), HELM),
        ((BINARY, "--leader-elect-resource-namespace=other"), (), ObjectKey("other", NAME)),
        ((BINARY,), ("--leader-elect-resource-namespace", "other"), ObjectKey("other", NAME)),
        ((BINARY,), ("--leader-elect-resource-name=x",), ObjectKey("helm", "x")),
        ((BINARY,), ("--leader-elect=false",), None),
        (
            (BINARY, "--leader-elect-resource-namespace=system"),
            ("--leader-elect=false",),
            None,
        ),
    ],
)
async def test_a_deployment_with_available_pods_is_a_rival_under_the_lease_it_names(
    rig, command, args, lease
):
    """Clusterpedia's chart names it in the command; without a name it is that of its namespace."""
    rig.server.deploy("helm", *command, args=args)
    assert await rig.found() == {(lease, True)}


async def test_a_deployment_that_shares_our_lease_is_no_rival(rig):
    """Ours, and one that was told to compete with us."""
    rig.server.deploy("system", BINARY)
    rig.server.deploy("helm", BINARY, "--leader-elect-resource-namespace=system")
    assert await rig.found() == set()


async def test_a_deployment_without_available_pods_is_no_rival(rig):
    """Scaled down, it works no more."""
    rig.server.deploy("helm", BINARY, pods=0)
    assert await rig.found() == set()


async def test_a_deployment_of_no_shape_is_no_rival(rig):
    """Nothing is read of it but what is there."""
    rig.server.deployments.objects["helm"] = {"status": {"availableReplicas": 1}}
    assert await rig.found() == {(HELM, True)}
    rig.server.deployments.objects["helm"] = {}
    assert await rig.found() == set()


async def test_what_may_not_be_listed_is_said_once_and_counts_as_absent(rig):
    """An installation with older rights goes on to work; the other type is still looked at."""
    rig.server.leases.failure = errors.Forbidden(403, "Forbidden")
    rig.server.deploy("helm", BINARY)
    with capture_logs() as logs:
        for _ in range(3):
            assert await rig.found() == {(HELM, True)}

    assert logs == [
        {
            "event": "cannot see whether another controller works in another namespace",
            "log_level": "warning",
            "missing": "the right to list leases.coordination.k8s.io of the name "
            "clusterpedia-controller-manager in all namespaces",
        }
    ]


async def test_an_api_server_without_deployments_has_none(rig):
    """Karmada's has them, kcp's has not."""
    rig.server.deployments.failure = errors.NotFound(404)
    assert await rig.found() == set()


async def test_a_404_that_names_an_object_says_nothing_of_the_type(rig):
    """As a proxy may answer that is not the API server."""
    rig.server.deployments.failure = errors.NotFound(404, "NotFound", details_name="x")
    with pytest.raises(errors.NotFound):
        await rig.subject.look()


async def test_a_look_that_fails_changes_nothing(rig):
    """What was found stays found until a look says otherwise."""
    rig.server.hold("helm")
    await rig.found()
    rig.server.hold("helm")
    rig.server.deployments.failure = errors.TransportError("gone")
    with pytest.raises(errors.TransportError):
        await rig.subject.look()
    assert rig.subject.present()


async def test_the_certain_ones_are_named_first(rig):
    """They are what a person has to do something about."""
    rig.server.hold("a")
    rig.server.deploy("b", BINARY)
    await rig.subject.look()
    assert [rival.is_certain for rival in rig.subject.present()] == [True, False]
