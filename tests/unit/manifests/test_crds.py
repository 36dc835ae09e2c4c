"""Our CRDs: Clusterpedia's fields with no more demands, and ours with bounds."""

import pytest

from development import manifests
from development.manifests import Document
from tests.harness.clusterpediafields import (
    CLUSTERPEDIA,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    SYNC_RESOURCES,
)

# Fields that Clusterpedia's CRDs do not have. Everything else is theirs.
OUR_FIELDS = {
    POLICY: {
        ".spec.allowedCredentialFeatures",
        ".spec.deletionPolicy",
        ".spec.maxDeletions",
        ".spec.mode",
        ".spec.references[].allowedNamespaces",
        ".spec.references[].labelSelector",
        ".spec.source.fieldSelector",
        ".spec.source.labelSelector",
        ".spec.updatePolicy",
        ".status.deletions",
        ".status.failed",
        ".status.heldDeletions",
        ".status.imported",
        ".status.observedGeneration",
        ".status.rejected",
        ".status.releasedDeletions",
        ".status.selected",
        ".status.sources",
        ".status.waiting",
    },
    LIFECYCLE: {
        ".spec.allowedCredentialFeatures",
        ".spec.deletionPolicy",
        ".spec.mode",
        ".spec.references[].allowedNamespaces",
        ".spec.updatePolicy",
        ".status.rendered",
        ".status.source",
        ".status.sourceTypeUID",
    },
    PEDIACLUSTER: set(),
    SYNC_RESOURCES: set(),
}

COLUMNS = {
    POLICY: "VALIDATED READY REASON SELECTED IMPORTED WAITING FAILED AGE",
    LIFECYCLE: "READY REASON POLICY SOURCE AGE",
    PEDIACLUSTER: "READY VERSION APISERVER AGE",
    SYNC_RESOURCES: "",
}
WIDE_COLUMNS = {
    POLICY: "RECONCILING SOURCES",
    LIFECYCLE: "CREATED UPDATING OBJECT",
    PEDIACLUSTER: "VALIDATED SYNCHRORUNNING CLUSTERHEALTHY SHARDINGNAME",
    SYNC_RESOURCES: "",
}

CRDS = {
    document["metadata"]["name"]: document
    for document in manifests.of_kind("CustomResourceDefinition", manifests.base())
}


def fields_of(name: str) -> dict[str, Document]:
    return dict(manifests.schema_nodes(manifests.schema_of(CRDS[name])))


def rules_of(schema: Document) -> Document:
    """Return what a schema demands of its own value, but for CEL rules."""
    left_out = {"description", "properties", "items", "x-kubernetes-validations"}
    rules = {key: value for key, value in schema.items() if key not in left_out}
    return rules | ({"required": sorted(rules["required"])} if "required" in rules else {})


def is_ours(name: str, path: str) -> bool:
    return any(path == own or path.startswith((own + ".", own + "[")) for own in OUR_FIELDS[name])


def test_the_four_types_are_defined() -> None:
    """The CRDs are those of design: two of policies, two of clusters, all cluster-scoped."""
    assert set(CRDS) == set(CLUSTERPEDIA)
    for crd in CRDS.values():
        assert crd["spec"]["scope"] == "Cluster"
        (version,) = crd["spec"]["versions"]
        assert (version["served"], version["storage"]) == (True, True)
    versions = {name: crd["spec"]["versions"][0]["name"] for name, crd in CRDS.items()}
    assert versions == {
        POLICY: "v1alpha1",
        LIFECYCLE: "v1alpha1",
        PEDIACLUSTER: "v1alpha2",
        SYNC_RESOURCES: "v1alpha2",
    }


def test_all_but_the_last_have_a_status_subresource() -> None:
    """Status is written through its own subresource, where there is a status."""
    with_status = {
        name
        for name, crd in CRDS.items()
        if crd["spec"]["versions"][0].get("subresources") == {"status": {}}
    }
    assert with_status == {POLICY, LIFECYCLE, PEDIACLUSTER}


@pytest.mark.parametrize("name", CRDS)
def test_every_field_has_a_description(name: str) -> None:
    """`kubectl explain` has a sentence for each field; of metadata the server forbids one."""
    bare = {
        path
        for path, schema in fields_of(name).items()
        if path != ".metadata" and not schema.get("description", "").endswith((".", ">."))
    }
    assert bare == set()


@pytest.mark.parametrize("name", CRDS)
def test_clusterpedias_fields_are_all_there_and_no_stricter(name: str) -> None:
    """On Clusterpedia's fields the schema demands exactly what Clusterpedia's does."""
    theirs = {
        path: rules_of(schema)
        for path, schema in fields_of(name).items()
        if not is_ours(name, path)
    }
    assert theirs == CLUSTERPEDIA[name]


