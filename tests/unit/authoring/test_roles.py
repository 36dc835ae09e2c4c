import pytest

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.policies import read_policy
from clusterimport.authoring.roles import ServiceAccount, roles_of
from tests.fakes.authoring.authored import POLICY, documents, policy


def roles(text, *account):
    inputs = Inputs(documents(text))
    return roles_of(read_policy(inputs.policies[0], inputs), *account)


def test_what_may_lie_anywhere_needs_one_cluster_role():
    """Its label adds it to the controller's rights; it only reads."""
    assert roles(POLICY) == [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {
                "name": "clusterimport-blue",
                "labels": {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"},
            },
            "rules": [
                {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]},
                {
                    "apiGroups": ["cluster.example.io"],
                    "resources": ["clusters"],
                    "verbs": ["get", "list", "watch"],
                },
            ],
        }
    ]


@pytest.mark.parametrize(
    "namespaces",
    ["a", '"{{ .source.metadata.namespace }}"\n      allowedNamespaces: [b, a]'],
)
def test_namespaces_that_are_fixed_need_a_role_each(namespaces):
    """And a binding to the controller there, so that it can read Secrets nowhere else."""
    wide, *narrow = roles(policy(namespaceTemplate=namespaces), ServiceAccount("there", "me"))
    names = sorted({each["metadata"]["namespace"] for each in narrow})

    assert [rule["resources"] for rule in wide["rules"]] == [["clusters"]]
    assert names == (["a"] if namespaces == "a" else ["a", "b"])
    assert [each["kind"] for each in narrow] == ["Role", "RoleBinding"] * len(names)
    assert narrow[0]["rules"][0]["resources"] == ["secrets"]
    assert narrow[1]["roleRef"]["name"] == narrow[0]["metadata"]["name"] == "clusterimport-blue"
    assert narrow[1]["subjects"] == [{"kind": "ServiceAccount", "name": "me", "namespace": "there"}]


def test_what_is_read_everywhere_needs_no_role_beside():
    """A source that is a Secret reads all of them."""
    text = policy(namespaceTemplate="a").replace("group: cluster.example.io", 'group: ""')
    (role,) = roles(text.replace("resource: clusters", "resource: secrets"))

    assert role["kind"] == "ClusterRole"


def test_a_policy_that_cannot_work_has_no_roles():
    """What it would read is not known."""
    with pytest.raises(InvalidInput, match="unclosed action"):
        roles(policy(creationCondition="'{{'"))
