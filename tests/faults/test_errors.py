"""A server that is overloaded, away, or takes rights away (F24, F25, F28, F30)."""

import time

import pytest

from development.world import POLICY
from tests.faults.fleet import IMPORTED, POLICY_NAME
from tests.faults.trial import Trial
from tests.harness import platforms
from tests.harness.proxy import Match, Request
from tests.harness.proxy.answer import Answer, Proceed
from tests.harness.proxy.faults import Refuse, Status

FEW = IMPORTED[:6]
SOURCES = {"configmaps", "secrets"}
RETRY_AFTER = 3
AWAY_SECONDS = 75.0


def test_f24_too_many_requests(trial: Trial) -> None:
    """The time that the server asks for is waited, and a refused watch does not list."""
    trial.begin()
    overloaded = Status(429, retry_after=RETRY_AFTER)
    since = time.time()
    trial.fault(overloaded, Match.of("watch", "configmaps", times=2))
    trial.fault(overloaded, Match.of("get", "secrets", times=4))
    trial.fault(overloaded, Match.of("write", "pediaclusters", times=6), cut=True)
    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.settle()
    refused = [each for each in trial.proxy.history.exchanges if each.code == 429]
    assert len(refused) >= 8
    for each in refused:
        again = [
            later.started - each.ended
            for later in trial.proxy.history.exchanges
            if later.request.path == each.request.path
            and later.request.verb == each.request.verb
            and later.started > each.ended
        ]
        assert not again or min(again) >= RETRY_AFTER - 0.2, str(each)
    relisted = [
        each
        for each in trial.proxy.history.exchanges
        if each.started >= since and each.request.resource == "configmaps" and _lists(each.request)
    ]
    assert relisted == []
    trial.end()


def test_f25_nobody_there_for_more_than_a_minute(trial: Trial) -> None:
    """It is told; afterwards watches go on where they were, and nothing is listed again."""
    trial.begin()
    trial.proxy.shut()
    with trial.outage():
        trial.fleet.rotate(*FEW)
        trial.fleet.remove(IMPORTED[-1])
        ends = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < ends:
            trial.look()
            time.sleep(3.0)
    since = time.time()
    trial.proxy.open()
    trial.settle()
    listed = [
        str(each)
        for each in trial.proxy.history.exchanges
        # A write whose answer was cut off may have a type of ours looked at again.
        if each.started >= since and _lists(each.request) and each.request.resource in SOURCES
    ]
    assert listed == []
    trial.end("I11")


@pytest.mark.parametrize("code", [500, 503, 504])
def test_f25_a_server_that_fails(trial: Trial, code: int) -> None:
    """Whatever it answers is tried again, ever more rarely, and nothing is deleted for it."""
    trial.begin()
    trial.fault(Status(code), cut=True)
    trial.fleet.rotate(*FEW)
    trial.fleet.remove(IMPORTED[-1])
    time.sleep(8.0)
    trial.end()


def test_f28_rights_that_are_taken_away_for_a_while(trial: Trial) -> None:
    """Forbidden is not empty: nothing goes, and all goes on when the right is back."""
    trial.begin()
    trial.world.revoke("fleet")
    trial.proxy.cut()
    told = trial.world.until_reason(
        POLICY, POLICY_NAME, "Ready", "MissingPermission", timeout_seconds=60
    )
    assert "forbidden" in told["message"]
    trial.fleet.rotate(*FEW)
    trial.world.grant("fleet", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    trial.end()


def test_f30_a_token_that_is_not_taken_for_a_while(trial: Trial) -> None:
    """401 is an error like others: everything is tried again, and nothing goes for it."""
    trial.begin()
    trial.fault(Status(401), cut=True)
    trial.fleet.rotate(*FEW)
    time.sleep(5.0)
    trial.end()


def test_f25_connections_that_are_refused_now_and_then(trial: Trial) -> None:
    """Each third request has no answer, of every kind, and all comes to its end."""
    trial.begin()
    seen = 0

    async def refuse(request: Request, proceed: Proceed) -> Answer:
        nonlocal seen
        seen += 1
        return await (Refuse()(request, proceed) if seen % 3 == 0 else proceed(request))

    trial.fault(refuse, cut=True)
    trial.fleet.rotate(*IMPORTED)
    trial.fleet.readdress(*FEW)
    trial.settle()
    trial.end()


def _lists(request: Request) -> bool:
    is_whole = request.query.get("limit") != "1"
    return (request.verb == "list" and is_whole) or "sendInitialEvents" in request.query
