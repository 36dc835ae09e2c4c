"""A leadership term in a test's hands: a server in memory, caches that see when they are told to.

rig = ImportRig()
rig.activate()                       # the policy ``mcp`` is in force
rig.put(CLUSTERS, source_body())     # on the server
rig.see()                            # and in the caches
await SourceReconciler(rig.context).reconcile(SourceKey("mcp", ONE))
"""

import copy
import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from clusterimport.aio import SystemClock
from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.references import ReferenceIndex
from clusterimport.controllers.inforce.schema import SchemaReader, ServedSchemas
from clusterimport.controllers.inforce.state import ActivePolicy, Blocker, PolicyState
from clusterimport.controllers.inforce.subscriptions import (
    Subscription,
    SubscriptionSpec,
    reference_spec,
)
from clusterimport.controllers.inforce.tracker import _Selector
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.queues import Queues
from clusterimport.controllers.shared.blocks import Blocks
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import EventRecorder
from clusterimport.controllers.shared.health import UNWATCHED
from clusterimport.controllers.shared.newest import Newest
from clusterimport.controllers.shared.rendered import RenderedRecords
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import compile_policy
from clusterimport.engine.rules import ImportRules
from clusterimport.informers import InformerSpec, Keep
from clusterimport.kube.resources import ResourceClient
from clusterimport.model import meta
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    EVENTS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
    GroupVersionResource,
    crd_name,
)
from clusterimport.model.meta import Object, ObjectKey
from clusterimport.model.pediacluster import Digest
from clusterimport.model.policy import parse_policy
from clusterimport.model.tenant import NOBODY, Tenant, tenant_of, tenant_of_source
from clusterimport.workqueue import Empty, RateLimitingQueue, Sharing, rate_limiting_queue
from development.apiserver.objectstore import ObjectStore
from tests.fakes.aio.manualclock import START
from tests.fakes.controllers.health import CountingHealthMetrics
from tests.fakes.controllers.importmetrics import CountingImportMetrics, RigMetrics
from tests.fakes.controllers.importobjects import CLUSTERS, policy_body
from tests.fakes.informers.handinformers import HandInformer, HandInformers
from tests.fakes.kube.memoryrest import MemoryRest
from tests.fakes.kube.received import key_of
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

K = TypeVar("K", bound=Hashable)

DIGEST = Digest(b"k" * 32)
KEEPS_ALL: Object = {"x-kubernetes-preserve-unknown-fields": True}
ONE = ObjectKey("team", "one")

QUEUES = tuple(queue.name for queue in dataclasses.fields(Queues))
_MANY_WORKERS = 1_000_000


