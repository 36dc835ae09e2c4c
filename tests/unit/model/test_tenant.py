from clusterimport.model.tenant import NOBODY, tenant_of

OWNER = {
    "apiVersion": "policy.clusterpedia.io/v1alpha1",
    "kind": "ClusterImportPolicy",
    "name": "mcp",
    "uid": "1",
    "controller": True,
}


def lifecycle(source, *, owners=(OWNER,)):
    return {"metadata": {"name": "one", "ownerReferences": [*owners]}, "spec": {"source": source}}


def test_a_namespace_is_one_tenant_whatever_the_policy():
    """The sources of one namespace share one share, also those of several policies."""
    source = {"resource": "clusters", "namespace": "team-a", "name": "one"}
    other = {**OWNER, "name": "other"}

    assert tenant_of(lifecycle(source)) == "namespace/team-a"
    assert tenant_of(lifecycle(source, owners=[other])) == "namespace/team-a"


def test_cluster_scoped_sources_count_against_their_policy():
    """Without a namespace the policy is what their writers have in common."""
    assert tenant_of(lifecycle({"resource": "clusters", "name": "one"})) == "policy/mcp"


def test_what_no_policy_made_is_nobodys():
    """A PediaCluster made by hand, or a lifecycle without a policy, has the share of nobody."""
    assert tenant_of(None) == NOBODY
    assert tenant_of(lifecycle({"name": "one"}, owners=())) == NOBODY


def test_t54_an_edited_spec_spends_nobody_elses_share():
    """Whose a lifecycle is stands in its status, once a controller has looked at it."""
    forged = lifecycle({"resource": "clusters", "namespace": "team-b", "name": "one"})
    status = {"status": {"source": "clusters.cluster.mcp.io/team-a/one"}}

    assert tenant_of(forged | status) == "namespace/team-a"
    assert tenant_of(forged | {"status": {"source": "clusters.cluster.mcp.io/one"}}) == "policy/mcp"
