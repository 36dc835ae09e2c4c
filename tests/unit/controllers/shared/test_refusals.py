"""What the server refused for its content is not repeated at back-off speed."""

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.shared.refusals import RefusalLedger, is_refusal
from clusterimport.kube import errors
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.controllers.addedkeys import some_schemas

INVALID = errors.Invalid(422, "Invalid", verb="create", resource="pediaclusters")

BODY = {"metadata": {"labels": {"a": "b"}, "resourceVersion": "1"}, "spec": {"x": "y"}}
OTHER = {"metadata": {"labels": {"a": "c"}, "resourceVersion": "1"}, "spec": {"x": "y"}}


def test_the_same_body_waits_one_two_then_five_minutes() -> None:
    """A refused body is due after 60, 120, then every 300 seconds."""
    clock = ManualClock()
    ledger: RefusalLedger[str] = RefusalLedger(clock, some_schemas())
    waits = []
    for _ in range(4):
        refusal = ledger.refused("k", "part", BODY, INVALID)
        waits.append(ledger.seconds_until_due(refusal))
        clock.advance(waits[-1] - 0.5)
        assert ledger.standing("k", "part", BODY) is not None
        clock.advance(0.5)
        assert ledger.standing("k", "part", BODY) is None

    assert waits == [60.0, 120.0, 300.0, 300.0]


def test_another_body_is_sent_at_once() -> None:
    """A change of what would be written ends the wait, and starts the count anew."""
    clock = ManualClock()
    ledger: RefusalLedger[str] = RefusalLedger(clock, some_schemas())
    ledger.refused("k", "part", OTHER, INVALID)
    assert ledger.standing("k", "part", BODY) is None

    assert ledger.seconds_until_due(ledger.refused("k", "part", BODY, INVALID)) == 60.0


def test_a_change_of_the_crd_ends_every_wait() -> None:
    """After a CRD changed everything may be tried at once."""
    schemas = some_schemas()
    ledger: RefusalLedger[str] = RefusalLedger(ManualClock(), schemas)
    for _ in range(2):
        ledger.refused("k", "part", BODY, INVALID)
    schemas.current = ServedSchemas()

    assert ledger.standing("k", "part", BODY) is None
    assert ledger.seconds_until_due(ledger.refused("k", "part", BODY, INVALID)) == 60.0


def test_t04_the_whole_body_but_its_version_is_what_was_refused() -> None:
    """A corrected label is another body; the same one at a newer version is not."""
    ledger: RefusalLedger[str] = RefusalLedger(ManualClock(), some_schemas())
    ledger.refused("k", "part", BODY, INVALID)
    newer = {"metadata": {"labels": {"a": "b"}, "resourceVersion": "2"}, "spec": {"x": "y"}}

    assert ledger.standing("k", "part", newer) is not None
    assert ledger.standing("k", "part", OTHER) is None
    labelled = {"metadata": {"labels": {"a": "b", "resourceVersion": "1"}}, "spec": {"x": "y"}}
    assert ledger.standing("k", "part", labelled) is None


def test_t04_a_status_that_says_the_same_at_another_time_was_refused() -> None:
    """The moment of a transition differs from try to try."""
    ledger: RefusalLedger[str] = RefusalLedger(ManualClock(), some_schemas())

    def body(status: str, time: str) -> dict[str, object]:
        condition = {"type": "Ready", "status": status, "lastTransitionTime": time}
        return {"status": {"conditions": [condition]}}

    ledger.refused("k", "status", body("True", "1"), INVALID)

    assert ledger.standing("k", "status", body("True", "2")) is not None
    assert ledger.standing("k", "status", body("False", "2")) is None


def test_t04_each_part_of_an_object_is_refused_by_itself() -> None:
    """What is wrong with one write says nothing of another one of the same key."""
    ledger: RefusalLedger[str] = RefusalLedger(ManualClock(), some_schemas())
    ledger.refused("k", "labels", BODY, INVALID)
    ledger.refused("k", "spec", BODY, INVALID)
    ledger.accepted("k", "labels")

    assert ledger.standing("k", "labels", BODY) is None
    assert ledger.standing("k", "spec", BODY) is not None
    ledger.accepted("k", "spec")
    assert len(ledger) == 0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (INVALID, True),
        (errors.BadRequest(400, "BadRequest"), True),
        (errors.Forbidden(403, "Forbidden", 'admission webhook "x" denied the request'), True),
        (
            errors.Forbidden(
                403, "Forbidden", 'pediaclusters is forbidden: User "u" cannot create resource "x"'
            ),
            False,
        ),
        (errors.Conflict(409, "Conflict"), False),
        (errors.TooManyRequests(429, "TooManyRequests"), False),
        (errors.InternalError(500, "InternalError"), False),
    ],
)
def test_only_a_refusal_of_the_content_counts(error: errors.ApiError, *, expected: bool) -> None:
    """A missing right, a conflict or an overloaded server is retried with back-off instead."""
    assert is_refusal(error) is expected