class LoopClock(SystemClock):
    """The loop's time, virtual or not, with a wall that goes with it from a fixed start."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())


class KnownStates:
    """Implements ``PolicyStates``; knows what a test says."""

    def __init__(self) -> None:
        self._states: dict[str, PolicyState] = {}
        self.type_uids: dict[str, str] = {}
        self.is_followed = False
        """Whether a look at all sources is outstanding after a change, as it really is."""
        self._renewals: Counter[str] = Counter()

    def get(self, name: str) -> PolicyState | None:
        return self._states.get(name)

    def names(self) -> Iterator[str]:
        return iter(tuple(self._states))

    def set(self, state: PolicyState) -> None:
        self._states[state.name] = state

    def drop(self, name: str) -> None:
        self._states.pop(name, None)

    def renew(self, name: str) -> None:
        """Have another look at all sources of a policy find something else."""
        self._renewals[name] += 1

    def revision(self, name: str) -> tuple[object, ...]:
        state = self._states.get(name)
        if not self.is_followed or state is None:
            return ()
        subscription = state.active.subscription if state.active else None
        seen = (id(subscription), subscription.revision) if subscription else ()
        return (self._renewals[name], state.blocker, *seen)

    def type_uid(self, gvr: GroupVersionResource) -> str:
        return self.type_uids.get(crd_name(gvr), "")


class ImportRig:
    """The parts of a term, each reachable; make it on a running loop."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.random = Random(7)
        self.store = ObjectStore()
        for gvr, kind, namespaced in _TYPES:
            self.store.serve(gvr, kind, namespaced=namespaced)
        self.rest = MemoryRest(self.store)
        self.informers = HandInformers()
        self.caches = Caches(self.informers, DIGEST)
        self.tracker = KnownStates()
        self.programs = ProgramCache()
        self.metrics = CountingImportMetrics()
        self.health_metrics = CountingHealthMetrics()
        self.limit_metrics = CountingLimitMetrics()
        self.counters = RigMetrics(self.metrics, self.health_metrics, self.limit_metrics)
        self.blocks = Blocks()
        self.schemas = SchemaReader(ResourceClient(self.rest, CUSTOM_RESOURCE_DEFINITIONS))
        self.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL)
        self.hearing = Queues(*(self._queue() for _ in QUEUES))
        """The keys of what subscriptions hear, apart from those that reconcilers make."""
        self.queues = dataclasses.replace(
            Queues(*(self._queue() for _ in QUEUES)),
            sources=self._queue(lambda key: tenant_of_source(key.policy, key.source.namespace)),
            lifecycles=self._queue(
                lambda name: tenant_of(self.caches.lifecycles.get(ObjectKey("", name)))
            ),
        )
        self.newest = Newest(self.caches, self.clock)
        self.references = ReferenceIndex()
        self.latency = ImportLatency(self.clock, self.metrics)
        self.hearing_latency = ImportLatency(self.clock, self.metrics)
        self.hub = Hub.of(self.rest, self.informers, self.clock)
        self.context = TermContext.over(
            self.rest,
            hub=self.hub,
            queues=self.queues,
            caches=self.caches,
            newest=self.newest,
            tracker=self.tracker,
            schemas=self.schemas,
            references=self.references,
            latency=self.latency,
            unknown=lambda _: UNWATCHED,
            rendered=RenderedRecords(ImportRules(), believes=True),
            instance="me",
            clock=self.clock,
            random=self.random,
            metrics=self.counters,
        )

    @property
    def events(self) -> EventRecorder:
        """What is told of the present term."""
        return self.context.events

    def put(self, gvr: GroupVersionResource, body: Object, **metadata: Any) -> dict[str, Any]:
        """Create or replace an object on the server, with further metadata as given."""
        wanted = copy.deepcopy(dict(body))
        wanted["metadata"] = {**wanted["metadata"], **metadata}
        key = key_of(wanted)
        known = self.store.types[gvr].objects.get((key.namespace, key.name))
        stored = known or self.store.create(gvr, key.namespace, wanted)
        self.store.version += 1
        stored = copy.deepcopy(stored)
        stored["metadata"] |= {**metadata, "resourceVersion": str(self.store.version)}
        stored |= {name: part for name, part in wanted.items() if name != "metadata"}
        if known and known.get("spec") != stored.get("spec"):
            stored["metadata"]["generation"] += 1
        self.store.types[gvr].objects[key.namespace, key.name] = stored
        return stored

    def get(
        self, gvr: GroupVersionResource, name: str, namespace: str = ""
    ) -> dict[str, Any] | None:
        """Return an object as the server has it."""
        return self.store.types[gvr].objects.get((namespace, name))

    def drop(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> None:
        """Let an object be gone from the server."""
        del self.store.types[gvr].objects[namespace, name]

    def see(self, *types: GroupVersionResource, initial: bool = False) -> None:
        """Let the caches, or those of some types, catch up with the server."""
        self.informers.see(self.store, *types, initial=initial)

    def activate(self, name: str = "mcp", *, see: bool = True, **spec: Any) -> ActivePolicy:
        """Put a policy in force, as the tracker would."""
        obj = self.put(POLICIES, policy_body(name, **spec))
        record = parse_policy(obj)
        compiled = compile_policy(record, self.programs)
        source = GroupVersionResource(record.source.group, "v1", record.source.resource)
        references = {
            each.key: GroupVersionResource(each.group, "v1", each.resource)
            for each in record.references
        }
        caches = tuple(
            (key, (reference_spec(gvr, record.label_selector(key)),))
            for key, gvr in references.items()
        )
        cache = InformerSpec(
            source,
            label_selector=record.source.label_selector,
            field_selector=record.source.field_selector,
            keep=Keep.COMPACT,
        )
        subscription = Subscription(
            name,
            SubscriptionSpec(cache, record.source.selector_template, caches),
            _Selector(compiled),
            informers=self.informers,
            caches=self.caches,
            queues=self.hearing,
            references=self.references,
            latency=self.hearing_latency,
        )
        subscription.compiled = compiled
        active = ActivePolicy(record, compiled, source, True, references, subscription)
        self.tracker.set(PolicyState(name, record.uid, record.generation, None, active))
        if see:
            self.see()
        return active

    def schemas_changed(self) -> None:
        """Let the CRDs of what is written be others."""
        self.schemas.current = dataclasses.replace(self.schemas.current)

    def block(self, blocker: Blocker | None, name: str = "mcp", **changes: Any) -> PolicyState:
        """Give a known policy another verdict."""
        before = self.tracker.get(name)
        assert before is not None
        state = dataclasses.replace(before, blocker=blocker, **changes)
        self.tracker.set(state)
        return state

    def sources(self) -> HandInformer:
        """Return the cache of the sources."""
        return self.informers.of(CLUSTERS)

    def propose(self, obj: Object, policy: str = "mcp") -> None:
        """Make an object a candidate for deletion."""
        candidate = Candidate.of(obj, self.newest.pediacluster(meta.name_of(obj)))
        if not policy:
            candidate = candidate._replace(tenant=NOBODY)
        self.context.candidates.propose(policy, candidate)

    def told(self) -> list[dict[str, Any]]:
        """Return the Events that wait to be written."""
        backlog = self.events._backlog
        return [backlog.take().event for _ in range(len(backlog))]

    def _queue(self, group: Callable[[Any], Tenant] = lambda _: NOBODY) -> RateLimitingQueue[Any]:
        sharing = Sharing(group, _MANY_WORKERS)
        return rate_limiting_queue("test", clock=self.clock, random=self.random, sharing=sharing)


def taken(queues: Queues) -> dict[str, list[Any]]:
    """Return all keys that are due, by queue."""
    found = {name: sorted(drain(getattr(queues, name))) for name in QUEUES}
    return {name: keys for name, keys in found.items() if keys}


def drain(queue: RateLimitingQueue[K]) -> list[K]:
    """Take everything that is due from a queue."""
    found: list[K] = []
    while True:
        try:
            key = queue.get_nowait()
        except Empty:
            return found
        queue.done(key)
        found.append(key)


def condition(obj: Object | None, kind: str) -> dict[str, Any]:
    """Return a condition of an object, empty if it has none of that type."""
    assert obj is not None
    found = (obj.get("status") or {}).get("conditions") or ()
    return next((dict(each) for each in found if each["type"] == kind), {})


_TYPES = (
    (POLICIES, "ClusterImportPolicy", False),
    (LIFECYCLES, "PediaClusterLifecycle", False),
    (PEDIACLUSTERS, "PediaCluster", False),
    (CLUSTERS, "Cluster", True),
    (SECRETS, "Secret", True),
    (CUSTOM_RESOURCE_DEFINITIONS, "CustomResourceDefinition", False),
    (API_SERVICES, "APIService", False),
    (EVENTS, "Event", True),
)
