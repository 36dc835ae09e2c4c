"""Whatever happens on the way, the view ends as the server's state, and handlers know it.

Random histories of writes, disconnects, compactions, dead streams, failing lists and changed
interests run in virtual time; after a quiet spell the store, the handlers' net effect and the
count of objects must equal the server.
"""

import asyncio

import looptime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clusterimport.informers import InformerOptions
from clusterimport.kube import errors
from clusterimport.model.meta import name_of
from tests.fakes.informers.faults import Script, Silence, expired, refused, too_large
from tests.fakes.informers.informing import CountingMetrics, Recorder, informing
from tests.fakes.informers.list_watch import FakeCollection

NAMES = st.sampled_from([f"o{number}" for number in range(8)])
FAULTS = st.sampled_from(
    [
        None,
        refused(),
        expired(),
        too_large(1),
        errors.InternalError(500),
        errors.TooManyRequests(429, retry_after_seconds=3.0),
        errors.ServiceUnavailable(503),
        errors.Forbidden(403),
        errors.NotFound(404),
        errors.StreamError("half a line"),
    ]
)
WATCH_FAULTS = FAULTS | st.sampled_from([Script(), Script(then=expired()), Silence()])

ACTIONS = st.one_of(
    st.tuples(st.just("put"), NAMES),
    st.tuples(st.just("put"), NAMES),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("recreate"), NAMES),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.001, 0.5, 3.0, 40.0, 100.0])),
    st.tuples(st.just("close"), st.sampled_from([None, refused(), expired()])),
    st.tuples(st.just("freeze"), st.none()),
    st.tuples(st.just("compact"), st.none()),
    st.tuples(st.just("bookmark"), st.none()),
    st.tuples(st.just("list fault"), FAULTS),
    st.tuples(st.just("watch fault"), WATCH_FAULTS),
    st.tuples(st.just("interest"), st.sets(NAMES)),
    st.tuples(st.just("relist"), st.none()),
)


class History:
    """Plays actions on a server and its informer."""

    def __init__(self, server, informer):
        self.server = server
        self.informer = informer
        self.wanted = None

    async def play(self, action, value):
        if action == "wait":
            await asyncio.sleep(value)
        elif action == "interest":
            self.wanted = value
            self.informer.add_interest("p", lambda obj: name_of(obj) in value)
        elif action == "relist":
            self.informer.relist()
        elif action in {"list fault", "watch fault"}:
            faults = self.server.list_faults
            (faults if action == "list fault" else self.server.watch_faults).append(value)
        elif action in {"put", "delete", "recreate"}:
            self.write(action, value)
        else:
            self.disturb(action, value)

    def write(self, action, name):
        live = {key.name for key in self.server.objects}
        if action in {"delete", "recreate"} and name in live:
            self.server.delete(name)
        if action == "put" or (action == "recreate" and name in live):
            self.server.put(name)

    def disturb(self, action, value):
        match action:
            case "close":
                self.server.close_streams(value)
            case "freeze":
                self.server.freeze_streams()
            case "compact":
                self.server.compact()
            case "bookmark":
                self.server.bookmark()


@pytest.mark.slow
@given(
    actions=st.lists(ACTIONS, max_size=40),
    watch_list=st.booleans(),
    start=st.integers(min_value=0, max_value=8),
)
@settings(max_examples=60, deadline=None)
def test_the_view_converges(actions, watch_list, start):
    """Store, handlers and count equal the server after any history."""

    async def story():
        server = FakeCollection()
        for number in range(start):
            server.put(f"o{number}")
        recorder = Recorder()
        options = InformerOptions(watch_list=watch_list, page_size=3, turn_seconds=0.0)
        metrics = CountingMetrics()
        async with informing(server, options=options, metrics=metrics) as informer:
            informer.add_handler(recorder)
            history = History(server, informer)
            for action, value in actions:
                await history.play(action, value)
            await asyncio.sleep(1000)

            expected = {
                key: obj
                for key, obj in server.objects.items()
                if history.wanted is None or key.name in history.wanted
            }
            assert dict(informer.store.items()) == expected
            assert recorder.view == expected
            assert recorder.mistakes == []
            assert informer.seen_count == len(server.objects)
            assert informer.has_synced.is_set
            assert informer.status.error is None
            assert metrics.counts["crashed"] == 0
        assert server.streams == []

    loop = looptime.new_event_loop()
    try:
        loop.run_until_complete(story())
    finally:
        loop.close()
