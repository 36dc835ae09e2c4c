"""Which of our fields the served CRDs keep."""

import pytest

from clusterimport.controllers.inforce.schema import (
    CRD_NAMES,
    SchemaReader,
    ServedSchemas,
    keeps,
    schema_of,
    schema_path,
)
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS
from tests.fakes.controllers.importing import ImportRig

pytestmark = pytest.mark.looptime

PRESERVE = {"x-kubernetes-preserve-unknown-fields": True}
SCHEMA = {
    "properties": {
        "spec": {
            "properties": {
                "mode": {"type": "string"},
                "source": {"properties": {"labelSelector": {}}},
                "references": {"items": {"properties": {"allowedNamespaces": {}}}},
                "free": PRESERVE,
                "nothing": None,
            }
        },
        "status": {"properties": {"deletions": {}}},
    }
}


@pytest.mark.parametrize(
    ("schema", "field", "kept"),
    [
        (SCHEMA, "spec.mode", True),
        (SCHEMA, "spec.updatePolicy", False),
        (SCHEMA, "spec.source.labelSelector", True),
        (SCHEMA, "spec.source.fieldSelector", False),
        (SCHEMA, "spec.references[].allowedNamespaces", True),
        (SCHEMA, "spec.references[].other", False),
        (SCHEMA, "spec.references.allowedNamespaces", False),
        (SCHEMA, "spec.mode[].x", False),
        (SCHEMA, "spec.mode.deeper", False),
        (SCHEMA, "spec.free.anything.at.all", True),
        (SCHEMA, "spec.nothing", False),
        (SCHEMA, "status.deletions", True),
        (PRESERVE, "spec.mode", True),
        ({}, "spec.mode", False),
        (None, "spec.mode", False),
    ],
)
def test_a_field_is_kept_where_the_schema_names_it(schema, field, kept):
    """Properties, items of lists and preserved unknown fields keep a field; all else is pruned."""
    assert keeps(schema, field) is kept


@pytest.mark.parametrize(
    ("policy", "lifecycle", "field", "kept"),
    [
        (SCHEMA, SCHEMA, "mode", True),
        (SCHEMA, {}, "mode", False),
        ({}, SCHEMA, "mode", False),
        (SCHEMA, SCHEMA, "references.allowedNamespaces", True),
        (SCHEMA, {}, "references.allowedNamespaces", False),
        (SCHEMA, {}, "source.labelSelector", True),
        (SCHEMA, SCHEMA, "source.fieldSelector", False),
    ],
)
def test_an_extension_has_to_be_kept_wherever_it_acts(policy, lifecycle, field, kept):
    """What acts through lifecycles is kept by both CRDs or not at all."""
    assert ServedSchemas(policy, lifecycle).keeps_extension(field) is kept


def test_a_lifecycle_gets_the_fields_that_it_keeps():
    """Of the asked fields those are returned that the lifecycle's schema has."""
    served = ServedSchemas(None, SCHEMA)

    assert served.kept_lifecycle_spec(["mode", "updatePolicy", "references.allowedNamespaces"]) == {
        "mode",
        "references.allowedNamespaces",
    }
    assert served.lifecycle_keeps("status.deletions")
    assert not served.policy_keeps("status.deletions")


def test_a_list_is_entered_by_its_items():
    """Our names of fields become paths through the schema."""
    assert schema_path("references.allowedNamespaces") == "references[].allowedNamespaces"
    assert schema_path("source.labelSelector") == "source.labelSelector"


def test_the_schema_is_that_of_our_version():
    """A CRD with several versions gives the one asked for, without one nothing."""
    versions = [
        {"name": "v1", "schema": {"openAPIV3Schema": {"type": "a"}}},
        {"name": "v2", "schema": {"openAPIV3Schema": {"type": "b"}}},
        {"name": "v3"},
    ]
    crd = {"spec": {"versions": versions}}

    assert schema_of(crd, "v2") == {"type": "b"}
    assert schema_of(crd, "v3") is None
    assert schema_of(crd, "v9") is None
    assert schema_of({}, "v1") is None


def test_the_crds_that_matter_are_known_by_name():
    """A change of any of the three types that we write is followed."""
    assert {
        "clusterimportpolicies.policy.clusterpedia.io",
        "pediaclusterlifecycles.policy.clusterpedia.io",
        "pediaclusters.cluster.clusterpedia.io",
    } == CRD_NAMES


def crd(name, schema):
    version = {"name": "v1alpha1", "schema": {"openAPIV3Schema": schema}}
    return {"metadata": {"name": name}, "spec": {"versions": [version]}}


async def test_the_reader_tells_whether_anything_changed():
    """Both CRDs make the schemas known; reading the same again is no change, another one is."""
    rig = ImportRig()
    reader = SchemaReader(ResourceClient(rig.rest, CUSTOM_RESOURCE_DEFINITIONS))
    policies, lifecycles, _ = sorted(CRD_NAMES)
    assert not await reader.refresh()
    assert not reader.is_known

    rig.put(CUSTOM_RESOURCE_DEFINITIONS, crd(policies, SCHEMA))
    assert await reader.refresh()
    assert not reader.is_known
    rig.put(CUSTOM_RESOURCE_DEFINITIONS, crd(lifecycles, PRESERVE))
    assert await reader.refresh()
    assert reader.is_known
    assert reader.current == ServedSchemas(SCHEMA, PRESERVE)
    assert not await reader.refresh()

    rig.drop(CUSTOM_RESOURCE_DEFINITIONS, policies)
    assert await reader.refresh()
    assert not reader.is_known


async def test_a_failing_server_leaves_what_is_known():
    """An error other than absence is raised, and the schemas stand."""
    rig = ImportRig()
    path = CUSTOM_RESOURCE_DEFINITIONS.path(name=min(CRD_NAMES))
    rig.rest.meet("GET", path, errors.ServiceUnavailable(503, "ServiceUnavailable"))
    known = rig.schemas.current
    with pytest.raises(errors.ServiceUnavailable):
        await rig.schemas.refresh()

    assert rig.schemas.current is known
