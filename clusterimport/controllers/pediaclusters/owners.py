"""From a PediaCluster to the lifecycle and the policy that it was made by."""

from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.ownership import lifecycle_owners, source_of
from clusterimport.model import lifecycle, meta, tenant
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import LIFECYCLE_ANNOTATION, SOURCE_ANNOTATION
from clusterimport.model.tenant import Tenant


def lifecycle_of(context: TermContext, pediacluster: meta.Object) -> meta.Object | None:
    """Return the lifecycle whose mark a PediaCluster carries; None for one made by hand.

    The name alone is not enough: whoever may make PediaClusters could borrow what a policy allows,
    and what another source left under the name is not the lifecycle's that has it now.
    """
    name = meta.name_of(pediacluster)
    marks = meta.annotations_of(pediacluster)
    is_marked = marks.get(LIFECYCLE_ANNOTATION) == name or any(
        owner.name == name for owner in lifecycle_owners(pediacluster)
    )
    obj = context.newest.lifecycle(name) if is_marked else None
    if obj is None or SOURCE_ANNOTATION not in marks:
        return obj
    return obj if marks[SOURCE_ANNOTATION] == str(source_of(obj, pediacluster)) else None


def tenant_of(context: TermContext, pediacluster: meta.Object) -> Tenant:
    """Return whose share a look at a PediaCluster counts against."""
    return tenant.tenant_of(lifecycle_of(context, pediacluster))


def policy_name_of(context: TermContext, pediacluster: meta.Object) -> str:
    """Return the policy that a PediaCluster stands for in metrics; empty without one.

    One that is gone does not count: its series would come back after they were dropped.
    """
    obj = lifecycle_of(context, pediacluster)
    owner = lifecycle.policy_of(obj) if obj is not None else None
    if owner is None or context.caches.policies.get(ObjectKey("", owner.name)) is None:
        return ""
    return owner.name


def allowed_features(context: TermContext, pediacluster: meta.Object) -> frozenset[str]:
    """Return what the policy of a PediaCluster allows its credentials to contain.

    It is read from the policy, which only those write who are trusted with that; the lifecycle has
    a copy for people to read. A policy that is not valid at the moment counts, too: a mistake in
    its templates is no fault of its clusters.
    """
    obj = lifecycle_of(context, pediacluster)
    owner = lifecycle.policy_of(obj) if obj is not None else None
    policy = context.caches.policies.get(ObjectKey("", owner.name)) if owner else None
    spec = (policy.get("spec") or {}) if policy else {}
    return frozenset(map(str, spec.get("allowedCredentialFeatures") or ()))
