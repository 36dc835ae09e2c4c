"""What a reflector asks next, and from which resource version: rules without I/O or clock.

They follow client-go's reflector, with these differences: the first list is consistent (no
resource version, so that a restart cannot travel back in time), every failure is answered by a
bounded wait, and WatchList is given up for good only when the server refuses its parameters.
"""

from enum import Enum
from typing import NamedTuple

from clusterimport.kube import errors as kube_errors
from clusterimport.model.meta import newest


class ListStep(Enum):
    """The three things a reflector does; the values are labels of metrics and logs."""

    WATCH_LIST = "watchlist"
    LIST = "list"
    WATCH = "watch"


class Plan(NamedTuple):
    """The next request."""

    step: ListStep
    resource_version: str
    """Empty for a list or WatchList means consistent and most recent."""
    paged: bool = True
    """Lists only: ask for pages."""


class Pause(Enum):
    """How long to wait before the next request; ``Retry-After`` comes on top of either."""

    NONE = "none"
    BACKOFF = "backoff"


class ListState:
    """Where a reflector stands. Ask ``next``, do it, report how it ended."""

    def __init__(self, *, watch_list: bool, doubtful_seconds: float) -> None:
        self._watch_list = watch_list
        self._doubtful_seconds = doubtful_seconds
        self._version = ""
        self._step = self._first_step()
        # Lists only: start without a version, because ours is unknown to the server.
        self._from_scratch = True
        self._paged = True
        # The WatchList before this list failed, so the coming watch may fail in the same way.
        self._watch_suspect = False
        self._expired_at: float | None = None
        self._doubtful_since: float | None = None

    @property
    def version(self) -> str:
        """The newest version that was listed or heard."""
        return self._version

    @property
    def watch_list(self) -> bool:
        """Whether WatchList is used; turned off by the server's refusal only."""
        return self._watch_list

    def next(self) -> Plan:
        """Return what to do now."""
        if self._step is ListStep.WATCH:
            return Plan(self._step, self._version)
        version = "" if self._from_scratch else self._version
        return Plan(self._step, version, paged=self._paged)

    def listed(self, version: str) -> Pause:
        """Go on from ``version``, as of which a list or WatchList is complete."""
        self._version = version
        self._from_scratch = False
        self._paged = True
        self._step = ListStep.WATCH
        pause = Pause.BACKOFF if self._watch_suspect else Pause.NONE
        self._watch_suspect = False
        return pause

    def heard(self, version: str) -> None:
        """Go on from ``version``, which an event or bookmark of a watch had."""
        self._version = newest(self._version, version)
        self.lasted()

    def lasted(self) -> None:
        """Believe in a watch that delivered something, or stayed open for a while."""
        self._doubtful_since = None

    def require_list(self, *, from_scratch: bool = False) -> None:
        """Somebody needs a list that begins now; between two lists there is nothing to do."""
        self._from_scratch = self._from_scratch or from_scratch
        if self._step is ListStep.WATCH:
            self._step = self._first_step()

    def went_back(self) -> None:
        """Believe a server whose state is older than ours: it was restored from a backup."""
        self._start_over(from_scratch=True)

    def ended_short(self) -> Pause:
        """List instead of a watch that the server closed at once, without any event.

        Where watches do not work, lists at the pace of the back-off still keep the view fresh.
        """
        self._start_over()
        return Pause.BACKOFF

    def gave_up(self) -> Pause:
        """List this time instead of a WatchList that did not come to its end mark."""
        self._step = ListStep.LIST
        self._watch_suspect = True
        return Pause.NONE

    def failed(self, step: ListStep, error: kube_errors.KubeError, now: float) -> Pause:
        """Decide what follows on the error that ended a step."""
        match step:
            case ListStep.WATCH_LIST:
                return self._watch_list_failed(error)
            case ListStep.LIST:
                return self._list_failed(error)
            case ListStep.WATCH:
                return self._watch_failed(error, now)

    def _watch_list_failed(self, error: kube_errors.KubeError) -> Pause:
        self._step = ListStep.LIST
        if refuses_watch_list(error):
            self._watch_list = False
            return Pause.NONE
        if _version_unknown(error):
            self._from_scratch = True
            return Pause.NONE
        self._watch_suspect = True
        # A list would be one more request to a server that asks for fewer.
        return Pause.BACKOFF if isinstance(error, kube_errors.TooManyRequests) else Pause.NONE

    def _list_failed(self, error: kube_errors.KubeError) -> Pause:
        if _version_unknown(error):
            # Either the version or a continue token; without both there is nothing to expire.
            if not self._from_scratch:
                self._from_scratch = True
                return Pause.NONE
            if self._paged and isinstance(error, kube_errors.Expired):
                self._paged = False
                return Pause.NONE
        self._paged = True
        self._step = self._first_step()
        return Pause.BACKOFF

    def _watch_failed(self, error: kube_errors.KubeError, now: float) -> Pause:
        if _version_unknown(error):
            # Once is normal after a long silence; twice is a server that takes no version.
            before, self._expired_at = self._expired_at, now
            self._start_over(from_scratch=not isinstance(error, kube_errors.Expired))
            again = before is not None and now - before < self._doubtful_seconds
            return Pause.BACKOFF if again else Pause.NONE
        if _says_nothing(error):
            return Pause.BACKOFF
        if _is_doubtful(error):
            since = self._doubtful_since
            self._doubtful_since = since = now if since is None else since
            if now - since < self._doubtful_seconds:
                return Pause.BACKOFF
        self._start_over()
        return Pause.BACKOFF

    def _start_over(self, *, from_scratch: bool = False) -> None:
        self._step = self._first_step()
        self._from_scratch = from_scratch
        self._doubtful_since = None

    def _first_step(self) -> ListStep:
        return ListStep.WATCH_LIST if self._watch_list else ListStep.LIST


def _says_nothing(error: kube_errors.KubeError) -> bool:
    # The server is unreachable, busy, or does not let us in. Our version may be good; listing
    # would cost the server more and tell us no more.
    if isinstance(error, kube_errors.StreamError):
        return False
    return isinstance(
        error,
        kube_errors.TransportError
        | kube_errors.TooManyRequests
        | kube_errors.ServiceUnavailable
        | kube_errors.ServerTimeout
        | kube_errors.Unauthorized
        | kube_errors.Forbidden,
    )


def _is_doubtful(error: kube_errors.KubeError) -> bool:
    # It may pass, or it may be what this server answers at this very version for ever.
    return isinstance(error, kube_errors.StreamError) or (
        isinstance(error, kube_errors.ApiError) and error.status_code >= 500
    )


_WATCH_LIST_PARAMETERS = ("sendInitialEvents", "resourceVersionMatch")


def refuses_watch_list(error: kube_errors.KubeError) -> bool:
    """Whether the server says that it does not know WatchList."""
    if not isinstance(error, kube_errors.Invalid):
        return False
    texts = [error.message, *(f"{cause.field} {cause.message}" for cause in error.causes)]
    return any(parameter in text for parameter in _WATCH_LIST_PARAMETERS for text in texts)


def _version_unknown(error: kube_errors.KubeError) -> bool:
    return isinstance(error, kube_errors.Expired) or kube_errors.is_resource_version_too_large(
        error
    )
