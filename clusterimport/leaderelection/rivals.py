"""Controllers that work on the same objects without competing for our lease.

PediaClusters are cluster-scoped, leases are not: an installation of Clusterpedia in another
namespace, as its Helm chart makes one, has a lease of the same name there. Both would lead, and
write each other's objects for ever. So the leases of that name are looked at in all namespaces, and
the Deployments of the name that Clusterpedia's has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import structlog

from clusterimport.aio import Clock
from clusterimport.kube import errors
from clusterimport.kube.decoding import OpenedObject, open_object
from clusterimport.kube.resources import ListOptions, ResourceClient
from clusterimport.leaderelection.record import LeaderRecord, Observation
from clusterimport.limits.leases import IDENTITY_CHARACTERS, RIVAL_LEASE_SECONDS
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model.meta import ObjectKey

log = structlog.get_logger(__name__)

NAME: Final = "clusterpedia-controller-manager"
"""Of Clusterpedia's lease, wherever it is installed, and of its Deployment, unless its chart was
given another name."""
DEFAULT_LEASE_SECONDS: Final = 15.0
"""For how long a lease that does not say so is believed to be held: client-go's default."""


class Rival(NamedTuple):
    """Somebody who works, or may be working, under another lease."""

    what: str
    """How it was recognised, for a person."""
    lease: ObjectKey | None
    """What it competes for with others; None: for nothing."""
    is_certain: bool
    """False: a lease that names a holder, and has not been seen to be renewed yet."""


class Rivals:
    """What the last look has shown. A lease that is not renewed for its duration is none."""

    def __init__(
        self, leases: ResourceClient, deployments: ResourceClient, *, own: ObjectKey, clock: Clock
    ) -> None:
        self._clients = (leases, deployments)
        self._own = own
        self._clock = clock
        # By namespace; those that are gone have been forgotten.
        self._leases: dict[str, _ForeignLease] = {}
        self._deployments: list[Rival] = []
        self._has_looked = False
        # Resources that we may not list; said once.
        self._forbidden: set[str] = set()

    def present(self) -> tuple[Rival, ...]:
        """Return those that were found, the certain ones first."""
        found = [
            Rival(
                f"lease {namespace}/{NAME}, held by {lease.holder}",
                ObjectKey(namespace, NAME),
                lease.is_renewed,
            )
            for namespace, lease in self._leases.items()
            if lease.observation.seconds_until_free() > 0
        ]
        return tuple(sorted((*self._deployments, *found), key=lambda each: not each.is_certain))

    def seconds_until_free(self) -> float:
        """Seconds after which a lease that is not renewed is no obstacle any more; 0: none is."""
        return min(
            (
                seconds
                for lease in self._leases.values()
                if (seconds := lease.observation.seconds_until_free()) > 0
            ),
            default=0.0,
        )

    async def look(self) -> None:
        """Read leases and Deployments; raises KubeError, and what was found before stays.

        What may not be listed, or is no type of this API server, counts as absent.
        """
        leases, deployments = self._clients
        self._see_leases(await self._list(leases))
        self._deployments = [
            rival
            for obj in await self._list(deployments)
            if (rival := _running(obj, self._own)) is not None
        ]
        self._has_looked = True

    def _see_leases(self, found: list[Mapping[str, Any]]) -> None:
        records = {
            obj["metadata"].get("namespace", ""): LeaderRecord.from_spec(obj.get("spec") or {})
            for obj in found
        }
        if self._own.name == NAME:
            records.pop(self._own.namespace, None)
        for namespace, record in records.items():
            lease = self._leases.get(namespace)
            if lease is None:
                # One that has come since the last look was made by somebody who works.
                lease = _ForeignLease(self._clock, is_renewed=self._has_looked)
                self._leases[namespace] = lease
            lease.see(record)
        for namespace in self._leases.keys() - records.keys():
            # Deleted by hand it would be made again at once; held as long as it was, to be sure.
            self._leases[namespace].see(None)
            if self._leases[namespace].observation.seconds_until_free() <= 0:
                del self._leases[namespace]

    async def _list(self, client: ResourceClient) -> list[Mapping[str, Any]]:
        try:
            # From the API server's own cache: this is asked for ever, and looks at all leases.
            page = await client.list(
                ListOptions(field_selector=f"metadata.name={NAME}", resource_version="0")
            )
        except errors.Forbidden:
            self._tell_forbidden(str(client.gvr.group_resource))
            return []
        except errors.NotFound as error:
            if errors.is_type_missing(error):
                return []
            raise
        opened = (open_object(item, SOURCE_BOUNDS) for item in page.items)
        return [each.content for each in opened if isinstance(each, OpenedObject)]

    def _tell_forbidden(self, resource: str) -> None:
        if resource not in self._forbidden:
            self._forbidden.add(resource)
            log.warning(
                "cannot see whether another controller works in another namespace",
                missing=f"the right to list {resource} of the name {NAME} in all namespaces",
            )


def _printable(text: str) -> str:
    """Return somebody's text as it may stand in a line, cut to a usual length."""
    cut = text[:IDENTITY_CHARACTERS]
    return "".join(character if character.isprintable() else " " for character in cut)


class _ForeignLease:
    def __init__(self, clock: Clock, *, is_renewed: bool) -> None:
        # Under no identity that anybody has: whoever holds it is somebody else.
        self.observation = Observation(
            "(nobody)", lease_duration_seconds=DEFAULT_LEASE_SECONDS, clock=clock
        )
        self.is_renewed = is_renewed
        self.holder = ""

    def see(self, record: LeaderRecord | None) -> None:
        before = self.observation.record
        if record is not None:
            # Else one write would keep us from working for as long as it says.
            most = min(record.lease_duration_seconds, RIVAL_LEASE_SECONDS)
            record = replace(record, lease_duration_seconds=most)
            self.holder = _printable(record.holder_identity)
        has_changed = self.observation.see(record)
        if has_changed and before is not None and record is not None:
            self.is_renewed = True


def _running(deployment: Mapping[str, Any], own: ObjectKey) -> Rival | None:
    """Return a Deployment that has Pods which work under another lease than ours."""
    if not (deployment.get("status") or {}).get("availableReplicas"):
        return None
    namespace = deployment["metadata"].get("namespace", "")
    template = (deployment.get("spec") or {}).get("template") or {}
    flags = dict(_flags(template.get("spec") or {}))
    lease = ObjectKey(
        flags.get("--leader-elect-resource-namespace") or namespace,
        flags.get("--leader-elect-resource-name") or NAME,
    )
    competes = flags.get("--leader-elect") != "false"
    if competes and lease == own:
        return None
    what = f"Deployment {namespace}/{NAME}, whose Pods are available"
    return Rival(what, lease if competes else None, is_certain=True)


def _flags(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the flags of all containers, which stand as ``--name=value`` or as two words."""
    for container in pod.get("containers") or []:
        words = [*(container.get("command") or []), *(container.get("args") or [])]
        for word, following in zip(words, [*words[1:], ""], strict=True):
            flag, is_joined, value = word.partition("=")
            yield flag, value if is_joined else following
