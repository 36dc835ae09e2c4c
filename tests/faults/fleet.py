"""Fifty-six sources in every state that a source can be in, and what should come of them.

Each value that changes ends with a number that only rises, so that a write shows how new it is.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from development.world import CLUSTER_API, PEDIACLUSTER, World, encode
from tests.faults.judge.record import Connection, Source
from tests.harness import platforms
from tests.harness.steadyserver import SteadyServer

POLICY_NAME = "p"
NAMESPACE = "default"
IMPORTED = tuple(f"imported-{number:02}" for number in range(32))
UNREACHABLE = tuple(f"unreachable-{number}" for number in range(4))
WAITING = tuple(f"waiting-{number}" for number in range(6))
MISSING = tuple(f"missing-{number}" for number in range(4))
REJECTED = tuple(f"rejected-{number}" for number in range(4))
CONFLICTING = tuple(f"conflicting-{number}" for number in range(4))
UNSELECTED = tuple(f"unselected-{number}" for number in range(2))
SELECTED = IMPORTED + UNREACHABLE + WAITING + MISSING + REJECTED + CONFLICTING
READY = '{{ ne .source.data.ready "no" }}'
_THREADS = 8
_ADDRESS = "https://192.0.2.9:6443"

Object = dict[str, Any]


class SourceType(NamedTuple):
    """What the sources are; all have ``data``, as ConfigMaps do."""

    api_version: str = "v1"
    kind: str = "ConfigMap"
    group: str = ""
    resource: str = "configmaps"


class Fleet:
    """The sources on a server; a test changes them by these methods, and asks what should be."""

    def __init__(self, world: World, server: SteadyServer, closed: str) -> None:
        """Take where imported clusters are, and the address of a port on which nobody listens."""
        self.type = SourceType()
        """A case may set another one, before anything is made."""
        access = server.access("any")
        self.members: Sequence[str] = (*SELECTED, *UNSELECTED)
        """All that there are; a case may leave some out, before anything is made."""
        self._world = world
        self._url = access.url
        self._ca = access.ca_pem
        self._closed = closed
        # Asked by several threads: what counts must not be lost between two of them.
        self._numbers = itertools.count(1)
        self._made: set[str] = set()
        self.secrets: set[str] = set()
        """Every token there was, as it stands in a Secret and as it is."""

    def install(self, **spec: Any) -> None:
        """Make all of it, the policy last."""
        world = self._world
        rule = {"apiGroups": [self.type.group], "resources": [self.type.resource]}
        world.grant("fleet", {**rule, "verbs": platforms.READ}, platforms.SECRETS_RULE)
        objects = [self.cluster(name) for name in self.members]
        objects += [self.credentials(name) for name in self.members if name not in MISSING]
        objects += [_by_hand(name) for name in sorted(self.foreign())]
        self._each(world.apply, objects)
        source = {
            "group": self.type.group,
            "resource": self.type.resource,
            "selectorTemplate": platforms.SELECT_IMPORTED,
        }
        made = {"source": source, "creationCondition": READY, **spec}
        world.apply(platforms.secret_policy(POLICY_NAME, **made))

    def cluster(self, name: str) -> Object:
        """Return a source of its state, with an address that is newer than every other one."""
        self._made.add(name)
        url = self._url
        if name in UNREACHABLE:
            url = self._closed
        elif name in REJECTED:
            url = "http://192.0.2.1"
        source = platforms.cluster(
            name,
            labels={"import": "no" if name in UNSELECTED else "yes"},
            server=f"{url}/{self._next():06}",
            ready="no" if name in WAITING else "yes",
            token="",
            ca="",
        )
        return {**source, "apiVersion": self.type.api_version, "kind": self.type.kind}

    def credentials(self, name: str) -> Object:
        """Return its Secret, with a token that is newer than every other one."""
        token = f"token-of-{name}-{self._next():06}"
        self.secrets |= {token, encode(token)}
        return platforms.credentials(name, ca=self._ca, token=token)

    def rotate(self, *names: str) -> None:
        """Give these another token."""
        self._each(self._world.apply, [self.credentials(name) for name in names])

    def readdress(self, *names: str) -> None:
        """Give these another address."""
        self._each(self._world.apply, [self.cluster(name) for name in names])

    def remove(self, *names: str) -> None:
        """Delete these sources."""
        self._each(self._world.delete, [self.cluster(name) for name in names])

    def deselect(self, *names: str) -> None:
        """Take the label off that the selector looks at."""
        patch = {"metadata": {"labels": {"import": None}}}
        for name in names:
            self._world.admin.patch(
                self.type.api_version, self.type.kind, name, patch, namespace=NAMESPACE
            )

    # -- what should be ---------------------------------------------------------------------

    def wanted(self, was: Mapping[str, Connection] | None = None) -> dict[str, Connection]:
        """Return what each PediaCluster should be, from what stands on the server now.

        ``was``: those that stood already are kept, as they were, while a reference is missing.
        """
        secrets = {
            obj["metadata"]["name"]: obj["data"]
            for obj in self._world.admin.list("v1", "Secret", NAMESPACE)
        }
        wanted = {}
        for source in self._sources():
            name = source["metadata"]["name"]
            data, secret = source["data"], secrets.get(name)
            if name in REJECTED or name in CONFLICTING or data["ready"] == "no":
                continue
            key = f"{POLICY_NAME}-{name}"
            if secret is not None:
                wanted[key] = Connection(data["server"], secret["token"])
            elif was and key in was:
                wanted[key] = was[key]
        return wanted

    def refused(self) -> dict[str, frozenset[str]]:
        """Return which imports should not be, each with the reasons that may be told."""
        return self._told({"CredentialRejected": REJECTED, "NameConflict": CONFLICTING})

    def waiting(self) -> dict[str, frozenset[str]]:
        """Return which imports lack something, each with the reasons that may be told."""
        return self._told({"WaitCreationCondition": WAITING, "ReferenceResourceNotFound": MISSING})

    def _told(self, reasons: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
        standing = {source["metadata"]["name"] for source in self._sources()}
        return {
            f"{POLICY_NAME}-{name}": frozenset({reason})
            for reason, names in reasons.items()
            for name in names
            if name in standing
        }

    def sources(self) -> dict[str, Source]:
        """Return what each PediaCluster is made of, also of sources that are gone."""
        return {
            f"{POLICY_NAME}-{name}": Source(self.type.resource, NAMESPACE, name, POLICY_NAME)
            for name in self._made
        }

    def foreign(self) -> frozenset[str]:
        """Return the names of PediaClusters that a person made."""
        return frozenset(f"{POLICY_NAME}-{name}" for name in self.members if name in CONFLICTING)

    def _sources(self) -> Iterator[Object]:
        for source in self._world.admin.list(self.type.api_version, self.type.kind, NAMESPACE):
            if (source["metadata"].get("labels") or {}).get("import") == "yes":
                yield source

    def _next(self) -> int:
        return next(self._numbers)

    @staticmethod
    def _each(do: Any, objects: list[Object]) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(do, objects))


def _by_hand(name: str) -> Object:
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name},
        "spec": {"apiserver": _ADDRESS, "syncResources": []},
    }
