"""Clusterpedia's own CustomResourceDefinitions, in our words: its fields and none of ours.

What a live system has before our manifests are applied, or after a swap back. Requirements are
those that the reference names; whatever is not listed here is pruned by the server.
"""

from typing import Any

POLICY_FINALIZER = "clusterpedia.io/cluster-import-policy-controller"
LIFECYCLE_FINALIZER = "clusterpedia.io/pediacluster-lifecycle-controller"
"""Its manager adds the one to every policy, the other to every lifecycle."""

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
BYTES: Schema = {"type": "string", "format": "byte"}
BOOLEAN: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer", "format": "int64"}
TIME: Schema = {"type": "string", "format": "date-time"}


def items(schema: Schema, *, by: str = "") -> Schema:
    """Return a list, by its key if it has one."""
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [by]} if by else {}
    return {"type": "array", "items": schema, **keyed}


def fields(required: str = "", /, **properties: Schema) -> Schema:
    """Return an object; ``required`` names fields, separated by spaces."""
    named = {"required": required.split()} if required else {}
    return {"type": "object", "properties": properties, **named}


STRINGS = items(STRING)
CONDITIONS = items(
    fields(
        "type status lastTransitionTime reason message",
        type=STRING,
        status={"type": "string", "enum": ["True", "False", "Unknown"]},
        observedGeneration={**INTEGER, "minimum": 0},
        lastTransitionTime=TIME,
        reason={"type": "string", "minLength": 1, "maxLength": 1024},
        message={"type": "string", "maxLength": 32768},
    )
)
SYNC_RESOURCES = items(
    fields(
        "group resources",
        group=STRING,
        versions=STRINGS,
        resources=STRINGS,
        eventsInvolvedResources=STRINGS,
    )
)

POLICY_SPEC = fields(
    "source nameTemplate template creationCondition",
    source=fields(
        "group resource",
        group=STRING,
        resource=STRING,
        versions=STRINGS,
        selectorTemplate=STRING,
    ),
    references=items(
        fields(
            "key group resource nameTemplate",
            key=STRING,
            group=STRING,
            resource=STRING,
            versions=STRINGS,
            namespaceTemplate=STRING,
            nameTemplate=STRING,
        ),
        by="key",
    ),
    nameTemplate=STRING,
    template=STRING,
    creationCondition=STRING,
)

LIFECYCLE_SPEC = fields(
    "source template creationCondition",
    source=fields(
        "group version resource name",
        group=STRING,
        version=STRING,
        resource=STRING,
        namespace=STRING,
        name=STRING,
    ),
    references=items(
        fields(
            "key group version resource nameTemplate",
            key=STRING,
            group=STRING,
            version=STRING,
            resource=STRING,
            namespaceTemplate=STRING,
            nameTemplate=STRING,
        ),
        by="key",
    ),
    template=STRING,
    creationCondition=STRING,
)
LIFECYCLE_STATUS = fields(
    references=items(
        fields(
            "group version resource name",
            group=STRING,
            version=STRING,
            resource=STRING,
            namespace=STRING,
            name=STRING,
        )
    ),
    conditions=CONDITIONS,
)

_IN_SECRET = fields("name key", name=STRING, key=STRING)
PEDIACLUSTER_SPEC = fields(
    "syncResources",
    apiserver=STRING,
    kubeconfig=BYTES,
    caData=BYTES,
    tokenData=BYTES,
    certData=BYTES,
    keyData=BYTES,
    authenticationFrom=fields(
        kubeconfig=_IN_SECRET, ca=_IN_SECRET, key=_IN_SECRET, cert=_IN_SECRET, token=_IN_SECRET
    ),
    syncResources=SYNC_RESOURCES,
    syncAllCustomResources=BOOLEAN,
    syncResourcesRefName=STRING,
    shardingName=STRING,
)
PEDIACLUSTER_STATUS = fields(
    apiserver=STRING,
    version=STRING,
    shardingName=STRING,
    conditions=CONDITIONS,
    syncResources=items(
        # Written by clustersynchro-manager alone, and by nobody in our tests.
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    ),
)


def crds() -> list[dict[str, Any]]:
    """Return the four CustomResourceDefinitions as Clusterpedia installs them."""
    policy, cluster = "policy.clusterpedia.io", "cluster.clusterpedia.io"
    return [
        _crd(
            f"{policy}/v1alpha1",
            "ClusterImportPolicy",
            "clusterimportpolicies",
            spec=POLICY_SPEC,
            status=fields(conditions=CONDITIONS),
        ),
        _crd(
            f"{policy}/v1alpha1",
            "PediaClusterLifecycle",
            "pediaclusterlifecycles",
            spec=LIFECYCLE_SPEC,
            status=LIFECYCLE_STATUS,
        ),
        _crd(
            f"{cluster}/v1alpha2",
            "PediaCluster",
            "pediaclusters",
            spec=PEDIACLUSTER_SPEC,
            status=PEDIACLUSTER_STATUS,
        ),
        _crd(
            f"{cluster}/v1alpha2",
            "ClusterSyncResources",
            "clustersyncresources",
            spec=fields("syncResources", syncResources=SYNC_RESOURCES),
        ),
    ]


def _crd(api_version: str, kind: str, plural: str, **parts: Schema) -> dict[str, Any]:
    group, version = api_version.split("/")
    content = fields(apiVersion=STRING, kind=STRING, metadata={"type": "object"}, **parts)
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": plural, "kind": kind, "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    **({"subresources": {"status": {}}} if "status" in parts else {}),
                    "schema": {"openAPIV3Schema": content},
                }
            ],
        },
    }
