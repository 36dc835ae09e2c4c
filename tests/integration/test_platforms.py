"""The four platforms of the user document, from their objects to PediaClusters (E01 to E05)."""

import base64
from typing import Any

from development.controller import condition
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World, encode
from tests.fakes.pki.material import CA
from tests.harness.eithercrds import either_crds

CAPI = "cluster.x-k8s.io/v1beta1"
KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: "https://192.0.2.1:6443", certificate-authority-data: CA}
users:
- name: u
  user: {token: "a+b/c="}
contexts:
- name: x
  context: {cluster: c, user: u}
current-context: x
""".replace("CA}", f"{encode(CA)}}}")


def capi_cluster(name: str, *, initialized: bool) -> dict[str, Any]:
    """Return a Cluster as Cluster API has it."""
    status = "True" if initialized else "False"
    return {
        "apiVersion": CAPI,
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"controlPlaneEndpoint": {"host": "192.0.2.1", "port": 6443}},
        "status": {"conditions": [{"type": "ControlPlaneInitialized", "status": status}]},
    }


def capi_secret(name: str, kubeconfig: str) -> dict[str, Any]:
    """Return the kubeconfig Secret of a Cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{name}-kubeconfig",
            "namespace": "default",
            "labels": {"cluster.x-k8s.io/cluster-name": name},
        },
        "type": "cluster.x-k8s.io/secret",
        "data": {"value": encode(kubeconfig)},
    }


@either_crds
def test_e01_cluster_api(world: World) -> None:
    """A Cluster is imported when its control plane is initialized, and followed from then on."""
    world.apply_example("cluster-api", "platform-crd", "clusterrole", "policy")
    world.controller()
    world.apply(capi_secret("capi-quickstart", KUBECONFIG))
    world.apply(capi_cluster("capi-quickstart", initialized=False))
    name = "default-capi-quickstart"

    world.until_reason(LIFECYCLE, name, "Created", "WaitCreationCondition")
    assert world.names(PEDIACLUSTER) == []

    world.apply(capi_cluster("capi-quickstart", initialized=True))
    made = world.until_pediacluster(name)
    assert base64.b64decode(made["spec"]["kubeconfig"]) == KUBECONFIG.encode()
    world.until_reason(LIFECYCLE, name, "Created", "PediaClusterCreated")

    rotated = KUBECONFIG.replace("a+b/c=", "rot+/=&<b>'{{`x`}}'")
    world.apply(capi_secret("capi-quickstart", rotated))
    world.until(
        lambda: (
            base64.b64decode(world.pediacluster(name)["spec"]["kubeconfig"]) == rotated.encode()
        ),
        "the changed Secret is followed byte for byte",
    )

    world.apply(capi_cluster("capi-quickstart", initialized=False))
    again = KUBECONFIG.replace("a+b/c=", "third")
    world.apply(capi_secret("capi-quickstart", again))
    world.until(
        lambda: base64.b64decode(world.pediacluster(name)["spec"]["kubeconfig"]) == again.encode(),
        "a condition that has turned false stops nothing",
    )
    assert world.pediacluster(name)["metadata"]["uid"] == made["metadata"]["uid"]


@either_crds
def test_e02_karmada(world: World) -> None:
    """Of the document's three clusters only the one that is Push and Ready is imported."""
    world.apply_example("karmada", "platform-crd", "clusterrole", "policy", "samples")
    world.controller()

    world.until_pediacluster("karmada-member1")
    world.until_settled("karmada")
    assert world.names(LIFECYCLE) == ["karmada-argocd", "karmada-member1", "karmada-member3"]
    assert world.names(PEDIACLUSTER) == ["karmada-member1"]


def test_e03_vcluster(world: World) -> None:
    """A vCluster is found among foreign Secrets; one of similar name and wrong form is not."""
    world.apply_example("vcluster", "clusterrole", "policy", "samples")
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "vc-lookalike", "namespace": "default"},
            "data": {"password": encode("x")},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "xvc-vcluster-9", "namespace": "default"},
            "data": {"config": encode(KUBECONFIG)},
        },
    )
    world.controller()

    expected = [
        "vc-caiwei-vcluster-caiwei-vcluster",
        "vc-default-vcluster-1",
        "vc-default-vcluster-2",
    ]
    world.until(lambda: world.names(PEDIACLUSTER) == expected, "exactly the three vClusters")
    world.until_settled("vcluster")
    assert world.names(LIFECYCLE) == expected


@either_crds
def test_e04_a_platform_of_ones_own(world: World) -> None:
    """The document's MCP policy, letter for letter, imports a cluster with its token and CA."""
    world.apply_example("mcp", "platform-crd", "clusterrole", "policy", "samples")
    world.controller()

    made = world.until_pediacluster("mcp-cluster-1")
    secret = world.admin.read("v1", "Secret", "cluster-1", "default")
    assert made["spec"]["apiserver"] == "https://192.0.2.30:6443"
    assert made["spec"]["caData"] == secret["data"]["ca"]
    assert made["spec"]["tokenData"] == secret["data"]["token"]
    assert made["spec"]["syncResources"] == [
        {"group": "", "resources": ["pods"]},
        {"group": "apps", "resources": ["*"]},
    ]
    world.until_reason(LIFECYCLE, "mcp-cluster-2", "Created", "WaitCreationCondition")
    assert world.names(PEDIACLUSTER) == ["mcp-cluster-1"]


def secret_policy(name: str, selector: str) -> dict[str, Any]:
    """Return a policy that imports a kubeconfig from the Secret that it selects."""
    return {
        "apiVersion": POLICY_API,
        "kind": POLICY,
        "metadata": {"name": name},
        "spec": {
            "source": {"group": "", "resource": "secrets", "selectorTemplate": selector},
            "nameTemplate": f"{name}-{{{{ .source.metadata.name }}}}",
            "template": 'spec:\n  kubeconfig: "{{ .source.data.kubeconfig }}"\n',
            "creationCondition": "true",
        },
    }


def labelled_secret(name: str, team: str) -> dict[str, Any]:
    """Return a Secret with a kubeconfig and the label of a team."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default", "labels": {"team": team}},
        "data": {"kubeconfig": encode(KUBECONFIG)},
    }


@either_crds
def test_e05_two_policies_on_one_type(world: World) -> None:
    """Two policies on Secrets both import; a changed selector takes in what it rejected before."""
    world.grant(
        "secrets", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
    )
    world.apply(labelled_secret("one", "a"), labelled_secret("two", "b"))
    world.apply(
        secret_policy("first", '{{ eq (index .source.metadata "labels" "team") "a" }}'),
        secret_policy("second", '{{ eq (index .source.metadata "labels" "team") "b" }}'),
    )
    world.controller()

    world.until(
        lambda: world.names(PEDIACLUSTER) == ["first-one", "second-two"], "both policies import"
    )
    world.until_settled("first")
    assert condition(world.policy("first"), "Ready")["status"] == "True"

    world.apply(secret_policy("first", '{{ has .source.metadata.labels.team (list "a" "b") }}'))
    world.until_pediacluster("first-two")
    assert world.names(PEDIACLUSTER) == ["first-one", "first-two", "second-two"]
