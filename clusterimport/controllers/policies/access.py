"""What stands between a policy and the objects it reads: rights, selectors, servers that fail.

A failure is told once it has lasted a minute: servers restart, and watches break, all the time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.shared.permissions import Read, role_hint
from clusterimport.errors import ClusterImportError
from clusterimport.informers import InformerCrashed, SharedInformer
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.limits.messages import UNREADABLE_SECONDS
from clusterimport.model.gvr import GroupVersionResource


@dataclass(frozen=True, slots=True)
class PolicyAccess:
    """How a policy gets at its sources and references; texts are empty where all is well."""

    refused_selector: str = ""
    """The server calls the list with the policy's own selectors a bad request."""
    missing_rights: str = ""
    """Everything that may not be listed, with the roles to apply."""
    unreadable: str = ""
    """What could not be read for a minute, with cause and remedy."""
    concerns_sources: bool = False
    """Whether it is the sources that cannot be had, and not only what they refer to."""
    told_in_seconds: float | None = None
    """When a failure that is too young to be told will be old enough."""

    @property
    def problem(self) -> str:
        """All of it."""
        told = (self.refused_selector, self.missing_rights, self.unreadable)
        return " ".join(filter(None, told))


NOTHING_READ: Final = PolicyAccess()


class _Failure(NamedTuple):
    informer: SharedInformer
    error: ClusterImportError
    since: float
    key: str
    """The reference's, empty for the sources."""


def access_of(active: ActivePolicy | None, now: float) -> PolicyAccess:
    """Look at the informers of a policy; ``now`` is monotonic, in seconds."""
    if active is None:
        return NOTHING_READ
    forbidden, refused, failing, young = [], [], [], []
    for failure in _failures(active, now):
        if isinstance(failure.error, errors.Forbidden):
            forbidden.append(failure)
        elif isinstance(failure.error, errors.BadRequest) and _is_selected(failure):
            refused.append(failure)
        elif _seconds_left(failure, now) <= 0:
            failing.append(failure)
        else:
            young.append(failure)
    told = (*refused, *forbidden, *failing)
    return PolicyAccess(
        refused_selector=_refusal(refused[0]) if refused else "",
        missing_rights=_missing(forbidden) if forbidden else "",
        unreadable=_unreadable(failing) if failing else "",
        concerns_sources=any(not failure.key for failure in told),
        told_in_seconds=min((_seconds_left(failure, now) for failure in young), default=None),
    )


def _failures(active: ActivePolicy, now: float) -> Iterator[_Failure]:
    """Yield what fails, each informer once."""
    subscription = active.subscription
    seen: set[int] = set()
    found = [("", subscription.sources)]
    found += [(key, each) for key, caches in subscription.references.items() for each in caches]
    for key, informer in found:
        status = informer.status
        if status.error is not None and id(informer) not in seen:
            seen.add(id(informer))
            since = now if status.error_since is None else status.error_since
            yield _Failure(informer, status.error, since, key)


def _seconds_left(failure: _Failure, now: float) -> float:
    """Return for how many seconds a failure is not told yet; a bug is told at once."""
    if isinstance(failure.error, InformerCrashed):
        return 0.0
    return failure.since + UNREADABLE_SECONDS - now


def _is_selected(failure: _Failure) -> bool:
    """Whether it is the policy's own selectors that the server can have refused."""
    return not failure.key or bool(failure.informer.spec.label_selector)


def _refusal(failure: _Failure) -> str:
    spec = failure.informer.spec
    which = (
        f"labelSelector of spec.references[{failure.key}] ({spec.label_selector})"
        if failure.key
        else "policy's labelSelector or fieldSelector"
    )
    return f"the server refuses to list {spec.gvr.group_resource} with the {which}: {failure.error}"


def _missing(failures: Sequence[_Failure]) -> str:
    specs = [failure.informer.spec for failure in failures]
    types = ", ".join(dict.fromkeys(_type(failure) for failure in failures))
    reads = (Read(spec.gvr.group_resource, spec.namespace) for spec in specs)
    return (
        f"listing {types} is forbidden, so nothing of it is changed or deleted. {role_hint(*reads)}"
    )


def _unreadable(failures: Sequence[_Failure]) -> str:
    told = " ".join(
        f"{_name(failure)} cannot be read: {failure.error}. {_advice(failure)}."
        for failure in failures
    )
    return (
        f"{told} It is tried again by itself; nothing is deleted meanwhile, and what is counted is "
        "what was known before"
    )


def _type(failure: _Failure) -> str:
    spec = failure.informer.spec
    where = f" in namespace {spec.namespace}" if spec.namespace else ""
    return f"{spec.gvr.group_resource}{where}"


def _name(failure: _Failure) -> str:
    reference = f" (reference {failure.key})" if failure.key else ""
    return f"{_type(failure)}{reference}"


def _advice(failure: _Failure) -> str:
    """Say where the cause is to be looked for."""
    error, gvr = failure.error, failure.informer.spec.gvr
    match error:
        case InformerCrashed():
            return "Report it with the line `informer crashed` of the log"
        case errors.InternalError() if "conversion" in error.message:
            return (
                "Mend the conversion webhook of the type, or its certificate: `kubectl describe "
                f"customresourcedefinition {gvr.group_resource}`"
            )
        case errors.InternalError() | errors.ServiceUnavailable() | errors.ServerTimeout():
            return f"Look at what serves the type, {_server(gvr)}"
        case errors.Unauthorized():
            return "The API server does not accept the controller's own credentials"
        case errors.NotFound():
            return f"The API server does not serve the type under this name: {_server(gvr)}"
        case errors.TransportError():
            return "Look at the API server, and at the network between it and the controller"
        case _:
            return f"Look at what serves the type, {_server(gvr)}, and at the controller's log"


def _server(gvr: GroupVersionResource) -> str:
    if not gvr.group:
        return "the API server itself"
    return f"`kubectl describe apiservice {gvr.version}.{gvr.group}`"


FOUND_SECONDS: Final = 3600.0
"""How long one that is there is not asked for again: what goes with it shows by itself."""
MISSING_SECONDS: Final = 30.0
"""When one that is not there is asked for again, since no event tells of it."""
UNKNOWN_SECONDS: Final = 300.0
"""The same where it cannot be told, as for want of the right."""


class _Known(NamedTuple):
    is_missing: bool
    until: float


class NamespaceLooks:
    """What is known of namespaces; owned by the policy reconciler."""

    def __init__(self, client: ResourceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def missing(self, names: Iterable[str]) -> frozenset[str]:
        """Return those that certainly do not exist; never raises."""
        now = self._clock.monotonic()
        self._known = {name: known for name, known in self._known.items() if now < known.until}
        return frozenset([name for name in sorted(set(names)) if await self._is_missing(name)])

    async def _is_missing(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = await self._look(name)
            self._known[name] = known
        return known.is_missing

    async def _look(self, name: str) -> _Known:
        is_missing, seconds = False, FOUND_SECONDS
        try:
            await self._client.get(name, metadata_only=True)
        except errors.KubeError as error:
            is_missing = isinstance(error, errors.NotFound) and not errors.is_type_missing(error)
            seconds = MISSING_SECONDS if is_missing else UNKNOWN_SECONDS
        return _Known(is_missing, self._clock.monotonic() + seconds)
