"""How answers become exceptions, and what of them can be seen."""

import json
import traceback

import pytest

from clusterimport.kube import errors
from clusterimport.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Cause,
    Conflict,
    Expired,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    RequestEntityTooLarge,
    ServerTimeout,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    is_resource_version_too_large,
    is_type_missing,
)
from clusterimport.kube.translation import from_event, from_status
from clusterimport.limits.requests import ERROR_CAUSES, RETRY_AFTER_SECONDS
from development.apiserver.answers import status_body

CANARY = "c4n4ry-credential"


def refusal(code, reason="", message="", *, verb="get", headers=None, **details) -> ApiError:
    body = json.dumps(status_body(code, reason, message, **details)).encode()
    return from_status(code, body, headers or {}, verb, "pods")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (400, "BadRequest", BadRequest),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", Forbidden),
        (404, "NotFound", NotFound),
        (409, "Conflict", Conflict),
        (409, "AlreadyExists", AlreadyExists),
        (410, "Gone", Expired),
        (410, "Expired", Expired),
        (500, "Expired", Expired),
        (413, "RequestEntityTooLarge", RequestEntityTooLarge),
        (422, "Invalid", Invalid),
        (429, "TooManyRequests", TooManyRequests),
        (500, "InternalError", InternalError),
        (500, "ServerTimeout", ServerTimeout),
        (503, "ServiceUnavailable", ServiceUnavailable),
        (504, "Timeout", ServerTimeout),
        (418, "Teapot", ApiError),
    ],
)
def test_class_follows_code_and_reason(code, reason, expected):
    """Code and reason choose exactly one class and stay readable."""
    error = refusal(code, reason)

    assert type(error) is expected
    assert (error.status_code, error.reason) == (code, reason)


def test_a_body_that_is_no_status_is_dropped():
    """Of HTML, of other JSON and of broken JSON only the code remains."""
    for body in (
        b"<html>" + CANARY.encode(),
        json.dumps({"kind": "Secret", "message": CANARY}).encode(),
        json.dumps([CANARY]).encode(),
        b"\xff" + CANARY.encode(),
        b"",
    ):
        error = from_status(500, body, {}, "get", "pods")

        assert type(error) is InternalError
        assert str(error) == "get pods: 500"
        assert CANARY not in repr(vars(error))


def test_text_is_cut_and_made_printable():
    """A long message with control characters becomes 256 printable ones."""
    error = refusal(400, "BadRequest", "\x1b[31m\n" + "x" * 1000)

    assert len(error.message) == 256
    assert error.message.isprintable()
    assert error.message.endswith("xxx")


@pytest.mark.parametrize("verb", ["create", "update", "patch"])
def test_errors_of_writes_show_nothing_that_was_written(verb):
    """A 422 that echoes a value shows code, reason and fields only, by every way of looking."""
    error = refusal(
        422,
        "Invalid",
        f'PediaCluster "a" is invalid: spec.tokenData: Invalid value: "{CANARY}"',
        verb=verb,
        name="a",
        causes=[
            {
                "field": "spec.tokenData",
                "reason": "FieldValueInvalid",
                "message": f'Invalid value: "{CANARY}"',
            },
            {"field": "spec.caData", "reason": f"bad {CANARY}", "message": CANARY},
            {"field": f"spec.list[0].map[{CANARY}].x", "reason": "FieldValueInvalid"},
        ],
    )

    assert error.causes == (
        Cause("spec.tokenData", "FieldValueInvalid", ""),
        Cause("spec.caData", "", ""),
        Cause("spec.list[0].map[*]", "FieldValueInvalid", ""),
    )
    assert str(error) == (
        f"{verb} pods: 422 Invalid: spec.tokenData (FieldValueInvalid), spec.caData (),"
        " spec.list[0].map[*] (FieldValueInvalid)"
    )
    assert error.safe_message == str(error)
    everything = f"{error} {error!r} {error.args} {vars(error)}"
    assert CANARY not in everything + "".join(traceback.format_exception(error))


def test_errors_of_reads_keep_their_message():
    """A message about something that was read is worth showing."""
    error = refusal(400, "BadRequest", "unable to parse requirement", verb="list")

    assert str(error) == "list pods: 400 BadRequest: unable to parse requirement"


