"""Numbers of lists, latches and the status."""

import pytest

from clusterimport.aio import SystemClock
from clusterimport.informers.handlers import Handlers
from clusterimport.informers.progress import Progress
from clusterimport.informers.spec import InformerStatus
from clusterimport.kube import errors
from tests.fakes.informers.informing import CountingMetrics, Recorder

pytestmark = pytest.mark.looptime

FORBIDDEN = errors.Forbidden(403, "Forbidden")
MISSING = errors.NotFound(404, "NotFound")


def make():
    handlers = Handlers("t", CountingMetrics())
    recorder = Recorder()
    handlers.add(recorder, (), InformerStatus())
    return Progress("t", handlers, SystemClock()), recorder


async def test_a_latch_waits_for_a_list_that_began_later():
    """A list that was under way when the latch was made does not set it; the next one does."""
    progress, _ = make()
    number = progress.begin()
    latch = progress.latch_after(progress.begun)

    progress.complete(number)
    assert progress.has_synced.is_set
    assert not latch.is_set

    progress.complete(progress.begin())
    assert latch.is_set
    assert progress.latch_after(1).is_set


async def test_renewing_replaces_a_set_latch_and_keeps_an_unset_one():
    """After a renewal only a later list syncs, and whoever waits already is not forgotten."""
    progress, recorder = make()
    progress.complete(progress.begin())
    first = progress.has_synced
    running = progress.begin()
    progress.renew()
    second = progress.has_synced
    progress.renew()

    assert first.is_set
    assert second is not first
    assert progress.has_synced is second

    progress.complete(running)
    assert not second.is_set
    progress.complete(progress.begin())
    assert second.is_set
    assert [status.synced for status in recorder.statuses] == [True, False, True]


async def test_the_status_is_told_only_when_it_changes():
    """The same failure again is no news; another class of error, and the recovery, are."""
    progress, recorder = make()
    progress.fail(FORBIDDEN)
    progress.fail(errors.Forbidden(403, "Forbidden", "with another text"))
    progress.fail(MISSING)
    progress.recover()
    progress.recover()

    assert [type(status.error) for status in recorder.statuses] == [
        errors.Forbidden,
        errors.NotFound,
        type(None),
    ]
    assert [status.type_missing for status in recorder.statuses] == [False, True, False]


async def test_an_error_lasts_since_the_first_failure(looptime):
    """A row of failures keeps the time of its first, a list ends it and syncs."""
    progress, _ = make()
    clock = SystemClock()
    started = clock.monotonic()
    progress.fail(FORBIDDEN)
    await clock.sleep(10)
    progress.fail(MISSING)

    assert progress.status.error_since == started
    assert not progress.status.synced

    progress.complete(progress.begin())
    assert progress.status == InformerStatus(synced=True)
    assert progress.completed == 1


async def test_t07_latches_that_nobody_waits_for_any_more_are_not_kept():
    """A type that is never listed, and whose selector is edited for years, costs nothing."""
    progress, _ = make()
    kept = progress.latch_after(0)
    for _ in range(100):
        progress.latch_after(progress.begin())

    assert len(progress._latches) == 1
    progress.complete(progress.begin())
    assert kept.is_set
    assert len(progress._latches) == 0
