import itertools

import pytest

from development import manifests
from development.manifests import PLATFORMS, Document

NAME = "clusterpedia-controller-manager"
NAMESPACE = "clusterpedia-system"
LABEL = {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"}
READ = "get list watch"
WRITE = "create delete get list patch watch"

# Every right of the controller itself. A change here is a change of what an operator agrees to.
CLUSTER_WIDE = {
    ("policy.clusterpedia.io", "clusterimportpolicies", ""): "get list patch watch",
    ("policy.clusterpedia.io", "clusterimportpolicies/status", ""): "patch",
    ("policy.clusterpedia.io", "clusterimportpolicies/finalizers", ""): "update",
    ("policy.clusterpedia.io", "pediaclusterlifecycles", ""): WRITE,
    ("policy.clusterpedia.io", "pediaclusterlifecycles/status", ""): "patch update",
    ("cluster.clusterpedia.io", "pediaclusters", ""): WRITE,
    ("cluster.clusterpedia.io", "pediaclusters/status", ""): "patch",
    ("apiextensions.k8s.io", "customresourcedefinitions", ""): READ,
    ("apiregistration.k8s.io", "apiservices", ""): READ,
    ("", "namespaces", ""): "get",
    ("events.k8s.io", "events", ""): "create",
    ("coordination.k8s.io", "leases", NAME): "list",
    ("apps", "deployments", NAME): "list",
}
IN_OWN_NAMESPACE = {
    ("coordination.k8s.io", "leases", ""): "create",
    ("coordination.k8s.io", "leases", NAME): "get update watch",
}
EXAMPLES = {
    "cluster-api": {("cluster.x-k8s.io", "clusters", ""): READ, ("", "secrets", ""): READ},
    "karmada": {("cluster.karmada.io", "clusters", ""): READ},
    "mcp": {("cluster.mcp.io", "clusters", ""): READ, ("", "secrets", ""): READ},
    "vcluster": {("", "secrets", ""): READ},
}


def rights(role: Document) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], set[str]] = {}
    for rule in role["rules"]:
        names = rule.get("resourceNames", [""])
        for key in itertools.product(rule["apiGroups"], rule["resources"], names):
            found.setdefault(key, set()).update(rule["verbs"])
    return {key: " ".join(sorted(verbs)) for key, verbs in found.items()}


def example(platform: str) -> list[Document]:
    return manifests.read(manifests.EXAMPLES / platform / "clusterrole.yaml")


def test_the_controllers_rights_are_exactly_these() -> None:
    """The roles in manifests/ grant the listed rights and no other."""
    base = manifests.base()
    assert rights(manifests.the("ClusterRole", NAME, base)) == CLUSTER_WIDE
    role = manifests.the("Role", NAME, base)
    assert role["metadata"]["namespace"] == NAMESPACE
    assert rights(role) == IN_OWN_NAMESPACE
    assert len(manifests.of_kind("Role", base)) == 1
    assert len(manifests.of_kind("ClusterRole", base)) == 2


def test_every_role_is_bound_to_the_service_account_and_nobody_else() -> None:
    """Each role has one binding, to the ServiceAccount that the Deployment runs as."""
    base = manifests.base()
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    for kind in ("Role", "ClusterRole"):
        roles = sorted(role["metadata"]["name"] for role in manifests.of_kind(kind, base))
        bindings = manifests.of_kind(f"{kind}Binding", base)
        assert sorted(binding["roleRef"]["name"] for binding in bindings) == roles
        for binding in bindings:
            assert binding["roleRef"]["kind"] == kind
            assert binding["subjects"] == [account]
    manifests.the("ServiceAccount", NAME, base)
    pod = manifests.the("Deployment", NAME, base)["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == NAME


def test_what_policies_read_is_aggregated() -> None:
    """The second ClusterRole has no rules of its own, so that applying it anew takes none away."""
    role = manifests.the("ClusterRole", f"{NAME}-sources", manifests.base())
    assert "rules" not in role
    assert role["aggregationRule"] == {"clusterRoleSelectors": [{"matchLabels": LABEL}]}


def test_no_rule_has_a_wildcard() -> None:
    """No role, of the controller or of an example, has an asterisk anywhere."""
    documents = manifests.base() + [one for platform in PLATFORMS for one in example(platform)]
    for role in manifests.of_kind("Role", documents) + manifests.of_kind("ClusterRole", documents):
        for rule in role.get("rules", []):
            assert "nonResourceURLs" not in rule
            assert "*" not in "".join(itertools.chain(*rule.values())), role["metadata"]["name"]


def test_nobody_writes_secrets() -> None:
    """Rights on Secrets are rights to read, in the examples, and none in the base."""
    for role in manifests.of_kind("Role", manifests.base()):
        assert "secrets" not in {resource for _, resource, _ in rights(role)}
    for platform in PLATFORMS:
        for role in example(platform):
            for (_, resource, _), verbs in rights(role).items() if "rules" in role else ():
                assert (resource, verbs) in {("secrets", READ), ("clusters", READ)}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_examples_cluster_role_grants_what_its_policy_reads(platform: str) -> None:
    """The role has the label, and names the source and reference types of the policy."""
    (role,) = manifests.of_kind("ClusterRole", example(platform))
    assert role["metadata"]["labels"] == LABEL
    assert rights(role) == EXAMPLES[platform]
    (policy,) = manifests.read(manifests.EXAMPLES / platform / "policy.yaml")
    read = {
        (item["group"], item["resource"], "")
        for item in [policy["spec"]["source"], *policy["spec"].get("references", [])]
    }
    granted = set(rights(role))
    for namespaced in manifests.of_kind("Role", example(platform)):
        granted |= set(rights(namespaced))
    assert granted == read


def test_karmada_reads_secrets_in_one_namespace_only() -> None:
    """A reference whose namespace is literal needs a Role there, and no more."""
    documents = example("karmada")
    (role,) = manifests.of_kind("Role", documents)
    assert role["metadata"]["namespace"] == "karmada-cluster"
    assert rights(role) == {("", "secrets", ""): READ}
    (binding,) = manifests.of_kind("RoleBinding", documents)
    assert binding["metadata"]["namespace"] == "karmada-cluster"
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE},
    ]
    (policy,) = manifests.read(manifests.EXAMPLES / "karmada" / "policy.yaml")
    (reference,) = policy["spec"]["references"]
    assert reference["namespaceTemplate"] == "karmada-cluster"
