"""The board with the verdicts on all clusters."""

import dataclasses

from clusterimport.controllers.shared.health import (
    NOTHING_EXPIRES,
    NOTHING_TO_NOTE,
    PENDING,
    UNWATCHED,
    CredentialNotes,
    ExpiryNotice,
    Health,
    HealthBoard,
    HealthState,
)
from clusterimport.model.policy import CredentialFeature
from tests.fakes.controllers.addedkeys import AddedKeys

HEALTHY = Health(HealthState.HEALTHY, "Reachable", "it answers")
SLOW = Health(HealthState.UNHEALTHY, "Timeout", "look at the firewall")


def board(assumed=None):
    """Return a board, and the list of the names that it told."""
    told = AddedKeys()
    return HealthBoard(told, unknown=lambda name: (assumed or {}).get(name, PENDING)), told


def test_a_verdict_is_news_once():
    """The listener hears of the first verdict and of each other one, and of no repetition."""
    verdicts, told = board()
    verdicts.set("one", HEALTHY)
    verdicts.set("one", Health(HealthState.HEALTHY, "Reachable", "it answers"))
    assert told == ["one"]
    assert verdicts.of("one") == HEALTHY
    verdicts.set("one", SLOW)
    verdicts.set("two", SLOW)

    assert told == ["one", "one", "two"]
    assert (verdicts.of("one"), verdicts.of("two")) == (SLOW, SLOW)


def test_what_was_assumed_is_no_news():
    """A cluster without a verdict is what is assumed of it, and stays so if that was right."""
    assumed = {"one": UNWATCHED}
    verdicts, told = board(assumed)
    assert verdicts.of("one") == UNWATCHED
    assert verdicts.of("two") == PENDING
    verdicts.set("one", UNWATCHED)
    assert told == []

    assumed["one"] = SLOW
    assert verdicts.of("one") == UNWATCHED, "a verdict outranks what is assumed"


def test_news_is_what_differs_from_what_was_told():
    """A verdict that would be assumed by now is news to who was told another assumption before."""
    assumed = {}
    verdicts, told = board(assumed)
    assert verdicts.of("one") == PENDING
    assumed["one"] = HEALTHY
    verdicts.set("one", HEALTHY)
    assert told == ["one"]


def test_that_nothing_ends_is_no_news():
    """To have read credentials that do not end soon concerns nobody; an end does, and its end."""
    verdicts, told = board({"one": UNWATCHED})
    calm = dataclasses.replace(UNWATCHED, notes=NOTHING_TO_NOTE)
    soon = NOTHING_TO_NOTE._replace(expiry=ExpiryNotice("CredentialExpiring", "soon"))
    ending = dataclasses.replace(UNWATCHED, notes=soon)
    verdicts.set("one", calm)
    assert told == []
    assert verdicts.of("one") == calm
    verdicts.set("one", ending)
    verdicts.set("one", calm)
    assert told == ["one", "one"]


def test_a_feature_is_news():
    """That a cluster's certificate is not verified, and that it is again."""
    verdicts, told = board({"one": UNWATCHED})
    features = frozenset({CredentialFeature.INSECURE_TLS})
    notes = CredentialNotes(NOTHING_EXPIRES, features)
    verdicts.set("one", dataclasses.replace(UNWATCHED, notes=notes))
    assert told == ["one"]
    verdicts.set("one", dataclasses.replace(UNWATCHED, notes=NOTHING_TO_NOTE))
    assert told == ["one", "one"]


def test_a_cluster_that_is_gone_has_no_verdict():
    """After it is forgotten it is what is assumed again; nobody is told, and twice is no harm."""
    verdicts, told = board()
    verdicts.set("one", HEALTHY)
    verdicts.forget("one")
    verdicts.forget("one")

    assert verdicts.of("one") == PENDING
    assert told == ["one"]
