"""Events are best effort, small, and few per object."""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.controllers.shared.events import EVENT_TRIES, Regarding, event_name
from clusterimport.engine.naming import is_subdomain
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.limits.messages import EVENTS_BURST, EVENTS_REFILL_SECONDS, EVENTS_WAITING
from clusterimport.model.gvr import EVENTS
from clusterimport.model.times import micro_time, second_time
from tests.fakes.aio.manualclock import START
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import source_body
from tests.fakes.kube.memoryrest import LostAnswer

pytestmark = pytest.mark.looptime

POLICY = Regarding("policy.clusterpedia.io/v1alpha1", "ClusterImportPolicy", "", "mcp", "u1")
PATH = EVENTS.path(namespace="team")
SOURCE = Regarding("cluster.mcp.io/v1", "Cluster", "team", "one", "u2")


def warn(rig, about=SOURCE, note="a note", reason="NameConflict"):
    rig.events.warning(about, reason, "Import", note)


async def test_an_event_says_about_what_by_whom_and_when():
    """Every field that the API server demands is there, and nothing else."""
    rig = ImportRig()
    await asyncio.sleep(1.0)
    warn(rig)
    rig.events.normal(POLICY, "Imported", "Import", "fine")
    warning, normal = rig.told()

    name = warning["metadata"].pop("name")
    assert name.startswith("one.")
    assert len(name) == len("one.") + 16
    assert warning == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "team"},
        "eventTime": "2026-01-02T03:04:06.678901Z",
        "type": "Warning",
        "reason": "NameConflict",
        "action": "Import",
        "note": "a note",
        "reportingController": "clusterpedia.io/clusterimport",
        "reportingInstance": "me",
        "regarding": {
            "apiVersion": "cluster.mcp.io/v1",
            "kind": "Cluster",
            "name": "one",
            "namespace": "team",
            "uid": "u2",
        },
    }
    assert normal["type"] == "Normal"


async def test_events_about_cluster_scoped_objects_are_in_default():
    """Elsewhere the API server refuses them; what they regard still has no namespace."""
    rig = ImportRig()
    warn(rig, POLICY)
    (event,) = rig.told()

    assert event["metadata"]["namespace"] == "default"
    assert "namespace" not in event["regarding"]


async def test_what_an_event_regards_is_read_from_the_object():
    """A raw object gives kind, place and uid; a missing uid is left out."""
    rig = ImportRig()
    about = Regarding.of(source_body())
    assert about == Regarding("cluster.mcp.io/v1", "Cluster", "team", "one", "")
    warn(rig, about)

    assert "uid" not in rig.told()[0]["regarding"]


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("n" * 1024, "n" * 1024),
        ("n" * 1025, "n" * 1024),
        ("ü" * 600, "ü" * 512),
        ("n" + "ü" * 600, "n" + "ü" * 511),
    ],
)
async def test_a_note_is_cut_at_bytes_between_characters(note, kept):
    """1024 bytes are taken; a character that would be cut in two is left out."""
    rig = ImportRig()
    warn(rig, note=note)

    assert rig.told()[0]["note"] == kept


async def test_an_object_has_ten_events_and_one_more_a_minute():
    """Beyond its budget an object's Events are dropped; other objects have their own."""
    rig = ImportRig()
    for _ in range(EVENTS_BURST + 5):
        warn(rig)
    assert len(rig.told()) == 10
    warn(rig, POLICY)
    assert len(rig.told()) == 1

    await asyncio.sleep(EVENTS_REFILL_SECONDS - 1)
    warn(rig)
    assert rig.told() == []
    await asyncio.sleep(1.01)
    warn(rig)
    warn(rig)
    assert len(rig.told()) == 1


async def test_a_budget_never_grows_beyond_its_burst():
    """After any silence an object may have ten Events at once, not more."""
    rig = ImportRig()
    for _ in range(3):
        warn(rig)
    await asyncio.sleep(86400)
    rig.told()
    for _ in range(20):
        warn(rig)

    assert len(rig.told()) == EVENTS_BURST


async def test_the_oldest_budgets_are_forgotten():
    """Budgets are kept for some thousand objects; the one used longest ago goes first."""
    rig = ImportRig()
    for _ in range(EVENTS_BURST):
        warn(rig)
    for number in range(4096):
        rig.events.warning(SOURCE._replace(uid=str(number)), "R", "A", "n")
    rig.told()
    assert len(rig.events._budgets) == 4096
    warn(rig)

    assert len(rig.told()) == 1


async def test_the_oldest_waiting_event_is_dropped():
    """A server that is away does not fill the memory: the newest events are kept."""
    rig = ImportRig()
    for number in range(EVENTS_WAITING + 3):
        rig.events.warning(SOURCE._replace(uid=str(number)), "R", "A", str(number))
    notes = [event["note"] for event in rig.told()]

    assert len(notes) == EVENTS_WAITING
    assert notes[0] == "3"
    assert notes[-1] == str(EVENTS_WAITING + 2)
    assert rig.limit_metrics.reached[Limit.EVENTS] == 3


async def test_t59_what_an_object_has_too_many_of_is_counted():
    """One that flips all the time is seen in a metric, if not in Events."""
    rig = ImportRig()
    for number in range(EVENTS_BURST + 5):
        warn(rig, note=str(number))

    assert len(rig.told()) == EVENTS_BURST
    assert rig.limit_metrics.reached[Limit.EVENTS] == 5


