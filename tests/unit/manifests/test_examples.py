import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import yaml

from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.lifecycle import CompiledLifecycle, ReferenceGuard, compile_lifecycle
from clusterimport.engine.policy import CompiledPolicy, compile_policy
from clusterimport.engine.rules import ImportRules
from clusterimport.model.lifecycle import SourceReference, parse_lifecycle
from clusterimport.model.lifecyclespec import build_lifecycle_spec
from clusterimport.model.policy import parse_policy, used_extensions
from development import manifests
from development.manifests import PLATFORMS, Document

# Lifecycle to whether its PediaCluster is created at once, for the samples of each platform.
EXPECTED = {
    "cluster-api": {"default-capi-quickstart": True, "default-capi-quickstart-2": False},
    "karmada": {"karmada-argocd": False, "karmada-member1": True, "karmada-member3": False},
    "mcp": {"mcp-cluster-1": True, "mcp-cluster-2": False},
    "vcluster": {
        "vc-caiwei-vcluster-caiwei-vcluster": True,
        "vc-default-vcluster-1": True,
        "vc-default-vcluster-2": True,
    },
}
CONNECTION = {
    "cluster-api": {"kubeconfig"},
    "karmada": {"apiserver", "caData", "tokenData"},
    "mcp": {"apiserver", "caData", "tokenData"},
    "vcluster": {"kubeconfig"},
}
KUBECONFIG = "current-context: here"
INSECURE = "insecure-skip-tls-verify: true Y2VydA== a2V5"
INITIALIZED = [{"type": "ControlPlaneInitialized", "status": "True"}]


@dataclass(frozen=True)
class Example:
    """A policy, what it makes of samples, and the samples."""

    policy: CompiledPolicy
    samples: tuple[Document, ...]

    def sources(self) -> Iterator[Document]:
        plural = self.policy.record.source.resource
        return (one for one in self.samples if one["kind"].lower() + "s" == plural)

    def lifecycles(self) -> dict[str, Document]:
        return {
            self.policy.lifecycle_name(source): source
            for source in self.sources()
            if self.policy.selects(source)
        }

    def lifecycle(self, name: str, source: Document) -> CompiledLifecycle:
        """Compile the lifecycle of a source as the controller would write it."""
        record = self.policy.record
        group, _, version = source["apiVersion"].rpartition("/")
        metadata = source["metadata"]
        namespace = metadata.get("namespace", "")
        spec = build_lifecycle_spec(
            record,
            SourceReference(group, version, record.source.resource, namespace, metadata["name"]),
            dict.fromkeys((reference.key for reference in record.references), "v1"),
            kept_fields=frozenset(),
        )
        lifecycle = parse_lifecycle({"metadata": {"name": name}, "spec": spec})
        return compile_lifecycle(lifecycle, ProgramCache(), ReferenceGuard(ImportRules()))

    def references(self, lifecycle: CompiledLifecycle, source: Document) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        for index, reference in enumerate(self.policy.record.references):
            target = lifecycle.reference_target(index, source, found)
            (found[reference.key],) = (
                one
                for one in manifests.of_kind("Secret", list(self.samples))
                if (one["metadata"]["namespace"], one["metadata"]["name"])
                == (target.namespace, target.name)
            )
            lifecycle.check_reference(index, found[reference.key])
        return found


def read(platform: str) -> Document:
    (policy,) = manifests.read(manifests.EXAMPLES / platform / "policy.yaml")
    return policy


def load(platform: str) -> Example:
    samples = manifests.read(manifests.EXAMPLES / platform / "samples.yaml")
    return Example(compile_policy(parse_policy(read(platform)), ProgramCache()), tuple(samples))


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_samples_become_the_documented_clusters(platform: str) -> None:
    """Each sample gets the name that the user documentation gives it, and waits if it should."""
    example = load(platform)
    ready = {}
    for name, source in example.lifecycles().items():
        lifecycle = example.lifecycle(name, source)
        references = example.references(lifecycle, source)
        ready[name] = lifecycle.creation_condition_met(source, references)
        rendered = lifecycle.render(source, references)
        assert rendered.named_fields == CONNECTION[platform]
        assert rendered.warnings == ()
        assert {item["group"] for item in rendered.spec["syncResources"]} == {"", "apps"}
    assert ready == EXPECTED[platform]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_samples_credentials_arrive_unchanged(platform: str) -> None:
    """What stands in the Secret stands in the PediaCluster, byte for byte."""
    example = load(platform)
    keys = {
        "kubeconfig": ("value", "config"),
        "caData": ("ca", "caBundle"),
        "tokenData": ("token",),
    }
    for name, source in example.lifecycles().items():
        lifecycle = example.lifecycle(name, source)
        references = example.references(lifecycle, source)
        secret = next(iter(references.values()), source)["data"]
        rendered = lifecycle.render(source, references).spec
        for field in CONNECTION[platform] - {"apiserver"}:
            assert rendered[field] == next(secret[key] for key in keys[field] if key in secret)