def test_a_missing_right_is_told_from_a_webhook():
    """A 403 names verb and resource, and tells the authorizer from a webhook."""
    authorizer = refusal(
        403,
        "Forbidden",
        'pods is forbidden: User "system:serviceaccount:a:b" cannot create resource "pods" in API'
        ' group "" at the cluster scope',
        verb="create",
    )
    webhook = refusal(
        403, "Forbidden", 'admission webhook "a.b" denied the request: no', verb="create"
    )

    assert isinstance(authorizer, Forbidden)
    assert authorizer.by_authorizer
    assert str(authorizer) == "create pods: 403 Forbidden"
    assert isinstance(webhook, Forbidden)
    assert not webhook.by_authorizer


def test_retry_after_is_the_longest_that_was_asked_for():
    """Header and details count, nonsense does not, and nothing exceeds a minute."""
    both = refusal(429, headers={"Retry-After": "7"}, retryAfterSeconds=3)
    details_only = refusal(503, retryAfterSeconds=3)
    neither = refusal(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
    absurd = refusal(429, headers={"Retry-After": "9" * 300})
    negative = refusal(429, retryAfterSeconds=-5)

    assert both.retry_after_seconds == 7
    assert details_only.retry_after_seconds == 3
    assert neither.retry_after_seconds is None
    assert absurd.retry_after_seconds == RETRY_AFTER_SECONDS
    assert negative.retry_after_seconds is None


def test_t35_no_single_answer_holds_an_object_back_for_longer_than_a_minute():
    """A server that asks for an hour is asked again after a minute; other errors ask nothing."""
    hour = refusal(429, headers={"Retry-After": "3600"})

    assert errors.retry_after_of(hour) == hour.retry_after_seconds == 60.0
    assert errors.retry_after_of(refusal(500)) == 0.0
    assert errors.retry_after_of(errors.TransportError("reset")) == 0.0


def test_object_not_found_is_told_from_type_unknown():
    """Only a Status of reason NotFound that names something is about an object."""
    missing_object = refusal(404, "NotFound", 'pods "a" not found', name="a", kind="pods")
    missing_type = refusal(404, "NotFound", "the server could not find the requested resource")
    plain = from_status(404, b"404 page not found\n", {}, "get", "pods")
    other_reason = refusal(404, "", "", name="a")

    assert not is_type_missing(missing_object)
    assert (missing_object.details_name, missing_object.details_kind) == ("a", "pods")
    assert is_type_missing(missing_type)
    assert is_type_missing(plain)
    assert is_type_missing(other_reason)
    assert not is_type_missing(refusal(403))


def test_too_large_resource_version_is_recognized():
    """A 504 with that cause means "ask again later", any other does not."""
    too_large = refusal(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}])

    assert is_resource_version_too_large(too_large)
    assert not is_resource_version_too_large(refusal(504, "Timeout"))
    assert not is_resource_version_too_large(ValueError())


def test_error_events_become_the_same_classes():
    """The object of an ERROR event tells its code; without one it is an internal error."""
    gone = from_event(json.dumps(status_body(410, "Expired", "too old")).encode(), "watch", "pods")

    assert type(gone) is Expired
    assert gone.message == "too old"
    for odd in (b'{"kind": "Status"}', b"nonsense", b'{"code": "410"}', b"[" * 100_000):
        assert type(from_event(odd, "watch", "pods")) is InternalError


def test_hostile_details_do_no_harm():
    """Details of wrong types and endless causes give an ordinary error."""
    assert refusal(422, "Invalid", causes="none").causes == ()
    assert refusal(422, "Invalid", causes=["none", {}]).causes == (Cause("", "", ""),)
    # As of an admission policy, whose cause has nothing but a text.
    assert str(errors.Invalid(422, "Invalid", causes=(Cause("", "", "x"),))) == "422 Invalid"
    many = refusal(422, "Invalid", causes=[{"field": "a"}] * 1000)
    assert len(many.causes) == ERROR_CAUSES
    odd = from_status(422, b'{"kind":"Status","details":[],"message":5,"reason":{}}', {}, "get", "")
    assert str(odd) == "get: 422"