async def test_t52_the_events_of_one_namespace_push_out_none_of_another():
    """Behind any number of them, another one's is kept and is second in line."""
    rig = ImportRig()
    warn(rig, about=SOURCE._replace(namespace="quiet", uid="first"))
    for number in range(3 * EVENTS_WAITING):
        warn(rig, about=SOURCE._replace(namespace="noisy", uid=f"n{number}"))
    warn(rig, about=SOURCE._replace(namespace="quiet", uid="second"))
    namespaces = [event["metadata"]["namespace"] for event in rig.told()]

    assert namespaces[:4] == ["quiet", "noisy", "quiet", "noisy"]
    assert namespaces.count("quiet") == 2
    assert len(namespaces) == EVENTS_WAITING


def stored(rig):
    """Return the reasons of the Events that were written, in their order."""
    return [event["reason"] for event in rig.store.types[EVENTS].objects.values()]


async def test_events_are_written_in_the_background():
    """What the server refuses is dropped, and the next one is written."""
    rig = ImportRig()
    rig.rest.meet("POST", PATH, errors.Forbidden(403, "Forbidden"))
    with capture_logs() as logs:
        async with background(events=rig.events.run()):
            for reason in ("First", "Second"):
                warn(rig, reason=reason)
            await asyncio.sleep(0.1)

    assert stored(rig) == ["Second"]
    told = [entry["reason"] for entry in logs if entry["event"] == "event not written"]
    assert told == ["First"]


@pytest.mark.parametrize(
    "failure",
    [
        errors.ServiceUnavailable(503, "Unavailable"),
        errors.InternalError(500, "InternalError"),
        errors.TooManyRequests(429, "TooManyRequests"),
        errors.Unauthorized(401, "Unauthorized"),
        errors.TransportError("connection reset"),
        errors.GateClosed("not renewed yet"),
        LostAnswer("connection reset"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_an_event_that_meets_a_failure_is_written_later_and_once(failure):
    """Nobody makes it again: what it tells has been told, as far as its maker knows."""
    rig = ImportRig()
    rig.rest.meet("POST", PATH, failure, failure)
    with capture_logs() as logs:
        async with background(events=rig.events.run()):
            for reason in ("First", "Second"):
                warn(rig, reason=reason)
            await asyncio.sleep(0.1)
            assert rig.rest.count("POST", PATH) == 1
            await asyncio.sleep(30.0)

    assert stored(rig) == ["First", "Second"]
    assert not [entry for entry in logs if entry["event"] == "event not written"]


async def test_an_event_that_always_fails_is_given_up():
    """After as many tries as client-go makes, less and less often; the others go on."""
    rig = ImportRig()
    other = EVENTS.path(namespace="other")
    rig.rest.meet("POST", PATH, *[errors.InternalError(500, "X")] * EVENT_TRIES)
    async with background(events=rig.events.run()):
        warn(rig, reason="First")
        warn(rig, about=SOURCE._replace(namespace="other"), reason="Other")
        await asyncio.sleep(2.5)
        assert rig.rest.count("POST", other) == 1
        await asyncio.sleep(9.0)
        assert rig.rest.count("POST", PATH) < EVENT_TRIES
        warn(rig, reason="Second")
        await asyncio.sleep(120.0)

    assert rig.rest.count("POST", PATH) == EVENT_TRIES + 1
    assert stored(rig) == ["Other", "Second"]


async def test_t35_events_wait_as_long_as_the_server_asks():
    """None is sent before its time."""
    rig = ImportRig()
    busy = errors.TooManyRequests(429, "TooManyRequests", retry_after_seconds=30.0)
    rig.rest.meet("POST", PATH, busy)
    async with background(events=rig.events.run()):
        for reason in ("First", "Second", "Third"):
            warn(rig, reason=reason)
        await asyncio.sleep(29.0)
        assert rig.rest.count("POST", PATH) == 1
        await asyncio.sleep(2.0)

    assert stored(rig) == ["First", "Second", "Third"]


async def test_recording_ends_with_its_task():
    """A cancelled recorder stops, whatever waits."""
    rig = ImportRig()
    task = asyncio.create_task(rig.events.run())
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    warn(rig)
    await asyncio.sleep(1)

    assert rig.rest.writes(events=True) == []


def test_times_are_those_of_the_api():
    """Events have six digits of a second, conditions none; both are UTC."""
    assert micro_time(START) == "2026-01-02T03:04:05.678901Z"
    assert second_time(START) == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("one", "one"),
        ("p" * 199 + "-qqqq", "p" * 199),
        ("p" * 199 + ".qqqq", "p" * 199),
        ("p" * 198 + "-.qqqq", "p" * 198),
        ("system:Node_x", "system-node-x"),
        ("a.-b-.c", "a.b.c"),
        (":::", "object"),
        ("É", "object"),
    ],
)
def test_t25_the_name_of_an_event_is_one_that_the_server_takes(name, beginning):
    """Whatever its object is called, and wherever the name is cut."""
    assert event_name(name) == beginning
    assert is_subdomain(f"{event_name(name)}.{'0' * 16}")
