"""What can go wrong between us and an API server.

ClusterImportError
 └─ KubeError
     ├─ KubeConfigError          the way to the server cannot be found out; one line, no credentials
     ├─ InvalidName              a name that cannot be one segment of a URL path; nothing was sent
     ├─ InvalidBody              an object that cannot be JSON; nothing was sent
     ├─ GateClosed               a write that was not sent, because the lease may have run out
     ├─ TransportError           no answer: connection, DNS, TLS, time-out
     │   └─ StreamError          an answer that cannot be understood
     │       ├─ UndecodableObject   one that is nested deeper than can be decoded
     │       └─ AnswerTooLarge      one that is larger than was allowed for
     └─ ApiError                 the server refused
         ├─ BadRequest (400), Unauthorized (401), Forbidden (403), NotFound (404)
         ├─ Conflict (409) ── AlreadyExists (409 with that reason)
         ├─ Expired (410), RequestEntityTooLarge (413), Invalid (422), TooManyRequests (429)
         └─ InternalError (500), ServiceUnavailable (503), ServerTimeout (504)
"""
# The names are the reasons of metav1.Status and the words of client-go.
# ruff: noqa: N818

import re
from collections.abc import Callable, Hashable
from typing import NamedTuple, Protocol, Self

from clusterimport import errors

WRITE_VERBS = frozenset({"create", "update", "patch"})
"""Verbs whose error texts may echo the body that was sent, and with it credentials."""


class KubeError(errors.ClusterImportError):
    """Anything that this package raises on purpose."""


class KubeConfigError(KubeError):
    """No usable settings for a connection; the text names the file and the problem."""


class InvalidName(KubeError):
    """A name, namespace or resource that would leave its place in a URL path."""


class InvalidBody(KubeError):
    """An object with a text that no encoding can carry."""


class GateClosed(KubeError):
    """A write was certainly not sent, because its gate was shut."""


class TransportError(KubeError):
    """The server did not answer; whether it acted on a write is unknown.

    ``reason`` is one CamelCase word fit for a condition: ``Timeout``, ``ConnectionRefused``,
    ``TLSVerificationFailed``, ``TLSFailed``, ``NameResolutionFailed``, ``ProxyFailed``,
    ``ConnectionLost``, ``CredentialPluginFailed``, ``MalformedAnswer`` or ``AnswerTooLarge``.
    """

    def __init__(self, message: str, *, reason: str = "ConnectionLost") -> None:
        super().__init__(message)
        self.reason = reason

    @property
    def timeout(self) -> bool:
        """Whether the time ran out, as opposed to a connection that failed."""
        return self.reason == "Timeout"


class StreamError(TransportError):
    """The server sent bytes that are not what the API promises."""

    def __init__(self, message: str, *, reason: str = "MalformedAnswer") -> None:
        super().__init__(message, reason=reason)


class UndecodableObject(StreamError):
    """The answer is nested deeper than can be decoded; asking again will not help."""


