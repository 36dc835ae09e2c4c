"""What Clusterpedia's CRDs demand of their fields, by type and path."""

from development.manifests import Document

POLICY = "clusterimportpolicies.policy.clusterpedia.io"
LIFECYCLE = "pediaclusterlifecycles.policy.clusterpedia.io"
PEDIACLUSTER = "pediaclusters.cluster.clusterpedia.io"
SYNC_RESOURCES = "clustersyncresources.cluster.clusterpedia.io"

CONDITION: dict[str, Document] = {
    ".lastTransitionTime": {"type": "string", "format": "date-time"},
    ".message": {"type": "string", "maxLength": 32768},
    ".observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
    ".reason": {
        "type": "string",
        "minLength": 1,
        "maxLength": 1024,
        "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    },
    ".status": {"type": "string", "enum": ["True", "False", "Unknown"]},
    ".type": {
        "type": "string",
        "maxLength": 316,
        "pattern": r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
        r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    },
}
REFERENCE_LIST: Document = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["key"],
}


def obj(*required: str) -> Document:
    return {"type": "object", "required": sorted(required)} if required else {"type": "object"}


STRING: Document = {"type": "string"}
BYTES: Document = {"type": "string", "format": "byte"}
ARRAY: Document = {"type": "array"}
BOOLEAN: Document = {"type": "boolean"}
STRINGS = {"": ARRAY, "[]": STRING}


def below(path: str, fields: dict[str, Document]) -> dict[str, Document]:
    return {path + name: schema for name, schema in fields.items()}


TOP = {"": obj(), ".apiVersion": STRING, ".kind": STRING, ".metadata": obj()}
CONDITIONS = {
    **below(".status.conditions", {"": ARRAY}),
    **below(
        ".status.conditions[]",
        {"": obj("lastTransitionTime", "message", "reason", "status", "type"), **CONDITION},
    ),
}
SYNC = {
    "": ARRAY,
    "[]": obj("group", "resources"),
    "[].group": STRING,
    **below("[].versions", STRINGS),
    **below("[].resources", {"": {"type": "array", "minItems": 1}, "[]": STRING}),
    **below("[].eventsInvolvedResources", STRINGS),
}
SELECTOR = {"": obj("key", "name"), ".key": STRING, ".name": STRING}

# What Clusterpedia's CRDs demand of their fields: ours may demand no more, and drop none.
CLUSTERPEDIA = {
    POLICY: {
        **TOP,
        ".spec": obj("creationCondition", "nameTemplate", "source", "template"),
        **below(".spec", dict.fromkeys((".creationCondition", ".nameTemplate"), STRING)),
        ".spec.template": STRING,
        ".spec.source": obj("group", "resource"),
        **below(".spec.source", dict.fromkeys((".group", ".resource"), STRING)),
        ".spec.source.selectorTemplate": STRING,
        **below(".spec.source.versions", STRINGS),
        ".spec.references": REFERENCE_LIST,
        ".spec.references[]": obj("group", "key", "nameTemplate", "resource"),
        **below(".spec.references[]", dict.fromkeys((".group", ".key", ".resource"), STRING)),
        **below(".spec.references[]", dict.fromkeys((".nameTemplate",), STRING)),
        ".spec.references[].namespaceTemplate": STRING,
        **below(".spec.references[].versions", STRINGS),
        ".status": obj(),
        **CONDITIONS,
    },
    LIFECYCLE: {
        **TOP,
        ".spec": obj("creationCondition", "source", "template"),
        **below(".spec", dict.fromkeys((".creationCondition", ".template"), STRING)),
        ".spec.source": obj("group", "name", "resource", "version"),
        **below(".spec.source", dict.fromkeys((".group", ".version", ".resource"), STRING)),
        **below(".spec.source", dict.fromkeys((".namespace", ".name"), STRING)),
        ".spec.references": REFERENCE_LIST,
        ".spec.references[]": obj("group", "key", "nameTemplate", "resource", "version"),
        **below(".spec.references[]", dict.fromkeys((".group", ".key", ".resource"), STRING)),
        **below(".spec.references[]", dict.fromkeys((".nameTemplate", ".version"), STRING)),
        ".spec.references[].namespaceTemplate": STRING,
        ".status": obj(),
        **CONDITIONS,
        ".status.references": ARRAY,
        ".status.references[]": obj("group", "name", "resource", "version"),
        **below(".status.references[]", dict.fromkeys((".group", ".version"), STRING)),
        **below(".status.references[]", dict.fromkeys((".resource", ".namespace"), STRING)),
        ".status.references[].name": STRING,
    },
    PEDIACLUSTER: {
        **TOP,
        ".spec": obj("syncResources"),
        **below(".spec", dict.fromkeys((".apiserver", ".shardingName"), STRING)),
        ".spec.syncResourcesRefName": STRING,
        **below(".spec", dict.fromkeys((".kubeconfig", ".caData", ".tokenData"), BYTES)),
        **below(".spec", dict.fromkeys((".certData", ".keyData"), BYTES)),
        ".spec.syncAllCustomResources": BOOLEAN,
        ".spec.authenticationFrom": obj(),
        **below(".spec.authenticationFrom.kubeconfig", SELECTOR),
        **below(".spec.authenticationFrom.ca", SELECTOR),
        **below(".spec.authenticationFrom.key", SELECTOR),
        **below(".spec.authenticationFrom.cert", SELECTOR),
        **below(".spec.authenticationFrom.token", SELECTOR),
        **below(".spec.syncResources", SYNC),
        ".status": obj(),
        **below(".status", dict.fromkeys((".apiserver", ".version", ".shardingName"), STRING)),
        **CONDITIONS,
        ".status.syncResources": ARRAY,
        ".status.syncResources[]": obj("group", "resources"),
        ".status.syncResources[].group": STRING,
        ".status.syncResources[].resources": ARRAY,
        **below(
            ".status.syncResources[].resources[]",
            {
                "": obj("kind", "name", "namespaced", "syncConditions"),
                ".kind": STRING,
                ".name": STRING,
                ".namespaced": BOOLEAN,
                ".syncConditions": ARRAY,
                ".syncConditions[]": obj("lastTransitionTime", "status", "version"),
                ".syncConditions[].initialListPhase": BOOLEAN,
                ".syncConditions[].lastTransitionTime": {"type": "string", "format": "date-time"},
                ".syncConditions[].message": STRING,
                ".syncConditions[].reason": STRING,
                ".syncConditions[].status": STRING,
                ".syncConditions[].storageResource": STRING,
                ".syncConditions[].storageVersion": STRING,
                ".syncConditions[].syncResource": STRING,
                ".syncConditions[].syncVersion": STRING,
                ".syncConditions[].version": STRING,
            },
        ),
    },
    SYNC_RESOURCES: {**TOP, ".spec": obj("syncResources"), **below(".spec.syncResources", SYNC)},
}
