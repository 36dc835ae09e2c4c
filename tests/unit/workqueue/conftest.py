"""A plain queue with a clock that stands still and metrics that remember."""

import pytest

from clusterimport.workqueue import WorkQueue
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.workqueue.queuemetrics import RecordingQueueMetrics


@pytest.fixture(name="clock")
def _clock():
    return ManualClock()


@pytest.fixture(name="metrics")
def _metrics():
    return RecordingQueueMetrics()


@pytest.fixture(name="queue")
def _queue(clock, metrics):
    return WorkQueue[str]("test", clock=clock, metrics=metrics)
