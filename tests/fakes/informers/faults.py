"""What a pretended API server does instead of answering."""

from collections.abc import Sequence
from dataclasses import dataclass

from clusterimport.kube import errors
from clusterimport.kube.watch import WatchEvent


class Silence:
    """As a fault: the request is taken and never answered; a list fails by its time-out."""


@dataclass
class Script:
    """As a fault of a watch: exactly these events, then an end, an error or silence."""

    events: Sequence[WatchEvent] = ()
    then: errors.KubeError | Silence | None = None
    after_seconds: float = 0.0


def expired() -> errors.Expired:
    return errors.Expired(410, "Expired", "too old resource version", verb="watch")


def too_large(version: int) -> errors.ServerTimeout:
    cause = errors.Cause("", "ResourceVersionTooLarge", "Too large resource version")
    message = f"Too large resource version, current: {version}"
    return errors.ServerTimeout(504, "Timeout", message, causes=(cause,))


def watch_list_unknown() -> errors.Invalid:
    cause = errors.Cause("sendInitialEvents", "FieldValueForbidden", "forbidden for watch")
    return errors.Invalid(422, "Invalid", "is invalid", verb="watch", causes=(cause,))


def refused() -> errors.TransportError:
    return errors.TransportError("connection refused", reason="ConnectionRefused")
