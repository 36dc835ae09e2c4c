"""Judged credentials on their way from the import to the health side."""

import dataclasses

import pytest

from clusterimport.controllers.shared.handover import Handover
from clusterimport.engine.assessment import Assessment, CredentialVerdict
from clusterimport.limits.objects import HANDED_OVER_BYTES
from clusterimport.model.connection import Connection
from clusterimport.model.pediacluster import redact
from tests.fakes.controllers.importing import DIGEST
from tests.fakes.controllers.importobjects import pediacluster_body
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

ONE = "mcp-one"
NONE = frozenset()
INSECURE = frozenset({"InsecureTLS"})
QUARTER = HANDED_OVER_BYTES // 4
JUDGED = CredentialVerdict(Assessment(Connection("https://one.example"), NONE), NONE)


def obj(name=ONE, *, uid="1", **spec):
    body = pediacluster_body(name, **spec)
    body["metadata"]["uid"] = uid
    return redact(body, DIGEST)


def sized(size):
    connection = dataclasses.replace(JUDGED.assessment.connection, ca_data=b"x" * size)
    return CredentialVerdict(Assessment(connection, NONE), NONE)


async def test_a_verdict_is_given_once():
    """Who takes it has it, and nobody keeps the credentials for him."""
    handover = Handover()
    handover.give(ONE, obj(), JUDGED)

    assert ONE in handover
    assert handover.take(obj(), NONE) == JUDGED.assessment
    assert ONE not in handover
    assert handover.take(obj(), NONE) is None


@pytest.mark.parametrize(
    ("found", "features"),
    [
        (obj(tokenData=base64_of("another")), NONE),
        (obj(apiserver="https://other.example"), NONE),
        (obj(uid="2"), NONE),
        (obj(), INSECURE),
        (obj("mcp-two"), NONE),
    ],
)
async def test_it_counts_for_nothing_but_what_was_judged(found, features):
    """Another connection, another object of the name, and other rules are judged anew."""
    handover = Handover()
    handover.give(ONE, obj(), JUDGED)

    assert handover.take(found, features) is None


async def test_labels_may_have_changed_meanwhile():
    """They are no part of a connection."""
    handover = Handover()
    handover.give(ONE, obj(), JUDGED)
    found = obj()
    found["metadata"] = found["metadata"] | {"labels": {"a": "b"}, "resourceVersion": "9"}

    assert handover.take(found, NONE) == JUDGED.assessment


async def test_the_oldest_are_dropped_where_very_many_wait():
    """What is dropped is read again; what is given anew or forgotten makes room."""
    handover = Handover()
    for name in ("a", "b", "b", "c", "d"):
        handover.give(name, obj(name), sized(QUARTER))

    assert [name for name in "abcd" if name in handover] == ["b", "c", "d"]
    handover.forget("c")
    handover.give("e", obj("e"), sized(QUARTER))
    assert [name for name in "abcde" if name in handover] == ["b", "d", "e"]
    handover.give("f", obj("f"), sized(HANDED_OVER_BYTES))
    assert not any(name in handover for name in "abcdef")
