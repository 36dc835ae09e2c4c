"""Clusterpedia's own four policies, written anew: what becomes of their clusters in a swap (F5)."""

import pytest

from clusterimport.authoring.documents import Document, parse_documents, read_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.migrating import Swap, migrate
from clusterimport.authoring.outcomes import Outcome
from development.manifests import EXAMPLES

HEAD = "apiVersion: policy.clusterpedia.io/v1alpha1\nkind: ClusterImportPolicy\n"
CLUSTER_API = """\
metadata: {name: cluster-api}
spec:
  source: {group: cluster.x-k8s.io, resource: clusters, selectorTemplate: ""}
  references:
    - group: ""
      resource: secrets
      key: kubeconfig
      namespaceTemplate: "{{ .source.metadata.namespace }}"
      nameTemplate: "{{ .source.metadata.name }}-kubeconfig"
  nameTemplate: "capi-{{ .source.metadata.namespace }}-{{ .source.metadata.name }}"
  template: |
    spec:
      kubeconfig: "{{ .references.kubeconfig.data.value }}"
      syncResources: [{group: "", resources: [pods, nodes]}, {group: apps, resources: ["*"]}]
  creationCondition: |
    {{ range .source.status.conditions }}
      {{ if and (eq .type "ControlPlaneInitialized") (eq .status "True") }} true {{ end }}
    {{ end }}
"""
KARMADA = """\
metadata: {name: karmada}
spec:
  source: {group: cluster.karmada.io, resource: clusters, selectorTemplate: ""}
  references:
    - group: ""
      resource: secrets
      key: secret
      namespaceTemplate: "{{ .source.spec.secretRef.namespace }}"
      nameTemplate: "{{ .source.spec.secretRef.name }}"
  nameTemplate: "karmada-{{ .source.metadata.name }}"
  template: |
    spec:
      apiserver: "{{ .source.spec.apiEndpoint }}"
      tokenData: "{{ .references.secret.data.token }}"
      caData: "{{ .references.secret.data.caBundle }}"
      syncResources: [{group: "", resources: [pods, nodes]}]
  creationCondition: '{{ if ne .source.spec.apiEndpoint "" }} true {{ end }}'
"""
KUBEVELA = """\
metadata: {name: kubevela}
spec:
  source:
    group: ""
    resource: secrets
    selectorTemplate: |
      {{ $type := index .source.metadata.labels "cluster.core.oam.dev/cluster-credential-type" }}
      {{ if eq .source.metadata.namespace "vela-system" }}{{ eq $type "X509Certificate" }}{{ end }}
  nameTemplate: "kubevela-{{ .source.metadata.name }}"
  template: |
    spec:
      apiserver: "{{ .source.data.endpoint | b64dec }}"
      caData: "{{ index .source.data "ca.crt" }}"
      certData: "{{ index .source.data "tls.crt" }}"
      keyData: "{{ index .source.data "tls.key" }}"
      syncResources: [{group: "", resources: [pods, nodes]}]
  creationCondition: "true"
"""
VCLUSTER = """\
metadata: {name: vcluster}
spec:
  source:
    group: ""
    resource: secrets
    selectorTemplate: |
      {{ if hasPrefix "vc-" .source.metadata.name }}{{ not (empty .source.data.config) }}{{ end }}
  nameTemplate: '{{ .source.metadata.namespace }}-{{ trimPrefix "vc-" .source.metadata.name }}'
  template: |
    spec:
      apiserver: "https://{{ trimPrefix "vc-" .source.metadata.name }}.{{ .source.metadata.namespace }}.svc"
      kubeconfig: "{{ .source.data.config }}"
      syncResources: [{group: "", resources: [pods, nodes]}]
  creationCondition: "true"
"""  # noqa: E501 - one scalar of a template


