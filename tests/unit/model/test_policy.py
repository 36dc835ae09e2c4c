"""ClusterImportPolicy as a record."""

import copy

import pytest

from clusterimport.model.policy import (
    EXTENSION_FIELDS,
    CredentialFeature,
    DeletionPolicy,
    FieldErrors,
    ImportOptions,
    Mode,
    ReferenceType,
    SourceType,
    UpdatePolicy,
    extensions_annotation,
    lost_extensions,
    named_extensions,
    parse_policy,
    used_extensions,
)

POLICY = {
    "metadata": {"name": "mcp", "uid": "u1", "generation": 2},
    "spec": {
        "source": {"group": "cluster.mcp.io", "resource": "clusters", "versions": []},
        "references": [
            {
                "key": "authSecret",
                "group": "",
                "resource": "secrets",
                "versions": [],
                "namespaceTemplate": "{{ .source.spec.namespace }}",
                "nameTemplate": "{{ .source.spec.name }}",
            }
        ],
        "nameTemplate": "mcp-{{ .source.metadata.name }}",
        "template": "spec: {}",
        "creationCondition": "true",
    },
}

EXTENDED = {
    "mode": "Observe",
    "deletionPolicy": "Orphan",
    "updatePolicy": "All",
    "allowedCredentialFeatures": ["ProxyURL"],
}


def policy(**spec):
    obj = copy.deepcopy(POLICY)
    obj["spec"] |= spec
    return obj


def test_a_policy_of_clusterpedia_parses_with_defaults():
    """Without fields of ours a policy imports, deletes and updates credentials."""
    record = parse_policy(POLICY)

    assert (record.name, record.uid, record.generation) == ("mcp", "u1", 2)
    assert record.source == SourceType("cluster.mcp.io", "clusters")
    assert str(record.source.group_resource) == "clusters.cluster.mcp.io"
    assert record.references == (
        ReferenceType(
            "authSecret",
            "",
            "secrets",
            (),
            "{{ .source.spec.namespace }}",
            "{{ .source.spec.name }}",
            None,
        ),
    )
    assert str(record.references[0].group_resource) == "secrets"
    assert record.name_template == "mcp-{{ .source.metadata.name }}"
    assert record.template == "spec: {}"
    assert record.creation_condition == "true"
    assert record.options == ImportOptions()
    assert record.options.mode is Mode.IMPORT
    assert record.options.deletion_policy is DeletionPolicy.DELETE
    assert record.options.update_policy is UpdatePolicy.CREDENTIALS


def test_our_own_fields_are_read():
    """All optional fields of ours arrive in the record."""
    obj = policy(**EXTENDED)
    obj["spec"]["source"] |= {
        "selectorTemplate": "true",
        "labelSelector": "a=b",
        "fieldSelector": "metadata.name=x",
        "versions": ["v1"],
    }
    obj["spec"]["references"][0]["allowedNamespaces"] = ["a", "b"]
    obj["spec"]["references"][0]["labelSelector"] = {"matchLabels": {"a": "b"}}

    record = parse_policy(obj)

    assert record.source == SourceType(
        "cluster.mcp.io", "clusters", ("v1",), "true", "a=b", "metadata.name=x"
    )
    assert record.references[0].allowed_namespaces == ("a", "b")
    assert str(record.label_selector("authSecret")) == "a=b"
    assert record.label_selector("other") is None
    assert record.options == ImportOptions(
        Mode.OBSERVE,
        DeletionPolicy.ORPHAN,
        UpdatePolicy.ALL,
        frozenset({CredentialFeature.PROXY_URL.value}),
    )


def test_all_problems_are_told_at_once():
    """An author sees every field to mend in one message."""
    obj = policy(
        mode="Sometimes",
        allowedCredentialFeatures=["Everything"],
        nameTemplate="",
        template=7,
        creationCondition=None,
    )
    obj["spec"]["source"] = {"group": "g"}
    obj["spec"]["references"][0] |= {"key": "", "allowedNamespaces": []}

    with pytest.raises(FieldErrors) as caught:
        parse_policy(obj)

    assert {problem.path for problem in caught.value.problems} == {
        "spec.source.resource",
        "spec.references[0].key",
        "spec.references[0].allowedNamespaces",
        "spec.nameTemplate",
        "spec.template",
        "spec.creationCondition",
        "spec.allowedCredentialFeatures",
        "spec.mode",
    }
    assert "Import, Observe" in str(caught.value)


def test_a_policy_without_spec_is_a_problem_and_no_crash():
    """What an old schema let through is told like any other problem."""
    with pytest.raises(FieldErrors, match=r"spec\.source: is required"):
        parse_policy({"metadata": {"name": "x"}})


