"""A workload that is killed at its k-th write, before or after it, or goes undisturbed.

The workload: fifty clusters come, ten rotate, three go, the policy is edited, all get new names,
and at last the policy only observes.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from development.controller import ControllerProcess, condition
from development.controlplane.rest import ApiFailure
from development.world import (
    CLUSTER_API,
    LEASE,
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import bulk, platforms
from tests.harness.proxy import FaultProxy, Match
from tests.harness.proxy.faults import Trap

CLUSTERS = 50
ROTATED, REMOVED = 10, 3
STEPS = Match.of("write", "pediaclusters pediaclusterlifecycles")
_UNSTEADY = {"rendered", "deletions", "sourceTypeUID", "references", "source"}
"""Fields of a status that have versions, uids or times."""
_PATIENCE_SECONDS = 300.0
"""How long it takes is no fact of these stories; a machine at a load of forty has needed 90."""

Object = dict[str, Any]


class Point(NamedTuple):
    """Which write, from one, and whether the server still does it."""

    number: int
    before: bool

    def __str__(self) -> str:
        return f"{'before' if self.before else 'after'} write {self.number}"


@dataclass
class Outcome:
    """Where a run has ended, and what it did to each object."""

    essence: dict[str, Object] = field(default_factory=dict)
    summary: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Verb, resource and name: how often it was done, without status."""
    writes: int = 0


class Workload:
    """Runs once on an empty world."""

    def __init__(self, world: World, proxy: FaultProxy) -> None:
        self._world = world
        self._proxy = proxy
        self._names = [f"c{number:02}" for number in range(CLUSTERS)]
        self._tokens = {name: f"token-of-{name}" for name in self._names}
        self._prefix = "p-"
        self._controller: ControllerProcess | None = None

    def run(self, point: Point | None = None) -> Outcome:
        """Go through all phases; killed at a point and started again, if one is given."""
        trap = None
        if point is not None:
            trap = Trap(point.number, before=point.before)
            self._proxy.set(trap, STEPS)
        self._world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
        objects = [
            each
            for name in self._names
            for each in (platforms.credentials(name), platforms.cluster(name))
        ]
        with bulk.standing(self._world, objects):
            self._start()
            for phase in self._phases():
                phase()
                self._settle(trap)
            return self._outcome()

    def _phases(self) -> Iterator[Callable[[], None]]:
        yield self._create
        yield self._rotate
        yield self._remove
        yield self._edit
        yield self._rename
        yield self._observe

    def _create(self) -> None:
        self._world.apply(platforms.secret_policy("p"))

    def _rotate(self) -> None:
        for name in self._names[:ROTATED]:
            self._tokens[name] = f"rotated-{name}"
            self._world.admin.apply(platforms.credentials(name, token=self._tokens[name]))

    def _remove(self) -> None:
        for name in self._names[-REMOVED:]:
            del self._tokens[name]
            self._world.admin.delete("v1", "ConfigMap", name, "default")

    def _edit(self) -> None:
        self._change_policy(updatePolicy="All")

    def _rename(self) -> None:
        self._prefix = "q-"
        self._change_policy(nameTemplate="q-{{ .source.metadata.name }}")

    def _observe(self) -> None:
        self._change_policy(mode="Observe")

    def _change_policy(self, **spec: Any) -> None:
        self._world.admin.patch(POLICY_API, POLICY, "p", {"spec": spec})

    def _start(self) -> None:
        self._controller = self._world.controller(through=self._proxy.url, ready=False)

    def _settle(self, trap: Trap | None) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_settled():
            assert self._controller is not None
            if trap is not None and trap.is_sprung.is_set() and self._controller.process:
                self._controller.kill()
                with contextlib.suppress(ApiFailure):
                    self._world.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)
                self._proxy.heal()
                self._start()
                trap = None
            assert time.monotonic() < deadline, self._controller.log()[-3000:]
            time.sleep(0.05)

    def _is_settled(self) -> bool:
        admin = self._world.admin
        wanted = {f"{self._prefix}{name}": encode(token) for name, token in self._tokens.items()}
        found = {
            obj["metadata"]["name"]: obj["spec"]["tokenData"]
            for obj in admin.list(CLUSTER_API, PEDIACLUSTER)
        }
        if found != wanted:
            return False
        lifecycles = list(admin.list(POLICY_API, LIFECYCLE))
        policy = self._world.policy("p")
        ready = condition(policy, "Ready")
        return (
            {obj["metadata"]["name"] for obj in lifecycles} == wanted.keys()
            and ready.get("observedGeneration") == policy["metadata"]["generation"]
            and condition(policy, "Reconciling").get("status") == "False"
            and policy["status"].get("imported") == len(wanted)
            and all(_is_told(obj, policy) for obj in lifecycles)
        )

    def _outcome(self) -> Outcome:
        steps = [
            each
            for each in self._proxy.history.exchanges
            if STEPS.takes(each.request) and each.is_done
        ]
        summary = Counter(
            (each.request.verb, each.request.resource, each.request.name)
            for each in steps
            if not each.request.subresource
        )
        return Outcome(everything(self._world), summary, len(steps))


def everything(world: World) -> dict[str, Object]:
    """Return what two runs have in common: of all objects, without uids, versions and times."""
    kinds = ((POLICY_API, POLICY), (POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
    return {
        f"{kind} {obj['metadata']['name']}": _essence(obj)
        for api_version, kind in kinds
        for obj in world.admin.list(api_version, kind)
    }


def _essence(obj: Object) -> Object:
    meta, status = obj["metadata"], obj.get("status") or {}
    return {
        "owners": [(owner["kind"], owner["name"]) for owner in meta.get("ownerReferences") or ()],
        "labels": meta.get("labels"),
        "annotations": meta.get("annotations"),
        "spec": obj.get("spec"),
        "status": {key: value for key, value in status.items() if key not in _UNSTEADY}
        | {
            "conditions": {
                each["type"]: (each["status"], each["reason"])
                for each in status.get("conditions") or ()
            }
        },
    }


def _is_told(lifecycle: Object, policy: Object) -> bool:
    told = {each["type"] for each in (lifecycle.get("status") or {}).get("conditions") or ()}
    is_observing = (policy["spec"].get("mode") or "Import") == "Observe"
    return "Ready" in told and ("Observed" in told) == is_observing
