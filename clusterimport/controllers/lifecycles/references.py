"""Finding the objects that a lifecycle refers to, and knowing whom their changes concern.

Of references only names and versions are watched; their content is read when it is needed, and
decoded for each evaluation. It is kept no longer than the look, but for a few seconds where several
lifecycles refer to it. A reference that the cache does not have costs no request.

Those that the policy selects by labels are in the cache as they are, and are not read, but where
something newer was read before, or everything is to be read once more.
"""

from collections.abc import Mapping
from typing import Any

from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.references import ReferencedObject, ReferenceIndex
from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.lifecycles.reading import Readable, SharedReads
from clusterimport.controllers.lifecycles.unlabelled import Unlabelled
from clusterimport.controllers.lifecycles.verdict import Held, NotYet, waiting
from clusterimport.controllers.shared.permissions import MISSING_PERMISSION, Read, role_hint
from clusterimport.controllers.shared.rendered import SeenState
from clusterimport.engine.lifecycle import CompiledLifecycle, ReferenceTarget
from clusterimport.engine.references import called
from clusterimport.informers import SharedInformer
from clusterimport.kube import errors
from clusterimport.kube.decoding import open_object
from clusterimport.kube.resources import ResourceClient
from clusterimport.limits.counted import LimitMetrics
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model import meta
from clusterimport.model.lifecycle import LifecycleRecord, told_references
from clusterimport.model.meta import Identity, Object
from clusterimport.model.objects import UnusableObject

RECHECK_SECONDS = 30.0
"""How long a missing right is waited for: no event tells of a grant that concerns only reads."""


class Resolution:
    """The references of one look at one lifecycle, found so far."""

    def __init__(
        self,
        lifecycle: str,
        index: ReferenceIndex,
        *,
        reads: SharedReads,
        unlabelled: Unlabelled,
        limits: LimitMetrics,
        is_live: bool = False,
    ) -> None:
        self._lifecycle = lifecycle
        self._index = index
        self._reads = reads
        self._unlabelled = unlabelled
        # Whether the server is asked for what a cache has, too.
        self._is_live = is_live
        self._limits = limits
        self._targets: list[ReferenceTarget] = []
        self.found: dict[str, Object] = {}

    @property
    def status(self) -> list[dict[str, Any]]:
        """What ``status.references`` says."""
        return [
            {
                "group": target.gvr.group,
                "version": target.gvr.version,
                "resource": target.gvr.resource,
                **({"namespace": target.namespace} if target.namespace else {}),
                "name": target.name,
            }
            for target in self._targets
        ]

    @property
    def versions(self) -> list[SeenState]:
        """The states in which the references were read."""
        return [SeenState.of(obj) for obj in self.found.values()]

    def recall(self, obj: Object, record: LifecycleRecord) -> None:
        """Take over what the last look found, of which nothing has changed."""
        for reference, (_, key) in zip(record.references, told_references(obj), strict=True):
            self._targets.append(
                ReferenceTarget(reference.key, reference.gvr, key.namespace, key.name)
            )
        self._set_targets()

    async def resolve(
        self, compiled: CompiledLifecycle, active: ActivePolicy, source: Object, hub: Hub
    ) -> Mapping[str, Object]:
        """Find all references, each with the help of the ones before it.

        Raises:
            Held: one is missing, forbidden, or cannot be told yet.
            EvaluationError: a template failed, or the reference is not allowed.
            KubeError: the server failed; to be tried again.

        """
        try:
            for position, reference in enumerate(compiled.record.references):
                target = compiled.reference_target(position, source, self.found)
                self._targets.append(target)
                self._index.add(
                    self._lifecycle, ReferencedObject(target.gvr.group_resource, target.object_key)
                )
                obj = await self._fetch(target, active, hub)
                compiled.check_reference(position, obj)
                self.found[reference.key] = obj
            self._unlabelled.forget(self._lifecycle)
        finally:
            self._set_targets()
        return self.found

    def _set_targets(self) -> None:
        self._index.replace(
            self._lifecycle,
            frozenset(
                ReferencedObject(target.gvr.group_resource, target.object_key)
                for target in self._targets
            ),
        )

    async def _fetch(self, target: ReferenceTarget, active: ActivePolicy, hub: Hub) -> Object:
        cache = active.subscription.reference_cache(target.key, target.namespace)
        if cache is None or cache.spec.gvr.group_resource != target.gvr.group_resource:
            # The lifecycle is of an older generation of the policy than the caches are.
            raise NotYet(f"{target.gvr} is not watched for this policy yet")
        _check_cache(cache, target)
        missing = waiting(
            "ReferenceResourceNotFound",
            f"{called(target)} does not exist; the import goes on when it is there",
        )
        cached = cache.store.get(target.object_key)
        client = hub.client(target.gvr)
        selector = active.record.label_selector(target.key)
        if cached is None and selector is not None:
            raise await self._unlabelled.explain(self._lifecycle, target, selector, client)
        if cached is None:
            raise missing
        what, version = Readable(target.gvr, target.object_key), meta.resource_version_of(cached)
        newest = self._reads.newest(what, version)
        if type(cached) is not Identity and newest == version and not self._is_live:
            return _usable(cached, target)
        try:
            found = await self._reads.get(
                what,
                newest,
                lambda: _read(client, target),
                keep=self._index.is_shared(
                    ReferencedObject(target.gvr.group_resource, target.object_key)
                ),
            )
        except errors.NotFound as error:
            raise missing from error
        except errors.Forbidden as error:
            hint = role_hint(Read(target.gvr.group_resource, cache.spec.namespace))
            raise Held(
                MISSING_PERMISSION,
                f"reading {called(target)} is forbidden. {hint}",
                retry_after=RECHECK_SECONDS,
            ) from error
        if isinstance(found, UnusableObject):
            self._limits.limit_reached(found.problem.limit)
        if selector is not None:
            self._reads.was_read(what, found.resource_version, version)
        return _usable(found, target)


def _usable(found: Object, target: ReferenceTarget) -> Object:
    """Return what was found; raises Held where nothing can be read of it."""
    if isinstance(found, UnusableObject):
        problem = found.problem
        raise Held(
            problem.reason("Reference"), f"{called(target)} cannot be read: {problem.message}"
        )
    return found


async def _read(client: ResourceClient, target: ReferenceTarget) -> Identity:
    """Read an object, and open it once for all who share it."""
    received = await client.read(target.name, namespace=target.namespace)
    opened = open_object(received, SOURCE_BOUNDS)
    return opened if isinstance(opened, UnusableObject) else opened.compact


def _check_cache(cache: SharedInformer, target: ReferenceTarget) -> None:
    if cache.has_synced.is_set:
        return
    error = cache.status.error
    if isinstance(error, errors.Forbidden):
        hint = role_hint(Read(target.gvr.group_resource, cache.spec.namespace))
        raise Held(MISSING_PERMISSION, f"listing {target.gvr.group_resource} is forbidden. {hint}")
    if error is None:
        raise NotYet(f"{target.gvr.group_resource} is being listed")
    raise waiting(
        "WaitDependentResourceSynced", f"{target.gvr.group_resource} cannot be listed: {error}"
    )