@pytest.mark.parametrize("platform", ["cluster-api", "karmada", "mcp"])
def test_the_examples_need_no_field_of_ours(platform: str) -> None:
    """These policies mean the same on Clusterpedia's own CRDs."""
    assert used_extensions(read(platform)) == ()


@pytest.mark.parametrize("platform", ["cluster-api", "karmada", "mcp"])
def test_the_stand_in_serves_the_samples(platform: str) -> None:
    """The platform's CRD has the group, a version and the scope of the samples."""
    (crd,) = manifests.read(manifests.EXAMPLES / platform / "platform-crd.yaml")
    served = {
        f"{crd['spec']['group']}/{version['name']}"
        for version in crd["spec"]["versions"]
        if version["served"]
    }
    example = load(platform)
    assert example.policy.record.source.group == crd["spec"]["group"]
    for source in example.sources():
        assert source["apiVersion"] in served
        has_namespace = "namespace" in source["metadata"]
        assert has_namespace == (crd["spec"]["scope"] == "Namespaced")


@pytest.mark.parametrize(
    ("status", "initialized"),
    [
        (None, False),
        ({}, False),
        ({"controlPlaneReady": True}, True),
        ({"controlPlaneReady": False, "initialization": {}}, False),
        ({"initialization": {"controlPlaneInitialized": True}}, True),
        ({"initialization": {"controlPlaneInitialized": False}}, False),
        ({"initialization": {"infrastructureProvisioned": True}, "conditions": []}, False),
        ({"conditions": [{"type": "ControlPlaneInitialized", "status": "True"}]}, True),
        ({"v1beta2": {"conditions": INITIALIZED}}, True),
        ({"deprecated": {"v1beta1": {"conditions": INITIALIZED}}}, True),
        ({"conditions": [{"type": "ControlPlaneInitialized", "status": "False"}]}, False),
        ({"conditions": [{"type": "ControlPlaneInitialized", "status": "Unknown"}]}, False),
        ({"conditions": [{"type": "Ready", "status": "True"}]}, False),
    ],
)
def test_cluster_api_waits_in_both_versions(status: Document | None, *, initialized: bool) -> None:
    """The condition counts wherever a version shows it, and so does the field of either version."""
    example = load("cluster-api")
    source = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "metadata": {"name": "a", "namespace": "b"},
        **({} if status is None else {"status": status}),
    }
    lifecycle = example.lifecycle("b-a", source)
    assert lifecycle.creation_condition_met(source, {"kubeconfig": {}}) is initialized


def test_cluster_api_lets_go_of_a_cluster_that_is_torn_down() -> None:
    """A Cluster is taken until it is being deleted."""
    policy = load("cluster-api").policy
    metadata = {"name": "a", "namespace": "b"}
    assert policy.selects({"metadata": metadata})
    assert not policy.selects({"metadata": {**metadata, "deletionTimestamp": "2026-01-01T00:00Z"}})


@pytest.mark.parametrize(
    ("mode", "ready", "endpoint", "imported"),
    [
        ("Push", "True", "192.0.2.1:6443", True),
        ("Push", "True", "", False),
        ("Push", "True", None, False),
        ("Push", "False", "192.0.2.1:6443", False),
        ("Push", "Unknown", "192.0.2.1:6443", False),
        ("Pull", "True", "192.0.2.1:6443", False),
        (None, "True", "192.0.2.1:6443", False),
    ],
)
def test_karmada_imports_only_push_and_ready(
    mode: str | None, ready: str, endpoint: str | None, *, imported: bool
) -> None:
    """A member has to be in Push mode, Ready, and have an address."""
    spec = {"syncMode": mode, "apiEndpoint": endpoint}
    source = {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "metadata": {"name": "a"},
        "spec": {key: value for key, value in spec.items() if value is not None},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }
    lifecycle = load("karmada").lifecycle("karmada-a", source)
    assert lifecycle.creation_condition_met(source, {"secret": {}}) is imported


@pytest.mark.parametrize(
    ("spec", "name"),
    [({}, "a"), ({"secretRef": {"namespace": "karmada-cluster", "name": "b"}}, "b")],
)
def test_karmada_looks_for_secrets_in_its_own_namespace(spec: Document, name: str) -> None:
    """A member's Secret has the member's name by default."""
    source = {"apiVersion": "cluster.karmada.io/v1alpha1", "metadata": {"name": "a"}, "spec": spec}
    lifecycle = load("karmada").lifecycle("karmada-a", source)
    target = lifecycle.reference_target(0, source, {})
    assert (target.namespace, target.name) == ("karmada-cluster", name)
    assert lifecycle.reference_namespaces(0) == ("karmada-cluster",)


