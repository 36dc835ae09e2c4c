"""What is in force of a policy, as every reconciler reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from clusterimport.controllers.inforce.subscriptions import Subscription
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.policy import CompiledPolicy
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.lifecycle import SourceReference
from clusterimport.model.meta import Object
from clusterimport.model.objects import UnusableObject, content_of
from clusterimport.model.policy import PolicyRecord


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why the newest generation of a policy is not in force."""

    reason: str
    """Reason of the condition ``Validated``."""
    message: str
    freezes: bool = False
    """Whether not even its annotation may be renewed (``ExtensionsLost``)."""
    is_unknown: bool = False
    """Whether the policy may well be right, and only cannot be judged now."""


@dataclass(frozen=True, slots=True)
class ActivePolicy:
    """A valid generation of a policy with the caches it reads. Replaced, never changed."""

    record: PolicyRecord
    compiled: CompiledPolicy
    source_type: GroupVersionResource
    is_namespaced: bool
    reference_types: Mapping[str, GroupVersionResource]
    subscription: Subscription

    @property
    def reference_versions(self) -> Mapping[str, str]:
        """The negotiated version of each reference, by its key."""
        return {key: gvr.version for key, gvr in self.reference_types.items()}

    def is_of_type(self, source: SourceReference) -> bool:
        """Whether a source is of the type that the policy selects from."""
        return source.gvr.group_resource == self.source_type.group_resource

    def makes(self, name: str, source: SourceReference) -> bool:
        """Whether the policy makes a lifecycle of this name for a source, as far as caches tell.

        Raises EvaluationError where that cannot be said.
        """
        obj = self.subscription.sources.store.get(source.key) if self.is_of_type(source) else None
        if isinstance(obj, UnusableObject):
            raise EvaluationError(obj.problem.reason("Source"), obj.problem.message)
        if obj is None:
            return False
        return self.name_for(obj) == name

    def name_for(self, obj: Object) -> str:
        """Return the name of the lifecycle of a source, empty if it is not selected.

        The selector ran when the cache took the source, and its answer is of that very object. It
        is decoded for this step only: what a look holds while it waits is compact. Raises
        EvaluationError where a template cannot say.
        """
        answer = self.subscription.answer(obj)
        if answer is False:
            return ""
        content = content_of(obj)
        if answer is None and not self.compiled.selects(content):
            return ""
        return self.compiled.lifecycle_name(content)

    @property
    def has_complete_view(self) -> bool:
        """Whether absence from the source cache means absence on the server, as far as we know."""
        return self.subscription.is_complete


@dataclass(frozen=True, slots=True)
class PolicyState:
    """The latest verdict on a policy. Replaced, never changed."""

    name: str
    uid: str
    generation: int
    blocker: Blocker | None = None
    active: ActivePolicy | None = None
    """The last valid generation; with a blocker it is an older one, whose caches are kept warm."""
    revision: int = 0
    """Another one as soon as reconcilers would decide anything otherwise than before."""

    @property
    def governing(self) -> ActivePolicy | None:
        """What decides on sources and lifecycles; None unless the newest generation is in force.

        An older one is not gone back to: the next leader would not know it.
        """
        return self.active if self.blocker is None else None


class PolicyStates(Protocol):
    """What is known of all policies; the tracker keeps it."""

    def get(self, name: str) -> PolicyState | None:
        """Return the verdict on a policy, None if it does not exist or was not looked at yet."""

    def names(self) -> Iterator[str]:
        """Iterate over the policies that were looked at."""

    def type_uid(self, gvr: GroupVersionResource) -> str:
        """Return the uid of the CRD of a type, as it is known; empty for a type without one."""

    def revision(self, name: str) -> tuple[object, ...]:
        """Return what is equal as long as another look at all sources would find the same."""
