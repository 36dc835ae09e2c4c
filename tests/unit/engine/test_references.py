"""Which objects a source may lead to."""

import pytest

from clusterimport.engine.errors import ReferenceDenied
from clusterimport.engine.references import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.model.lifecycle import LifecycleReference
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.fakes.engine.evaluating import compiled, lifecycle_record

FREE = ImportRules(allow_cross_namespace=True)
SOURCE = {"spec": {"ns": "team-b", "own": "team-a", "name": "kubeconfig"}}


def reference(namespace, allowed=None, name="{{ .source.spec.name }}"):
    return LifecycleReference("auth", "", "v1", "secrets", namespace, name, allowed)


def target(namespace, allowed=None, *, source_namespace="team-a", rules=None):
    record = lifecycle_record(reference(namespace, allowed), namespace=source_namespace)
    return compiled(record, rules).reference_target(0, SOURCE, {})


@pytest.mark.parametrize(
    ("namespace", "allowed", "source_namespace", "rules"),
    [
        ("{{ .source.spec.own }}", None, "team-a", None),
        ("team-b", None, "team-a", None),
        ("{{ .source.spec.ns }}", ("team-b",), "team-a", None),
        ("{{ .source.spec.ns }}", None, "", None),
        ("{{ .source.spec.ns }}", ("team-b", "x"), "", None),
        ("{{ .source.spec.ns }}", None, "team-a", FREE),
        ("", None, "", None),
        ("", ("",), "team-a", None),
        ("", None, "team-a", FREE),
    ],
)
def test_allowed_references(namespace, allowed, source_namespace, rules):
    """Own namespace, a literal or listed one, and sources without namespace may be followed."""
    found = target(namespace, allowed, source_namespace=source_namespace, rules=rules)

    assert found.name == "kubeconfig"
    assert found.namespace in {"", "team-a", "team-b"}
    assert found.key == "auth"
    assert str(found.gvr) == "secrets.v1.core"
    assert found.object_key == (found.namespace, "kubeconfig")


@pytest.mark.parametrize(
    ("namespace", "allowed", "source_namespace", "rules", "problem"),
    [
        ("{{ .source.spec.ns }}", None, "team-a", None, "into another namespace"),
        ("{{ .source.spec.ns }}", ("team-c",), "team-a", None, "does not list"),
        ("{{ .source.spec.ns }}", ("team-c",), "", None, "does not list"),
        ("{{ .source.spec.ns }}", ("team-c",), "team-a", FREE, "does not list"),
        ("{{ .source.spec.own }}", ("team-c",), "team-a", None, "does not list"),
        ("", None, "team-a", None, "to a cluster-scoped object"),
        ("", ("team-a",), "team-a", None, "does not list"),
    ],
)
def test_denied_references(namespace, allowed, source_namespace, rules, problem):
    """A source cannot lead to what the policy did not open to it, and is told the way out."""
    with pytest.raises(ReferenceDenied, match=problem) as caught:
        target(namespace, allowed, source_namespace=source_namespace, rules=rules)

    assert caught.value.reason == "FailedReferenceResourceParse"
    assert "allowedNamespaces" in caught.value.message
    assert "team-b" not in caught.value.message


@pytest.mark.parametrize(
    ("secret_type", "features", "installation", "denied"),
    [
        ("Opaque", frozenset(), frozenset(), ""),
        ("cluster.x-k8s.io/secret", frozenset(), frozenset(), ""),
        ("helm.sh/release.v1", frozenset(), frozenset(), "Helm release"),
        ("bootstrap.kubernetes.io/token", frozenset(), frozenset(), "bootstrap token"),
        ("kubernetes.io/service-account-token", frozenset(), frozenset(), "ServiceAccountToken"),
        (
            "kubernetes.io/service-account-token",
            frozenset({CredentialFeature.SERVICE_ACCOUNT_TOKEN.value}),
            frozenset(),
            "",
        ),
        (
            "kubernetes.io/service-account-token",
            frozenset(),
            frozenset({CredentialFeature.SERVICE_ACCOUNT_TOKEN.value}),
            "",
        ),
        (
            "helm.sh/release.v1",
            frozenset(feature.value for feature in CredentialFeature),
            frozenset(),
            "Helm release",
        ),
    ],
)
def test_secrets_that_open_this_cluster_are_refused(secret_type, features, installation, denied):
    """Helm releases, bootstrap tokens and service account tokens are no cluster credentials."""
    record = lifecycle_record(
        reference("{{ .source.spec.own }}"),
        options=ImportOptions(allowed_credential_features=features),
    )
    lifecycle = compiled(record, ImportRules(allowed_features=installation))

    if not denied:
        lifecycle.check_reference(0, {"type": secret_type, "data": {}})
        return
    with pytest.raises(ReferenceDenied, match=denied):
        lifecycle.check_reference(0, {"type": secret_type, "data": {}})


def test_other_types_may_have_a_field_called_type():
    """Only Secrets are judged by their type."""
    reference = LifecycleReference("x", "mine.io", "v1", "secrets", "", "n")

    ReferenceGuard(ImportRules()).check_object(
        reference, {"type": "helm.sh/release.v1"}, ImportOptions()
    )
    ReferenceGuard(ImportRules()).check_object(
        LifecycleReference("x", "", "v1", "secrets", "", "n"), {}, ImportOptions()
    )
