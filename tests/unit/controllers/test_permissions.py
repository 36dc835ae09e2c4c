"""The role that a condition prints can be applied as it stands."""

import re

import pytest
import yaml

from clusterimport.controllers.permissions import role_hint
from clusterimport.model.gvr import GroupResource

CLUSTERS = GroupResource("cluster.mcp.io", "clusters")
SECRETS = GroupResource("", "secrets")


def documents(text):
    """Return every YAML object that a text contains."""
    starts = [match.start() for match in re.finditer(r"\{apiVersion: rbac", text)]
    found = []
    for start in starts:
        depth = 0
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                found.append(yaml.safe_load(text[start : end + 1]))
                break
    return found


@pytest.mark.parametrize("wanted", [CLUSTERS, SECRETS])
def test_a_cluster_role_grants_reading_and_is_aggregated(wanted):
    """The ClusterRole reads exactly this type and carries the label of the aggregation."""
    (role,) = documents(role_hint(wanted))

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
    text = role_hint(SECRETS, "team")
    role, cluster_role = documents(text)

    assert role["kind"] == "Role"
    assert role["metadata"] == {"name": "clusterimport-secrets", "namespace": "team"}
    assert role["rules"] == cluster_role["rules"]
    assert cluster_role["kind"] == "ClusterRole"
    assert "RoleBinding" in text
    assert "namespace" not in role_hint(SECRETS)
