"""Clusterpedia's own four policies: what becomes of their clusters in a swap (F5)."""

import base64
from pathlib import Path

import pytest
import yaml

from clusterimport.authoring.documents import Document, parse_documents, read_documents
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.migrating import Swap, migrate
from clusterimport.authoring.outcomes import Outcome
from development.manifests import EXAMPLES
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

POLICIES = {
    each.obj["metadata"]["name"]: each
    for each in read_documents([Path(__file__).with_name("clusterpedia_policies.yaml")])
}
CLUSTER_API, KARMADA, VCLUSTER, KUBEVELA = (
    POLICIES[name] for name in ("cluster-api", "karmada", "vcluster", "kubevela")
)


def samples(platform, *changes):
    """Return what the catalogue has as samples, with texts in place of others."""
    text = (EXAMPLES / platform / "samples.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return parse_documents(text, "samples.yaml")


def judged(policy, documents, observed=None):
    inputs = Inputs([policy, *documents], observed=observed or ())
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
        (KARMADA, "karmada", {"karmada-member1": "Nothing", "karmada-argocd": "Wait"}),
        # Their client certificates are empty; Clusterpedia looks for all three.
        (VCLUSTER, "vcluster", {}),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_f5_what_is_in_order_is_not_written(policy, platform, swaps):
    """The same documents come of the same policies."""
    found = {name: each.swap.value for name, each in judged(policy, samples(platform)).items()}
    assert swaps.items() <= found.items(), found
    assert bool(found) is bool(swaps)


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
    assert (found.cluster, found.swap) == ("vela-prod", Swap.REFUSAL)
    assert "certData" in found.message or "token" in found.message
    pair = {"tls.crt": CERTIFICATE.decode(), "tls.key": KEY.decode()}
    documents = [
        Document({**each.obj, "stringData": {**each.obj["stringData"], **pair}})
        for each in samples("kubevela", change)
        if "ca.crt" in each.obj.get("stringData", ())
    ]
    assert judged(KUBEVELA, documents)["vela-prod"].swap is Swap.NOTHING


@pytest.mark.parametrize(
    "server", ["https://prod.team.svc", "https://localhost:8443", "https://192.0.2.7:443/"]
)
def test_f5_a_kubeconfig_of_vcluster_stays_as_it_is(server):
    """Clusterpedia takes what holds its own data, whatever the address; so does the swap."""
    found = judged(VCLUSTER, [vcluster(server)])

    assert {name: each.swap for name, each in found.items()} == {"vc-team-prod": Swap.NOTHING}
    assert judged(VCLUSTER, [vcluster(server, token="t")]) == {}


def vcluster(server, token=""):
    """Return the Secret of a virtual cluster, with a client certificate or a token."""
    user = {"client-certificate-data": encoded(CERTIFICATE), "client-key-data": encoded(KEY)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "my-vcluster",
                "cluster": {"server": server, "certificate-authority-data": encoded(CA)},
            }
        ],
        "users": [{"name": "my-vcluster", "user": {"token": token} if token else user}],
        "contexts": [
            {"name": "my-vcluster", "context": {"cluster": "my-vcluster", "user": "my-vcluster"}}
        ],
        "current-context": "my-vcluster",
    }
    data = {
        "certificate-authority": encoded(CA),
        "client-certificate": "" if token else encoded(CERTIFICATE),
        "client-key": "" if token else encoded(KEY),
        "config": encoded(yaml.safe_dump(config).encode()),
    }
    metadata = {"name": "vc-prod", "namespace": "team"}
    return Document({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})


def encoded(data):
    return base64.b64encode(data).decode()


def test_f5_the_catalogues_policy_in_place_of_clusterpedias_renames():
    """Its names are others; ``migrate`` says so before anything is applied."""
    old = Inputs([CLUSTER_API, *samples("cluster-api")])
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