def test_used_extensions_are_those_that_mean_something():
    """Defaults said aloud are no use of an extension."""
    assert used_extensions(POLICY) == ()
    assert used_extensions(policy(mode="Import", updatePolicy="Credentials")) == ()
    assert used_extensions(policy(allowedCredentialFeatures=[])) == ()
    assert used_extensions(policy(**EXTENDED)) == (
        "allowedCredentialFeatures",
        "deletionPolicy",
        "mode",
        "updatePolicy",
    )
    obj = policy()
    obj["spec"]["source"] |= {"labelSelector": "a=b", "fieldSelector": "a=b"}
    obj["spec"]["references"][0]["allowedNamespaces"] = ["a"]
    obj["spec"]["references"][0]["labelSelector"] = {"matchLabels": {"a": "b"}}
    assert used_extensions(obj) == (
        "references.allowedNamespaces",
        "references.labelSelector",
        "source.fieldSelector",
        "source.labelSelector",
    )
    assert extensions_annotation(policy(mode="Observe")) == "mode"
    assert extensions_annotation(POLICY) == ""


@pytest.mark.parametrize("name", EXTENSION_FIELDS)
def test_an_erased_field_is_lost(name):
    """Each field of ours that the annotation names and the object lacks is told."""
    obj = policy()
    obj["metadata"]["annotations"] = {"policy.clusterpedia.io/extensions": name}

    assert lost_extensions(obj) == (name,)


def test_nothing_is_lost_while_the_fields_are_there():
    """A field that a person set to its default aloud was not erased."""
    obj = policy(mode="Import", deletionPolicy="Orphan")
    obj["spec"]["references"][0]["allowedNamespaces"] = ["a"]
    obj["metadata"]["annotations"] = {
        "policy.clusterpedia.io/extensions": " mode,deletionPolicy, references.allowedNamespaces ,"
    }

    assert lost_extensions(obj) == ()
    assert lost_extensions(POLICY) == ()


def test_an_extension_of_a_newer_version_is_lost():
    """A name that this version does not know stands for something it cannot honour."""
    obj = policy()
    obj["metadata"]["annotations"] = {"policy.clusterpedia.io/extensions": "futureField"}

    assert lost_extensions(obj) == ("futureField",)


def test_annotation_and_used_fields_round_trip():
    """What the annotation is given names exactly what an erasure then shows as lost."""
    obj = policy(**EXTENDED)
    erased = policy()
    erased["metadata"]["annotations"] = {
        "policy.clusterpedia.io/extensions": extensions_annotation(obj)
    }

    assert lost_extensions(erased) == used_extensions(obj)


def test_named_extensions_are_those_of_the_annotation():
    """The annotation is read as a sorted set, whatever spaces and commas a person left in it."""
    obj = policy()
    obj["metadata"]["annotations"] = {
        "policy.clusterpedia.io/extensions": " mode,,deletionPolicy ,mode"
    }

    assert named_extensions(obj) == ("deletionPolicy", "mode")
    assert named_extensions(POLICY) == ()


@pytest.mark.parametrize(
    ("said", "clusters", "allowed"),
    [
        (None, 10, 5),
        (None, 200, 20),
        (0, 200, 0),
        (3, 200, 3),
        (1000, 5, 1000),
        ("0%", 200, 0),
        ("10%", 39, 3),
        ("100%", 39, 39),
    ],
)
def test_t13_how_many_may_go_is_a_number_or_a_percentage(said, clusters, allowed):
    """As ``maxUnavailable`` is read, a percentage rounded down; nothing said is the usual rule."""
    more = {} if said is None else {"maxDeletions": said}

    assert parse_policy(policy(**more)).max_deletions.of(clusters) == allowed


@pytest.mark.parametrize("said", [-1, 1001, True, 1.5, "", "5", "101%", "-1%", "1.5%", "٣%", [3]])
def test_t13_any_other_number_of_deletions_is_a_problem(said):
    """It is refused with what may be said, and never read as some number."""
    with pytest.raises(FieldErrors) as caught:
        parse_policy(policy(maxDeletions=said))

    (problem,) = caught.value.problems
    assert str(problem).startswith("spec.maxDeletions: must be a number from 0 to 1000, or a perc")


def test_t13_a_number_of_zero_is_relied_on():
    """Were ``maxDeletions: 0`` erased, clusters would go that should wait for a person."""
    assert used_extensions(policy(maxDeletions=0)) == ("maxDeletions",)
    assert used_extensions(policy(maxDeletions="5%")) == ("maxDeletions",)
    assert extensions_annotation(policy(maxDeletions=0)) == "maxDeletions"
