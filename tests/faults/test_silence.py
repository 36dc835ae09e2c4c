"""Connections that stand and bring nothing (F19, F20)."""

import time

from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness.proxy import Match, Request
from tests.harness.proxy.faults import Drip, NoWatchList

FEW = IMPORTED[:4]
WATCHED = "configmaps secrets"
NOTICED_SECONDS = 150.0
"""A silent watch is noticed within 90 s; a machine under load and the import come on top."""


def test_f19_a_peer_that_is_gone_without_a_word(trial: Trial) -> None:
    """Watches on connections that are dead are opened again, and what they missed is found."""
    trial.begin()
    now = time.time()

    async def swallow(request: Request, line: bytes) -> list[bytes]:
        return [] if request.at < now else [line]

    trial.stream_fault(swallow, Match.of("watch"))
    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.settle(timeout_seconds=NOTICED_SECONDS)
    trial.end()


def test_f20_a_watch_that_drips(trial: Trial) -> None:
    """One byte a second is no life: it is opened again, and what it held back is found."""
    trial.begin()
    trial.fault(NoWatchList(), Match.of("watch", WATCHED))
    since = trial.fault(Drip(), Match.of("watch", WATCHED, times=2), cut=True)
    trial.until_requested(Match.of("watch", WATCHED), 2, since=since)
    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.settle(timeout_seconds=NOTICED_SECONDS)
    trial.end()