@pytest.mark.parametrize("name", [POLICY, LIFECYCLE])
def test_the_only_rule_is_about_a_field_of_ours(name: str) -> None:
    """A reference that has none of our fields meets no validation rule."""
    rules = {
        path: [rule["rule"] for rule in schema["x-kubernetes-validations"]]
        for path, schema in fields_of(name).items()
        if "x-kubernetes-validations" in schema
    }
    assert set(rules) == {".spec.references[]"}
    (rule,) = rules[".spec.references[]"]
    assert rule.startswith("!has(self.allowedNamespaces) || ")


@pytest.mark.parametrize("name", CRDS)
def test_our_fields_are_optional_and_without_a_default(name: str) -> None:
    """A field of ours that is absent stays absent, so that a swap writes nothing."""
    fields = fields_of(name)
    assert OUR_FIELDS[name] <= set(fields)
    for path, schema in fields.items():
        assert "default" not in schema, path
        owned = {f"{path}.{child}" for child in schema.get("required", ())}
        assert owned.isdisjoint(OUR_FIELDS[name]), path


@pytest.mark.parametrize("name", [POLICY, LIFECYCLE])
def test_our_fields_are_bounded(name: str) -> None:
    """Every field of ours that a person writes has an enumeration, a length or a range."""
    fields = fields_of(name)
    for path in sorted(own for own in OUR_FIELDS[name] if own.startswith(".spec.")):
        schema = fields[path]
        if schema.get("x-kubernetes-int-or-string"):
            assert schema.keys() >= {"minimum", "maximum", "pattern"}
            continue
        if schema["type"] == "object":
            assert path == ".spec.references[].labelSelector"
            continue
        if schema["type"] == "array":
            assert schema["x-kubernetes-list-type"] == "set"
            assert "maxItems" in schema
            schema = schema["items"]
        assert "enum" in schema or "maxLength" in schema, path
    assert fields[".spec.mode"]["enum"] == ["Import", "Observe"]
    assert fields[".spec.deletionPolicy"]["enum"] == ["Delete", "Orphan"]
    assert fields[".spec.updatePolicy"]["enum"] == ["Credentials", "All"]


def test_a_label_selector_is_kubernetes_own_and_bounded() -> None:
    """It has the fields of ``metav1.LabelSelector``, each list and text of it with a bound."""
    top = ".spec.references[].labelSelector"
    found = {
        path.removeprefix(top): rules_of(schema)
        for path, schema in fields_of(POLICY).items()
        if path.startswith(top)
    }
    operators = ["In", "NotIn", "Exists", "DoesNotExist"]
    atomic = {"type": "array", "x-kubernetes-list-type": "atomic"}
    text = {"type": "string", "maxLength": 63}
    assert found == {
        "": {"type": "object", "minProperties": 1, "x-kubernetes-map-type": "atomic"},
        ".matchLabels": {"type": "object", "maxProperties": 32, "additionalProperties": text},
        ".matchExpressions": {**atomic, "maxItems": 32},
        ".matchExpressions[]": {"type": "object", "required": ["key", "operator"]},
        ".matchExpressions[].key": {"type": "string", "maxLength": 317},
        ".matchExpressions[].operator": {"type": "string", "enum": operators},
        ".matchExpressions[].values": {**atomic, "maxItems": 64},
        ".matchExpressions[].values[]": text,
    }


@pytest.mark.parametrize("name", CRDS)
def test_printer_columns(name: str) -> None:
    """`kubectl get` shows these columns in this order; the rest only with -o wide."""
    columns = CRDS[name]["spec"]["versions"][0].get("additionalPrinterColumns", [])
    narrow = [column["name"].upper() for column in columns if not column.get("priority")]
    wide = [column["name"].upper() for column in columns if column.get("priority")]
    assert narrow == COLUMNS[name].split()
    assert wide == WIDE_COLUMNS[name].split()


def test_columns_that_scripts_read_show_the_reason() -> None:
    """The columns that Clusterpedia has show reasons as Clusterpedia's do; READY is a status."""
    shown = {
        (name, column["name"]): column["jsonPath"]
        for name, crd in CRDS.items()
        for column in crd["spec"]["versions"][0].get("additionalPrinterColumns", [])
    }
    for name, column in (
        (POLICY, "Validated"),
        (POLICY, "Reconciling"),
        (LIFECYCLE, "Created"),
        (LIFECYCLE, "Updating"),
        (PEDIACLUSTER, "SynchroRunning"),
    ):
        assert shown[name, column] == f".status.conditions[?(@.type=='{column}')].reason"
    for name in (POLICY, LIFECYCLE, PEDIACLUSTER):
        assert shown[name, "Ready"] == ".status.conditions[?(@.type=='Ready')].status"
    for name in (POLICY, LIFECYCLE):
        assert shown[name, "Reason"] == ".status.conditions[?(@.type=='Ready')].reason"
    for count in ("Sources", "Selected", "Imported", "Waiting", "Failed"):
        assert shown[POLICY, count] == f".status.{count.lower()}"
    assert shown[LIFECYCLE, "Source"] == ".spec.source.name"
    assert shown[LIFECYCLE, "Object"] == ".status.source"
    assert shown[LIFECYCLE, "Policy"] == ".metadata.ownerReferences[?(@.controller==true)].name"
