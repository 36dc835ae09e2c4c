"""Names that users type, and that Clusterpedia and this program write on objects.

They are API: a renamed constant here is a changed contract there.
"""

from typing import Final

POLICY_GROUP: Final = "policy.clusterpedia.io"
CLUSTER_GROUP: Final = "cluster.clusterpedia.io"
POLICY_API_VERSION: Final = "policy.clusterpedia.io/v1alpha1"
CLUSTER_API_VERSION: Final = "cluster.clusterpedia.io/v1alpha2"

POLICY_KIND: Final = "ClusterImportPolicy"
LIFECYCLE_KIND: Final = "PediaClusterLifecycle"
PEDIACLUSTER_KIND: Final = "PediaCluster"

FIELD_MANAGER: Final = "clusterimport"
"""What the API server calls us in ``managedFields``: the first part of our User-Agent."""

ADOPT_ANNOTATION: Final = "policy.clusterpedia.io/adopt"
"""On a PediaCluster: the name of the policy that may take it over."""
ALLOW_DELETIONS_ANNOTATION: Final = "policy.clusterpedia.io/allow-deletions"
"""On a policy: the token that releases one blocked set of deletions."""
EXTENSIONS_ANNOTATION: Final = "policy.clusterpedia.io/extensions"
"""On a policy: names of our own fields that it uses, so that their erasure is noticed."""
LIFECYCLE_ANNOTATION: Final = "policy.clusterpedia.io/lifecycle"
"""On a PediaCluster of a policy with `Orphan`: its lifecycle's name, in place of an owner."""
SOURCE_ANNOTATION: Final = "policy.clusterpedia.io/source"
"""On a PediaCluster: the source it was made for, as ``status.source`` of a lifecycle names it."""
TEMPLATE_KEYS_ANNOTATION: Final = "policy.clusterpedia.io/template-keys"
"""On a PediaCluster: which labels and annotations the template has set, so that one that it prints
no more is told from one that was set by hand."""

REJECTED_ANNOTATION: Final = "policy.clusterpedia.io/rejected"
"""On a policy, where its CRD has no ``status.rejected``: the same, as JSON."""
SOURCE_TYPE_ANNOTATION: Final = "policy.clusterpedia.io/source-type"
"""On a lifecycle, where its CRD has no ``status.sourceTypeUID``: the same."""

POLICY_LABEL: Final = "policy.clusterpedia.io/policy"
"""On a lifecycle or PediaCluster that we created: the policy it came from, for people to select by.
Nothing reads it here, and none is added later."""

AGGREGATE_TO_CONTROLLER_MANAGER_LABEL: Final = (
    "rbac.clusterpedia.io/aggregate-to-controller-manager"
)
CLUSTER_CREDENTIAL_LABEL: Final = "clusterpedia.io/cluster-credential"
"""Must be "true" on a Secret that `authenticationFrom` names."""

POLICY_FINALIZER: Final = "clusterpedia.io/cluster-import-policy-controller"
LIFECYCLE_FINALIZER: Final = "clusterpedia.io/pediacluster-lifecycle-controller"
SYNCHRO_FINALIZER: Final = "clusterpedia.io/cluster-synchro-controller"
"""Clustersynchro-manager's; never touched by us."""
