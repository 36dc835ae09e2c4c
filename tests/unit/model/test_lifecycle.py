"""PediaClusterLifecycle as a record, and the spec it is given."""

import copy

import pytest

from clusterimport.model.lifecycle import LifecycleReference, SourceReference, parse_lifecycle
from clusterimport.model.lifecyclespec import build_lifecycle_spec, spec_equal
from clusterimport.model.meta import ObjectKey
from clusterimport.model.policy import (
    LIFECYCLE_EXTENSION_FIELDS,
    CredentialFeature,
    DeletionPolicy,
    FieldErrors,
    ImportOptions,
    Mode,
    PolicyRecord,
    ReferenceType,
    SourceType,
    UpdatePolicy,
)

SOURCE = SourceReference("cluster.mcp.io", "v1", "clusters", "team-a", "one")
ALL_FIELDS = frozenset(LIFECYCLE_EXTENSION_FIELDS)
OPTIONS = ImportOptions(
    Mode.OBSERVE,
    DeletionPolicy.ORPHAN,
    UpdatePolicy.ALL,
    frozenset({CredentialFeature.PROXY_URL.value, CredentialFeature.EXEC_PLUGIN.value}),
)


def record(options=None, allowed=None):
    return PolicyRecord(
        name="mcp",
        uid="p1",
        generation=1,
        source=SourceType("cluster.mcp.io", "clusters"),
        references=(
            ReferenceType(
                "secret", "", "secrets", (), "ns", "{{ .source.metadata.name }}", allowed
            ),
            ReferenceType("node", "", "nodes", (), "", "n"),
        ),
        name_template="x",
        template="spec: {}",
        creation_condition="true",
        options=options or ImportOptions(),
    )


def lifecycle(spec, owner=None):
    return {
        "metadata": {
            "name": "one",
            "uid": "l1",
            "generation": 4,
            "resourceVersion": "77",
            "ownerReferences": [owner] if owner else [],
        },
        "spec": spec,
    }


OWNER = {
    "apiVersion": "policy.clusterpedia.io/v1alpha1",
    "kind": "ClusterImportPolicy",
    "name": "mcp",
    "uid": "p1",
    "controller": True,
    "blockOwnerDeletion": True,
}


def built(options=None, allowed=None, kept=ALL_FIELDS):
    return build_lifecycle_spec(
        record(options, allowed), SOURCE, {"secret": "v1", "node": "v1"}, kept_fields=kept
    )


def test_a_policy_of_defaults_gives_a_spec_of_clusterpedias_fields_only():
    """On Clusterpedia's own CRD what is written comes back as it was sent."""
    assert built() == {
        "source": {
            "group": "cluster.mcp.io",
            "version": "v1",
            "resource": "clusters",
            "namespace": "team-a",
            "name": "one",
        },
        "references": [
            {
                "key": "secret",
                "group": "",
                "version": "v1",
                "resource": "secrets",
                "namespaceTemplate": "ns",
                "nameTemplate": "{{ .source.metadata.name }}",
            },
            {"key": "node", "group": "", "version": "v1", "resource": "nodes", "nameTemplate": "n"},
        ],
        "template": "spec: {}",
        "creationCondition": "true",
    }


def test_our_fields_are_copied_where_the_schema_keeps_them():
    """Options travel to the lifecycle, and are left out where they would be pruned."""
    full = built(OPTIONS, ("a",))
    pruned = built(OPTIONS, ("a",), kept=frozenset())

    assert full["mode"] == "Observe"
    assert full["deletionPolicy"] == "Orphan"
    assert full["updatePolicy"] == "All"
    assert full["allowedCredentialFeatures"] == ["ExecPlugin", "ProxyURL"]
    assert full["references"][0]["allowedNamespaces"] == ["a"]
    assert pruned == built()
    assert "mode" in built(OPTIONS, kept=frozenset({"mode"}))


