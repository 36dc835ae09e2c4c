"""Which of our fields a served schema keeps."""

from typing import Any

from clusterimport.controllers.inforce.schema import ServedSchemas, keeps, schema_of
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.policy import EXTENSION_FIELDS
from development import clusterpedia, manifests


def schemas(crds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schemas of the CRDs in a list, by plural."""
    return {
        crd["spec"]["names"]["plural"]: schema_of(crd, crd["spec"]["versions"][0]["name"])
        for crd in crds
        if crd["kind"] == manifests.CRD
    }


OURS, THEIRS = schemas(manifests.base()), schemas(clusterpedia.crds())


def served(policies: dict[str, Any], lifecycles: dict[str, Any]) -> ServedSchemas:
    """Return the schemas of a server with these CRDs."""
    return ServedSchemas(policies[POLICIES.resource], lifecycles[LIFECYCLES.resource])


def test_our_crds_keep_every_field_of_ours() -> None:
    """Each of our fields stands in our CRDs, also those below the items of a list."""
    assert [f for f in EXTENSION_FIELDS if not served(OURS, OURS).keeps_extension(f)] == []


def test_clusterpedias_crds_keep_none() -> None:
    """None of our fields stands in Clusterpedia's."""
    assert [f for f in EXTENSION_FIELDS if served(THEIRS, THEIRS).keeps_extension(f)] == []


def test_a_field_that_acts_through_lifecycles_needs_both() -> None:
    """An option that lifecycles would drop is not kept; a selector stays with the policy."""
    mixed = served(OURS, THEIRS)

    assert not mixed.keeps_extension("deletionPolicy")
    assert not mixed.keeps_extension("references.allowedNamespaces")
    assert mixed.keeps_extension("source.labelSelector")
    assert not served(THEIRS, OURS).keeps_extension("deletionPolicy")


def test_a_field_of_a_later_version_is_not_kept() -> None:
    """A name that no schema has is kept by none, and an unread schema keeps nothing."""
    assert not served(OURS, OURS).keeps_extension("futureField")
    assert not ServedSchemas().keeps_extension("mode")


def test_what_is_below_an_open_object_is_kept() -> None:
    """A schema that preserves unknown fields keeps whatever stands below."""
    schema = {"properties": {"spec": {"x-kubernetes-preserve-unknown-fields": True}}}

    assert keeps(schema, "spec.any.thing")
    assert not keeps(schema, "status.any")
