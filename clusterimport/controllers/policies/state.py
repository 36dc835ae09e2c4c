"""What is in force of a policy, as every reconciler reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

from clusterimport.controllers.policies.subscriptions import Subscription
from clusterimport.engine.policy import CompiledPolicy
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.policy import PolicyRecord


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why the newest generation of a policy is not in force."""

    reason: str
    """Reason of the condition ``Validated``."""
    message: str
    freezes: bool = False
    """Whether even what is in force of it may not be carried on (``ExtensionsLost``)."""


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
    """The last valid generation; with a blocker it is an older one that goes on."""

    @property
    def workable(self) -> ActivePolicy | None:
        """What lifecycles of the policy may go on with; None while nothing may be touched."""
        if self.blocker is not None and self.blocker.freezes:
            return None
        return self.active

    @property
    def governing(self) -> ActivePolicy | None:
        """What decides on sources; None unless the newest generation itself is in force."""
        return self.active if self.blocker is None else None
