"""The policies that come along, evaluated with objects of their platforms."""

from pathlib import Path

import pytest
import yaml

from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.policy import compile_policy
from clusterimport.engine.rules import ImportRules
from clusterimport.model.lifecycle import SourceReference, parse_lifecycle
from clusterimport.model.lifecyclespec import build_lifecycle_spec
from clusterimport.model.policy import parse_policy
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"
PROGRAMS = ProgramCache()
READY = [{"type": "Ready", "status": "True"}]


def platform(name):
    record = parse_policy(yaml.safe_load((EXAMPLES / name / "policy.yaml").read_text()))
    return compile_policy(record, PROGRAMS)


def lifecycle_of(policy, source):
    """Do what the two reconcilers do, without a server."""
    record = policy.record
    metadata = source["metadata"]
    reference = SourceReference(
        record.source.group,
        "v1",
        record.source.resource,
        metadata.get("namespace", ""),
        metadata["name"],
    )
    versions = {item.key: "v1" for item in record.references}
    spec = build_lifecycle_spec(record, reference, versions, kept_fields=frozenset())
    obj = {"metadata": {"name": policy.lifecycle_name(source), "uid": "l1"}, "spec": spec}
    return compile_lifecycle(parse_lifecycle(obj), PROGRAMS, ReferenceGuard(ImportRules()))


def mcp_cluster(**spec):
    return {
        "metadata": {"name": "cluster-1"},
        "spec": {
            "apiEndpoint": "https://172.10.10.10:6443",
            "authSecretRef": {"namespace": "default", "name": "cluster-1"},
        }
        | spec,
        "status": {"conditions": READY},
    }


def test_mcp_is_imported_with_its_token():
    """A platform of one's own needs nothing but a policy."""
    source = mcp_cluster()
    lifecycle = lifecycle_of(platform("mcp"), source)
    references = {"authSecret": {"data": {"ca": base64_of(CA), "token": base64_of("t")}}}

    assert lifecycle.record.name == "mcp-cluster-1"
    target = lifecycle.reference_target(0, source, {})
    assert (target.namespace, target.name) == ("default", "cluster-1")
    assert lifecycle.creation_condition_met(source, references)
    got = lifecycle.render(source, references)
    assert got.spec["apiserver"] == "https://172.10.10.10:6443"
    assert got.spec["tokenData"] == base64_of("t")
    assert [group["group"] for group in got.spec["syncResources"]] == ["", "apps"]


@pytest.mark.parametrize(
    "source",
    [mcp_cluster(apiEndpoint=""), mcp_cluster() | {"status": {}}],
)
def test_mcp_waits_until_it_is_ready(source):
    """Without address or condition nothing is created."""
    lifecycle = lifecycle_of(platform("mcp"), source)

    assert not lifecycle.creation_condition_met(source, {})


def test_cluster_api_follows_its_kubeconfig():
    """A Cluster API cluster is named after namespace and name, and its kubeconfig is unchanged."""
    source = {
        "metadata": {"name": "capi-quickstart", "namespace": "default"},
        "status": {"conditions": [{"type": "ControlPlaneInitialized", "status": "True"}]},
    }
    policy = platform("cluster-api")
    lifecycle = lifecycle_of(policy, source)
    text = kubeconfig_of()

    assert policy.selects(source)
    assert lifecycle.record.name == "default-capi-quickstart"
    assert lifecycle.reference_target(0, source, {}).name == "capi-quickstart-kubeconfig"
    assert lifecycle.creation_condition_met(source, {})
    assert not lifecycle.creation_condition_met({"metadata": source["metadata"]}, {})
    got = lifecycle.render(source, {"kubeconfig": {"data": {"value": text}}})
    assert got.spec["kubeconfig"] == text


def test_a_vcluster_is_found_by_the_form_of_its_secret():
    """Only a Secret whose kubeconfig holds its own certificates is a vCluster."""
    parts = {
        "certificate-authority": base64_of(CA),
        "client-certificate": base64_of(CERTIFICATE),
        "client-key": base64_of(KEY),
    }
    config = kubeconfig_of(
        cluster={"certificate-authority-data": parts["certificate-authority"]},
        user={
            "client-certificate-data": parts["client-certificate"],
            "client-key-data": parts["client-key"],
            "token": "",
        },
    )
    source = {
        "metadata": {"name": "vc-vcluster-1", "namespace": "default"},
        "data": parts | {"config": config},
    }
    policy = platform("vcluster")

    assert policy.selects(source)
    assert not policy.selects(source | {"data": parts})
    assert not policy.selects({"metadata": {"name": "vc-x", "namespace": "a"}})
    assert not policy.selects({"metadata": {"name": "other", "namespace": "a"}})
    assert policy.lifecycle_name(source) == "vc-default-vcluster-1"
    assert lifecycle_of(policy, source).render(source, {}).spec["kubeconfig"] == config


def test_karmada_imports_what_it_pushes_to():
    """A member that pulls, or is not ready, is not created."""
    policy = platform("karmada")
    source = {
        "metadata": {"name": "member1"},
        "spec": {
            "syncMode": "Push",
            "apiEndpoint": "https://172.18.0.4:6443",
            "secretRef": {"namespace": "karmada-cluster", "name": "member1"},
        },
        "status": {"conditions": READY},
    }
    references = {
        key.key: {"data": {"token": base64_of("t"), "caBundle": base64_of(CA)}}
        for key in policy.record.references
    }
    lifecycle = lifecycle_of(policy, source)

    assert policy.lifecycle_name(source) == "karmada-member1"
    assert lifecycle.creation_condition_met(source, references)
    assert lifecycle.render(source, references).spec["caData"] == base64_of(CA)
    waiting = source | {"status": {"conditions": []}}
    assert not lifecycle.creation_condition_met(waiting, references)


def test_a_secret_half_rotated_changes_nothing():
    """Without its token a cluster is not rendered, and the reason says so."""
    source = mcp_cluster()

    with pytest.raises(EvaluationError) as caught:
        lifecycle_of(platform("mcp"), source).render(
            source, {"authSecret": {"data": {"ca": base64_of(CA)}}}
        )

    assert caught.value.reason == "IncompleteCredentials"