class AnswerTooLarge(StreamError):
    """The answer is larger than was allowed for; the rest of it was not read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="AnswerTooLarge")


class Cause(NamedTuple):
    """One entry of ``Status.details.causes``; ``message`` is empty for errors of writes."""

    field: str
    reason: str
    message: str


class Turnstile(Protocol):
    """Where many wait for one that finds out whether the server answers otherwise by now."""

    def wait(self, key: Hashable, go_on: Callable[[], None]) -> None:
        """Call ``go_on`` once, when it is worth another try; another call for the key replaces."""


class ApiError(KubeError):
    """The server answered with something else than success.

    Of an error of a write only code, reason and the causes' fields and reasons are kept: the
    server quotes refused values in its messages, and a refused PediaCluster holds credentials.
    """

    turnstile: Turnstile | None = None
    """Where to wait for a better answer; None: everyone tries again by themselves."""

    def __init__(
        self,
        status_code: int,
        reason: str = "",
        message: str = "",
        verb: str = "",
        resource: str = "",
        details_name: str = "",
        causes: tuple[Cause, ...] = (),
        retry_after_seconds: float | None = None,
        details_kind: str = "",
    ) -> None:
        self._inspect(message)
        if verb in WRITE_VERBS:
            # Dropped here and not when printing, so that no attribute, repr or traceback with
            # local variables can show them later.
            message = ""
            # Of a path, the keys of maps are content too; indexes of lists are not.
            causes = tuple(
                Cause(_MAP_KEY.sub("[*]", cause.field), cause.reason, "") for cause in causes
            )
        self.status_code = status_code
        self.reason = reason
        self.message = message
        self.verb = verb
        self.resource = resource
        self.details_name = details_name
        self.details_kind = details_kind
        self.causes = causes
        self.retry_after_seconds = retry_after_seconds
        super().__init__(self._text())

    @property
    def safe_message(self) -> str:
        """The text that may be shown in conditions, Events and logs."""
        return str(self)

    def again(self) -> Self:
        """Return the same error for another request, which was not even sent."""
        error = type(self).__new__(type(self), *self.args)
        error.__dict__.update(self.__dict__)
        return error

    def _inspect(self, message: str) -> None:
        """Look at the server's text before it may be dropped."""

    def _text(self) -> str:
        parts = [
            f"{self.verb} {self.resource}".strip(),
            f"{self.status_code} {self.reason}".strip(),
        ]
        if self.message:
            parts.append(self.message)
        else:
            # An admission policy's has neither, only a text.
            told = (f"{each.field} ({each.reason})" for each in self.causes if any(each[:2]))
            parts.append(", ".join(told))
        return ": ".join(part for part in parts if part)


class BadRequest(ApiError):
    """400: the request makes no sense to the server."""


class Unauthorized(ApiError):
    """401: the credentials are missing, wrong or expired."""


class Forbidden(ApiError):
    """403: a right is missing, or an admission plug-in or webhook said no.

    ``by_authorizer`` tells the first, which a ClusterRole heals, from the second, where the
    content was refused. It follows the wording of the API server, which has no field for it.
    """

    by_authorizer = False

    def _inspect(self, message: str) -> None:
        self.by_authorizer = _AUTHORIZER.search(message) is not None


class NotFound(ApiError):
    """404: no such object, or no such type; ``is_type_missing`` tells which."""


class Conflict(ApiError):
    """409: the object has changed since it was read, or a precondition failed."""


class AlreadyExists(Conflict):
    """409 on a create: the name is taken."""


class Expired(ApiError):
    """410: the resource version or continue token is too old."""


class RequestEntityTooLarge(ApiError):
    """413: the object is larger than the server accepts."""


class Invalid(ApiError):
    """422: the content was refused; ``causes`` name the fields."""


class TooManyRequests(ApiError):
    """429: the server asks for less."""


class InternalError(ApiError):
    """500: a failure of the server or of something it calls."""


class ServiceUnavailable(ApiError):
    """503: the server, or the aggregated one behind it, is not there."""


class ServerTimeout(ApiError):
    """504, or reason ServerTimeout: the server gave up; a write may have been done."""


def retry_after_of(error: BaseException) -> float:
    """Return for how many seconds the server asked to be left alone, 0 if it did not."""
    wait = error.retry_after_seconds if isinstance(error, ApiError) else None
    return wait or 0.0


def is_type_missing(error: BaseException) -> bool:
    """Whether a 404 means "there is no such type" and says nothing about any object.

    The server names the object it did not find; for a path it does not serve it answers with
    plain text or with a Status without a name.
    """
    return isinstance(error, NotFound) and not (error.reason == "NotFound" and error.details_name)


def is_resource_version_too_large(error: BaseException) -> bool:
    """Whether the server has not yet seen the resourceVersion that was asked for."""
    return isinstance(error, ApiError) and any(
        cause.reason == "ResourceVersionTooLarge" for cause in error.causes
    )


_AUTHORIZER = re.compile(r' is forbidden: User "[^"]*" cannot [a-z]+ ')
_MAP_KEY = re.compile(r"\[(?!\d+\]).*\]?")
