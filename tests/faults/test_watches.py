"""Watches that bring nonsense, or everything twice, or end at once (F17, F18, F21, F23)."""

from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness import platforms
from tests.harness.proxy import Match
from tests.harness.proxy.answer import Fault
from tests.harness.proxy.faults import Chunked, CutAfter, EndStream, Lines
from tests.harness.proxy.streams import Double

FEW = IMPORTED[:4]
WATCH = Match.of("watch", "configmaps")
ERROR = (
    b'{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},'
    b'"status":"Failure","code":%d,"reason":"%s","message":"by a fault"}}'
)
FOREIGN = (
    (
        b'{"type":"ADDED","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"imported-00",'
        b'"namespace":"default","uid":"u","resourceVersion":"1"}}}'
    ),
    (
        b'{"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},'
        b'"columnDefinitions":[],"rows":[]}}'
    ),
    b'{"type":"MODIFIED","object":null}',
    b'{"type":"UNHEARD_OF","object":{}}',
)
NONSENSE: dict[str, Fault] = {
    "an error of the server": EndStream((ERROR % (500, b"InternalError"),)),
    "an error that nobody knows": EndStream((ERROR % (599, b"Sunspots"),)),
    "no JSON": EndStream((b"\x00\xff no JSON", b"{]")),
    "half a line": CutAfter(200),
    "bytes of one character apart": Chunked(1),
    "objects of another kind": Lines(FOREIGN),
}
ENDING_SECONDS = 30.0
ENDS = 9
"""Looks at an ending watch in that time, each a second or more after the last, with back-off."""
BIG_BYTES = 900_000


def test_f17_a_watch_that_brings_nonsense(trial: Trial) -> None:
    """It is opened again, with a pause, and what it should have brought is found."""
    trial.begin()
    for fault in NONSENSE.values():
        since = trial.fault(fault, Match.of("watch", "configmaps", times=1), cut=True)
        trial.until_requested(WATCH, since=since)
        trial.fleet.readdress(*FEW)
        trial.settle()
        trial.proxy.heal(cut=False)
    trial.end()


def test_f18_a_watch_that_ends_at_once_each_time(trial: Trial) -> None:
    """It is opened ever more rarely, and is there again when the server is well."""
    trial.begin()
    since = trial.fault(EndStream(), WATCH, cut=True)
    trial.fleet.readdress(*FEW)
    trial.world.remains(
        lambda: trial.requests(WATCH, since) <= ENDS, "it is asked rarely", seconds=ENDING_SECONDS
    )
    assert trial.requests(WATCH, since) > 2
    trial.end()


def test_f21_a_line_of_a_megabyte(trial: Trial) -> None:
    """It is read, and the stream goes on behind it."""
    big = platforms.cluster("big", labels={"import": "no"}, filling="x" * BIG_BYTES)
    trial.world.create(big)
    trial.begin()
    for number in range(3):
        big["data"]["number"] = str(number)
        trial.world.admin.update(big)
        trial.fleet.readdress(*FEW)
        trial.settle()
    trial.end()


def test_f23_every_event_twice(trial: Trial) -> None:
    """The second one changes nothing."""
    trial.begin()
    trial.stream_fault(Double())
    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.settle()
    trial.end()
