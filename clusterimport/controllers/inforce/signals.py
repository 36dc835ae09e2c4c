"""From caches to queues: what a leadership term wants to hear.

Informers and the policy tracker run in every replica; reconcilers only in the leader's. The
switchboard forwards to the present term, and drops what comes while there is none: a new term
looks at everything once.
"""

from typing import Protocol

from clusterimport.model.gvr import GroupResource
from clusterimport.model.keys import ObjectKey
from clusterimport.model.meta import Object


class Term(Protocol):
    """The reconcilers of one leadership term; every method only queues keys."""

    def policy_changed(self, policy: str, *, sources: bool) -> None:
        """Take note of a changed policy; ``sources``: look at all of them again."""

    def view_completed(self, policy: str) -> None:
        """Take note that all sources of a policy were listed with its present selector."""

    def source_changed(self, policy: str, key: ObjectKey, *, initial: bool) -> None:
        """Take note of a source that appeared, changed or went."""

    def reference_changed(
        self, group_resource: GroupResource, key: ObjectKey, *, initial: bool
    ) -> None:
        """Take note of an object of a reference's type that appeared, changed or went."""

    def lifecycle_changed(self, old: Object | None, new: Object | None, *, initial: bool) -> None:
        """Take note of a lifecycle that appeared, changed or went."""

    def lifecycle_seen(self, new: Object) -> None:
        """Take note that a cache has a status of a lifecycle, which concerns nobody else."""

    def pediacluster_changed(
        self, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        """Take note of a PediaCluster that appeared, changed or went."""

    def pediacluster_seen(self, old: Object, new: Object) -> None:
        """Take note of a PediaCluster of which nothing but the status has changed."""

    def schemas_changed(self) -> None:
        """Take note that the CRD of what we write has changed."""


class Switchboard:
    """Forwards to the present term, if there is one."""

    def __init__(self) -> None:
        self.term: Term | None = None

    def policy_changed(self, policy: str, *, sources: bool) -> None:
        """Forward."""
        if self.term is not None:
            self.term.policy_changed(policy, sources=sources)

    def view_completed(self, policy: str) -> None:
        """Forward."""
        if self.term is not None:
            self.term.view_completed(policy)

    def source_changed(self, policy: str, key: ObjectKey, *, initial: bool) -> None:
        """Forward."""
        if self.term is not None:
            self.term.source_changed(policy, key, initial=initial)

    def reference_changed(
        self, group_resource: GroupResource, key: ObjectKey, *, initial: bool
    ) -> None:
        """Forward."""
        if self.term is not None:
            self.term.reference_changed(group_resource, key, initial=initial)

    def lifecycle_changed(self, old: Object | None, new: Object | None, *, initial: bool) -> None:
        """Forward."""
        if self.term is not None:
            self.term.lifecycle_changed(old, new, initial=initial)

    def lifecycle_seen(self, new: Object) -> None:
        """Forward."""
        if self.term is not None:
            self.term.lifecycle_seen(new)

    def pediacluster_changed(
        self, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        """Forward."""
        if self.term is not None:
            self.term.pediacluster_changed(old, new, initial=initial)

    def pediacluster_seen(self, old: Object, new: Object) -> None:
        """Forward."""
        if self.term is not None:
            self.term.pediacluster_seen(old, new)

    def schemas_changed(self) -> None:
        """Forward."""
        if self.term is not None:
            self.term.schemas_changed()