def test_a_built_spec_parses_to_the_same_content():
    """A lifecycle says everything that its evaluation needs."""
    parsed = parse_lifecycle(lifecycle(built(OPTIONS, ("a",)), OWNER))

    assert (parsed.name, parsed.uid, parsed.generation) == ("one", "l1", 4)
    assert parsed.resource_version == "77"
    assert parsed.source == SOURCE
    assert parsed.references == (
        LifecycleReference(
            "secret", "", "v1", "secrets", "ns", "{{ .source.metadata.name }}", ("a",)
        ),
        LifecycleReference("node", "", "v1", "nodes", "", "n", None),
    )
    assert parsed.options == OPTIONS
    assert parsed.template == "spec: {}"
    assert parsed.creation_condition == "true"
    assert parsed.policy is not None
    assert parsed.policy.name == "mcp"
    assert str(parsed.references[0].gvr) == "secrets.v1.core"


@pytest.mark.parametrize(
    "change",
    [
        {"controller": False},
        {"kind": "Other"},
        {"apiVersion": "other.io/v1"},
    ],
)
def test_only_a_policy_that_controls_is_the_policy(change):
    """A lifecycle without a policy as controller owner is nobody's."""
    assert parse_lifecycle(lifecycle(built(), OWNER | change)).policy is None
    assert parse_lifecycle(lifecycle(built())).policy is None


def test_a_broken_lifecycle_tells_all_problems():
    """A spec that an old schema let through does not crash the controller."""
    spec = built()
    spec["source"] = {"group": "g", "name": "n"}
    spec["references"] = [{"key": "k", "nameTemplate": 5}]

    with pytest.raises(FieldErrors) as caught:
        parse_lifecycle(lifecycle(spec))

    assert {problem.path for problem in caught.value.problems} == {
        "spec.source.version",
        "spec.source.resource",
        "spec.references[0].version",
        "spec.references[0].resource",
        "spec.references[0].nameTemplate",
    }


def test_specs_are_compared_by_meaning():
    """Absent, null, empty and default are one; the order of features is none."""
    theirs = copy.deepcopy(built())
    theirs |= {"mode": "Import", "deletionPolicy": "", "updatePolicy": "Credentials"}
    theirs["allowedCredentialFeatures"] = []
    theirs["references"][1]["namespaceTemplate"] = ""
    theirs["references"][1]["allowedNamespaces"] = None

    assert spec_equal(theirs, built())
    assert spec_equal(
        built(OPTIONS), built(OPTIONS) | {"allowedCredentialFeatures": ["ProxyURL", "ExecPlugin"]}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"template": "spec: {x: 1}"},
        {"creationCondition": "false"},
        {"mode": "Observe"},
        {"deletionPolicy": "Orphan"},
        {"updatePolicy": "All"},
        {"allowedCredentialFeatures": ["ProxyURL"]},
        {"references": []},
    ],
)
def test_a_real_difference_is_one(change):
    """What changes the outcome makes two specs differ."""
    assert not spec_equal(built() | change, built())


def test_the_order_of_references_counts():
    """Later references use earlier ones, so their order is content."""
    turned = built()
    turned["references"] = turned["references"][::-1]

    assert not spec_equal(turned, built())


def test_a_source_shows_as_type_and_key():
    """status.source is one string that a column can show."""
    assert str(SOURCE) == "clusters.cluster.mcp.io/team-a/one"
    assert str(SourceReference("", "v1", "nodes", "", "n")) == "nodes/n"
    assert SOURCE.key == ObjectKey("team-a", "one")
    assert SOURCE.gvr.version == "v1"
    assert "namespace" not in SourceReference("", "v1", "nodes", "", "n").to_dict()


def test_a_version_does_not_make_another_source():
    """An object that is read in a newer version stays the same object."""
    assert SOURCE.is_same_object(SOURCE._replace(version="v2"))
    assert not SOURCE.is_same_object(SOURCE._replace(name="two"))
