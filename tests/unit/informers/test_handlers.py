"""Telling handlers."""

from structlog.testing import capture_logs

from clusterimport.aio import Latch
from clusterimport.informers.handlers import Handlers, Registration
from clusterimport.informers.spec import InformerStatus
from clusterimport.model.meta import ObjectKey
from tests.fakes.informers.informing import CountingMetrics, Recorder

KEY = ObjectKey("ns", "a")
OBJ = {"metadata": {"name": "a", "resourceVersion": "1"}}


class Broken:
    def on_change(self, key, old, new, *, initial):
        raise KeyError("canary-credential")

    def on_status(self, status):
        raise KeyError("canary-credential")


def test_a_late_handler_gets_the_content_and_then_the_status():
    """A handler is told what is there as initial additions, and a status that says something."""
    handlers = Handlers("t", CountingMetrics())
    fresh, late = Recorder(), Recorder()

    handlers.add(fresh, (), InformerStatus())
    handlers.add(late, [(KEY, OBJ)], InformerStatus(synced=True))

    assert fresh.statuses == []
    assert late.changes == [("a", None, "1", True)]
    assert late.statuses == [InformerStatus(synced=True)]


def test_a_broken_handler_does_not_stop_the_others():
    """A handler that raises is counted and logged without its text; the next is still called."""
    metrics = CountingMetrics()
    handlers = Handlers("t", metrics)
    recorder = Recorder()
    handlers.add(Broken(), (), InformerStatus())
    handlers.add(recorder, (), InformerStatus())

    with capture_logs() as logs:
        handlers.change(KEY, None, OBJ, initial=False)
        handlers.status(InformerStatus(synced=True))

    assert recorder.names() == ["a"]
    assert recorder.statuses == [InformerStatus(synced=True)]
    assert metrics.counts["handler"] == 2
    assert "KeyError" in logs[0]["error"]
    assert "canary" not in repr(logs)


def test_a_handler_may_leave_while_it_is_called():
    """A handler that removes itself hears nothing more; the others hear everything once."""
    handlers = Handlers("t", CountingMetrics())
    recorder = Recorder()

    class Leaver(Recorder):
        def on_change(self, key, old, new, *, initial):
            super().on_change(key, old, new, initial=initial)
            handlers.remove(self)

    leaver = Leaver()
    handlers.add(leaver, (), InformerStatus())
    handlers.add(recorder, (), InformerStatus())
    handlers.change(KEY, None, OBJ, initial=False)
    handlers.change(KEY, OBJ, None, initial=False)

    assert len(leaver.changes) == 1
    assert len(recorder.changes) == 2


def test_a_registration_ends_once():
    """Removing a registration twice calls the removal once."""
    calls = []
    registration = Registration(Latch("l"), lambda: calls.append(1))
    registration.remove()
    registration.remove()

    assert calls == [1]