def test_karmada_says_that_a_secret_lies_elsewhere() -> None:
    """No other Secret of that name is taken in place of one in another namespace."""
    spec = {"secretRef": {"namespace": "kube-system", "name": "b"}}
    source = {"apiVersion": "cluster.karmada.io/v1alpha1", "metadata": {"name": "a"}, "spec": spec}
    lifecycle = load("karmada").lifecycle("karmada-a", source)
    with pytest.raises(EvaluationError, match="not in the namespace that this policy reads"):
        lifecycle.reference_target(0, source, {})


def vcluster(name: str = "vc-one", labels: Document | None = None, **data: str) -> Document:
    present = {
        "certificate-authority": "Y2E=",
        "client-certificate": "Y2VydA==",
        "client-key": "a2V5",
        "config": encode(f"{KUBECONFIG} Y2E= Y2VydA== a2V5 the-token"),
    }
    present |= {key.replace("_", "-"): value for key, value in data.items()}
    metadata = {"name": name, "namespace": "default", **({"labels": labels} if labels else {})}
    return {"metadata": metadata, "data": present}


@pytest.mark.parametrize(
    ("secret", "selected"),
    [
        (vcluster(), True),
        (vcluster(labels={"app": "vcluster", "vcluster-name": "one"}), True),
        (vcluster(client_certificate="", client_key="", token=encode("the-token")), True),
        (vcluster(name="one"), False),
        (vcluster(name="vc-two", labels={"vcluster-name": "one"}), False),
        (vcluster(config=""), False),
        (vcluster(config=encode("currency: EUR")), False),
        (vcluster(certificate_authority=""), False),
        (vcluster(certificate_authority="", config=encode(INSECURE)), True),
        (vcluster(certificate_authority="b3RoZXI="), False),
        (vcluster(client_key=""), False),
        (vcluster(client_key="", token=encode("another")), False),
        ({"metadata": {"name": "vc-one", "namespace": "default"}}, False),
        ({"metadata": {"name": "vc-one", "namespace": "default"}, "data": {}}, False),
        ({"metadata": {"name": "vc-one", "namespace": "default"}, "data": {"config": "!"}}, False),
    ],
)
def test_vcluster_takes_only_what_vcluster_wrote(secret: Document, *, selected: bool) -> None:
    """Prefix, label and form have to agree; anything else is no, and never an error."""
    assert load("vcluster").policy.selects(secret) is selected


def test_the_mcp_policy_is_the_documented_one() -> None:
    """The policy of the user documentation, with its text untouched."""
    spec = read("mcp")["spec"]
    assert read("mcp")["metadata"] == {"name": "mcp"}
    assert set(spec) == {"source", "references", "nameTemplate", "template", "creationCondition"}
    assert spec["source"] == {"group": "cluster.mcp.io", "resource": "clusters", "versions": []}
    assert spec["references"] == [
        {
            "group": "",
            "resource": "secrets",
            "versions": [],
            "namespaceTemplate": "{{ .source.spec.authSecretRef.namespace }}",
            "nameTemplate": "{{ .source.spec.authSecretRef.name }}",
            "key": "authSecret",
        }
    ]
    assert spec["nameTemplate"] == "mcp-{{ .source.metadata.name }}"
    assert yaml.safe_load(spec["template"]) == {
        "spec": {
            "apiserver": "{{ .source.spec.apiEndpoint }}",
            "caData": "{{ .references.authSecret.data.ca }}",
            "tokenData": "{{ .references.authSecret.data.token }}",
            "syncResources": [
                {"group": "", "resources": ["pods"]},
                {"group": "apps", "resources": ["*"]},
            ],
            "syncResourcesRefName": "",
        }
    }
    condition = (
        '{{ if ne .source.spec.apiEndpoint "" }} {{ range .source.status.conditions }} '
        '{{ if eq .type "Ready" }} {{ if eq .status "True" }} true {{ end }} '
        "{{ end }} {{ end }} {{ end }}"
    )
    assert " ".join(spec["creationCondition"].split()) == condition


def test_no_sample_has_a_private_key_or_leads_anywhere() -> None:
    """The samples' addresses are for documentation, and their credentials open nothing."""
    for platform in PLATFORMS:
        for sample in load(platform).samples:
            if sample["kind"] != "Secret":
                continue
            for value in sample["data"].values():
                text = base64.b64decode(value).decode()
                assert "PRIVATE KEY" not in text
                assert "client-key-data" not in text
    for platform in ("karmada", "mcp"):
        for source in load(platform).sources():
            assert source["spec"]["apiEndpoint"].startswith("https://192.0.2.")
