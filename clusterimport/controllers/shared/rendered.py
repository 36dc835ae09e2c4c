"""What each PediaCluster was rendered from, so that nobody reads what can only be the same again.

A record says which policy, source, references and PediaCluster a look found and left as they should
be. Where the caches show all of them as they were, another look would do nothing. Records are
compared for equality alone, are written with statuses that are written anyway, and are not believed
where the server's history was lost: there, versions may have come again for something else.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Self

from clusterimport import __version__
from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.engine.rules import ImportRules
from clusterimport.engine.usage import digest_of
from clusterimport.model import meta
from clusterimport.model.lifecycle import (
    RenderedFrom,
    SourceReference,
    told_references,
    told_rendered,
)
from clusterimport.model.lifecyclespec import build_lifecycle_spec
from clusterimport.model.meta import Object
from clusterimport.model.policy import LIFECYCLE_EXTENSION_FIELDS

RENDERING: Final = 1
"""Raised with every change of what is made of the same templates and objects."""
_ANY: Final = SourceReference("", "", "", "", "")


class SeenState(NamedTuple):
    """One state of one object."""

    uid: str
    resource_version: str

    @classmethod
    def of(cls, obj: Object) -> Self:
        """Return that of an object, cached or read."""
        return cls(meta.uid_of(obj), meta.resource_version_of(obj))


class RenderedRecords:
    """The records of one term; ``believes`` those of before, which statuses tell."""

    def __init__(self, rules: ImportRules, *, believes: bool) -> None:
        self._rules = rules
        self.believes = believes
        # Only what statuses do not tell; None where the next look is to read everything.
        self._left: dict[str, RenderedFrom | None] = {}
        self._policies: dict[str, tuple[ActivePolicy, str]] = {}

    def of(self, obj: Object) -> RenderedFrom | None:
        """Return the record of a lifecycle; None where there is none to be believed."""
        name, told = meta.name_of(obj), told_rendered(obj) if self.believes else None
        if name not in self._left:
            return told
        left = self._left[name]
        if left is not None and left == told:
            del self._left[name]
        return left

    def left(self, name: str, rendered: RenderedFrom) -> None:
        """Take note that a look left a PediaCluster as it should be."""
        self._left[name] = rendered

    def doubt(self, name: str) -> None:
        """Have the next look read everything."""
        self._left[name] = None

    def is_doubted(self, name: str) -> bool:
        """Whether the next look is to read everything."""
        return name in self._left and self._left[name] is None

    def disbelieve(self) -> None:
        """Read everything once more: history was lost, or the types are others."""
        self.believes = False
        self._left.clear()

    def forget(self, name: str) -> None:
        """Forget a lifecycle that is gone."""
        self._left.pop(name, None)

    def present(
        self, obj: Object, active: ActivePolicy, source: Object, pediacluster: Object
    ) -> RenderedFrom | None:
        """Return what a look would find now, as caches tell; None where one lacks a reference."""
        objects = self.objects(obj, active, pediacluster)
        if not objects:
            return None
        return RenderedFrom(self.policy(active), _source(active, source), objects)

    def made(
        self,
        obj: Object,
        active: ActivePolicy,
        source: Object,
        pediacluster: Object,
        references: Sequence[SeenState],
    ) -> RenderedFrom:
        """Return the record of a look that read these."""
        return RenderedFrom(
            self.policy(active),
            _source(active, source),
            _objects(obj, pediacluster, references),
        )

    def objects(self, obj: Object, active: ActivePolicy, pediacluster: Object) -> str:
        """Return the part of a record that is about other objects; empty where one is missing."""
        told = told_references(obj)
        if len(told) != len(active.record.references):
            return ""
        versions = []
        for reference, (group_resource, key) in zip(active.record.references, told, strict=True):
            cache = active.subscription.reference_cache(reference.key, key.namespace)
            if cache is None or cache.spec.gvr.group_resource != group_resource:
                return ""
            found = cache.store.get(key) if cache.has_synced.is_set else None
            if found is None:
                return ""
            versions.append(SeenState.of(found))
        return _objects(obj, pediacluster, versions)

    def policy(self, active: ActivePolicy) -> str:
        """Return the part of a record that is about the policy, and about this program."""
        name = active.record.name
        known = self._policies.get(name)
        if known is None or known[0] is not active:
            known = self._policies[name] = (active, self._said(active))
        return known[1]

    def _said(self, active: ActivePolicy) -> str:
        spec = build_lifecycle_spec(
            active.record,
            _ANY,
            active.reference_versions,
            kept_fields=frozenset(LIFECYCLE_EXTENSION_FIELDS),
        )
        rules = self._rules
        allowed = [sorted(rules.allowed_features), rules.allow_cross_namespace]
        said = [__version__, RENDERING, *allowed, rules.authentication_from]
        return digest_of([*said, str(active.source_type), spec]).hex()


def _source(active: ActivePolicy, source: Object) -> str:
    return digest_of([meta.uid_of(source), active.compiled.inputs.digest(source)]).hex()


def _objects(obj: Object, pediacluster: Object, references: Sequence[SeenState]) -> str:
    """Digest what is not the source's; of the PediaCluster all but its status: others write it."""
    metadata = meta.metadata_of(pediacluster)
    ours = [metadata.get(name) for name in ("labels", "annotations", "ownerReferences")]
    left = [meta.uid_of(pediacluster), meta.generation_of(pediacluster), *ours]
    return digest_of([meta.uid_of(obj), left, references]).hex()