def samples(platform, *changes):
    """Return what the catalogue has as samples, with texts in place of others."""
    text = (EXAMPLES / platform / "samples.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse_documents(text, "samples.yaml")


def judged(policy, documents, observed=None):
    inputs = Inputs(
        [*parse_documents(HEAD + policy, "p.yaml"), *documents], observed=observed or ()
    )
    found = migrate(evaluate(inputs), inputs, is_observed=observed is not None)
    return {each.cluster or each.source: each for each in found}


@pytest.mark.parametrize(
    ("policy", "platform", "swaps"),
    [
        (
            CLUSTER_API,
            "cluster-api",
            {"capi-default-capi-quickstart": "Nothing", "capi-default-capi-quickstart-2": "Wait"},
        ),
        (KARMADA, "karmada", dict.fromkeys(("karmada-argocd", "karmada-member1"), "Nothing")),
        (
            VCLUSTER,
            "vcluster",
            {
                "default-vcluster-1": "Nothing",
                "default-vcluster-2": "Nothing",
                "caiwei-vcluster-caiwei-vcluster": "Nothing",
                # Clusterpedia takes whatever is called like it; this one is no kubeconfig.
                "default-billing": "Refusal",
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_f5_what_is_in_order_is_not_written(policy, platform, swaps):
    """The same documents come of the same policies."""
    found = {name: each.swap.value for name, each in judged(policy, samples(platform)).items()}
    assert swaps.items() <= found.items(), found


def test_f5_an_unverified_connection_is_refused_with_what_allows_it():
    """Without a CA, Clusterpedia verifies nothing; here a person has to say so."""
    documents = [
        Document({**each.obj, "data": {"token": "c2FtcGxlLXRva2Vu"}})
        if each.obj["kind"] == "Secret"
        else each
        for each in samples("karmada")
    ]
    found = judged(KARMADA, documents)["karmada-member1"]
    assert found.swap is Swap.REFUSAL
    assert "InsecureTLS" in found.message


def test_f5_a_cluster_without_an_address_is_refused():
    """``ne`` of a missing field is true, so that Clusterpedia creates what leads nowhere."""
    documents = samples("karmada", ("  apiEndpoint: https://192.0.2.21:6443\n", ""))
    found = judged(KARMADA, documents)["karmada-member1"]
    assert found.swap is Swap.REFUSAL
    assert "apiserver" in found.message


def test_f5_a_scheme_is_completed_without_a_write():
    """Both mean the same, and Clusterpedia has written the one without."""
    documents = samples("karmada", ("https://192.0.2.21:6443", "192.0.2.21:6443"))
    assert judged(KARMADA, documents)["karmada-member1"].swap is Swap.NOTHING


def test_f5_escaped_characters_of_an_address_are_written_anew():
    """Clusterpedia writes entities in their place."""
    documents = samples("karmada", ("https://192.0.2.21:6443", "https://192.0.2.21:6443/a+b"))
    found = judged(KARMADA, documents)["karmada-member1"]
    assert (found.swap, found.fields) == (Swap.REWRITE, ("spec.apiserver",))


def test_f5_kubevela_certificates_are_taken_as_clusterpedia_takes_them():
    """Only those of the type X509Certificate; tokens are what the catalogue's policy adds."""
    assert judged(KUBEVELA, samples("kubevela")) == {}
    change = ("ServiceAccountToken", "X509Certificate")
    (found,) = judged(KUBEVELA, samples("kubevela", change)).values()
    assert (found.cluster, found.swap) == ("kubevela-prod", Swap.REFUSAL)
    assert "certData" in found.message or "token" in found.message


def test_f5_the_catalogues_policy_in_place_of_clusterpedias_renames():
    """Its names are others; ``migrate`` says so before anything is applied."""
    old = Inputs([*parse_documents(HEAD + CLUSTER_API, "p.yaml"), *samples("cluster-api")])
    first, _ = evaluate(old)
    assert first.outcome is Outcome.IMPORT
    assert first.lifecycle is not None
    assert first.pedia_cluster is not None
    record = first.lifecycle
    lifecycle = {
        "apiVersion": "policy.clusterpedia.io/v1alpha1",
        "kind": "PediaClusterLifecycle",
        "metadata": {
            "name": record.name,
            "ownerReferences": [
                {
                    "apiVersion": "policy.clusterpedia.io/v1alpha1",
                    "kind": "ClusterImportPolicy",
                    "name": "cluster-api",
                    "uid": "",
                    "controller": True,
                }
            ],
        },
        "spec": {"source": record.source.to_dict()},
    }
    standing = [Document(lifecycle), Document(first.pedia_cluster)]
    ours = read_documents([EXAMPLES / "cluster-api" / "policy.yaml"])
    inputs = Inputs([*ours, *samples("cluster-api")], observed=standing)
    found = {each.cluster: each for each in migrate(evaluate(inputs), inputs, is_observed=True)}
    assert found["capi-default-capi-quickstart"].swap is Swap.RENAME
    assert found["default-capi-quickstart"].swap is Swap.CREATE
