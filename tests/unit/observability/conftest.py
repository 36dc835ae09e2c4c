"""Metrics on a clock that stands still; and logging, which is global, put back after each test."""

import io
import json
import logging
import sys
import threading
from typing import Any

import pytest
import structlog

from clusterimport.observability.logging import configure_logging
from clusterimport.observability.metrics import Metrics
from tests.fakes.aio.manualclock import ManualClock


class Captured(io.StringIO):
    """Where the logs of a test go."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@pytest.fixture(name="restored")
def fixture_restored():
    root = logging.getLogger()
    kept = (root.handlers, root.level)
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    root.handlers, level = kept
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(name="logs")
def fixture_logs(restored):
    """Everything down to debug, as JSON."""
    stream = Captured()
    configure_logging(level="debug", json=True, stream=stream)
    return stream


@pytest.fixture(name="clock")
def fixture_clock():
    return ManualClock()


@pytest.fixture(name="metrics")
def fixture_metrics(clock):
    return Metrics(clock=clock)
