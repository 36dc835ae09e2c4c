"""What the server refused for its content is not repeated at back-off speed."""

import pytest

from clusterimport.controllers.refusals import RefusalLedger, is_refusal
from clusterimport.kube import errors
from tests.fakes.manualclock import ManualClock

INVALID = errors.Invalid(422, "Invalid", verb="create", resource="pediaclusters")


def test_the_same_body_waits_one_two_then_five_minutes() -> None:
    """A refused body is due after 60, 120, then every 300 seconds."""
    clock = ManualClock()
    ledger: RefusalLedger[str] = RefusalLedger(clock)
    waits = []
    for _ in range(4):
        refusal = ledger.refused("k", "body", INVALID)
        waits.append(ledger.seconds_until_due(refusal))
        clock.advance(waits[-1] - 0.5)
        assert ledger.standing("k", "body") is not None
        clock.advance(0.5)
        assert ledger.standing("k", "body") is None

    assert waits == [60.0, 120.0, 300.0, 300.0]


def test_another_body_is_sent_at_once() -> None:
    """A change of what would be written ends the wait, and starts the count anew."""
    clock = ManualClock()
    ledger: RefusalLedger[str] = RefusalLedger(clock)
    ledger.refused("k", "old", INVALID)
    assert ledger.standing("k", "new") is None

    assert ledger.seconds_until_due(ledger.refused("k", "new", INVALID)) == 60.0


def test_a_change_of_the_crd_ends_every_wait() -> None:
    """After a CRD changed everything may be tried at once."""
    ledger: RefusalLedger[str] = RefusalLedger(ManualClock())
    ledger.refused("k", "body", INVALID)
    ledger.forget_all()

    assert ledger.standing("k", "body") is None


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
