"""The role that a condition prints can be applied as it stands."""

import json

import pytest

from clusterimport.controllers.shared.permissions import Read, role_hint
from clusterimport.model.gvr import GroupResource

CLUSTERS = GroupResource("cluster.mcp.io", "clusters")
CONFIGMAPS = GroupResource("", "configmaps")
SECRETS = GroupResource("", "secrets")


def documents(text):
    """Return every JSON object that a text contains."""
    found, start = [], text.find("{")
    while start >= 0:
        obj, end = json.JSONDecoder().raw_decode(text, start)
        found.append(obj)
        start = text.find("{", end)
    return found


@pytest.mark.parametrize("wanted", [CLUSTERS, SECRETS])
def test_a_cluster_role_grants_reading_and_is_aggregated(wanted):
    """The ClusterRole reads exactly this type and carries the label of the aggregation."""
    (role,) = documents(role_hint(Read(wanted)))

    assert role == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {
            "name": f"clusterimport-{wanted}",
            "labels": {"rbac.clusterpedia.io/aggregate-to-controller-manager": "true"},
        },
        "rules": [
            {
                "apiGroups": [wanted.group],
                "resources": [wanted.resource],
                "verbs": ["get", "list", "watch"],
            }
        ],
    }


def test_one_namespace_needs_a_role_only():
    """Where one namespace is read, a Role there comes first, and the ClusterRole as the other."""
    text = role_hint(Read(SECRETS, "team"))
    role, cluster_role = documents(text)

    assert role["kind"] == "Role"
    assert role["metadata"] == {"name": "clusterimport-secrets", "namespace": "team"}
    assert role["rules"] == cluster_role["rules"]
    assert cluster_role["kind"] == "ClusterRole"
    assert "RoleBinding" in text
    assert "namespace" not in role_hint(Read(SECRETS))


def test_t23_all_rights_are_granted_at_once_and_no_wider_than_needed():
    """One ClusterRole for what is read everywhere, one Role for each namespace."""
    text = role_hint(
        Read(SECRETS, "team"), Read(CLUSTERS), Read(CONFIGMAPS, "team"), Read(SECRETS, "other")
    )
    wide, other, team, instead = documents(text)

    assert (wide["kind"], wide["metadata"]["name"]) == (
        "ClusterRole",
        "clusterimport-clusters.cluster.mcp.io",
    )
    assert [rule["resources"] for rule in team["rules"]] == [["configmaps", "secrets"]]
    assert (team["kind"], team["metadata"]["namespace"]) == ("Role", "team")
    assert (other["kind"], other["metadata"]["namespace"]) == ("Role", "other")
    assert [rule["resources"] for rule in instead["rules"]] == [["configmaps", "secrets"]]
    assert instead["kind"] == "ClusterRole"
    names = [role["metadata"]["name"] for role in (wide, other, team)]
    assert len(set(names)) == 3, "none replaces another one"


def test_t23_what_is_read_everywhere_needs_no_role_in_a_namespace():
    """A type that another reference reads in all namespaces is granted once."""
    (role,) = documents(role_hint(Read(SECRETS, "team"), Read(SECRETS)))

    assert role["kind"] == "ClusterRole"
