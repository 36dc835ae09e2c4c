"""Whose a lifecycle is, and what of it is followed: nothing that a person could have edited."""

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import SOURCE_ANNOTATION
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

COLLECTION = PEDIACLUSTERS.path()
OBJECT = PEDIACLUSTERS.path(name="mcp-one")
STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
NEW = base64_of("new")
IMPORTED = [("POST", COLLECTION), ("PUT", STATUS)]

FORGED = {
    "source": lifecycle_body("mcp-evil")["spec"]["source"] | {"namespace": "other"},
    "references": [
        {
            "key": "auth",
            "group": "",
            "version": "v1",
            "resource": "secrets",
            "namespaceTemplate": "kube-system",
            "nameTemplate": "root",
            "allowedNamespaces": ["kube-system"],
        }
    ],
    "template": "spec: {apiserver: 'https://evil.example', caData: Y2E=, tokenData: dA==}",
    "creationCondition": "false",
    "updatePolicy": "All",
    "mode": "Observe",
    "deletionPolicy": "Orphan",
    "allowedCredentialFeatures": ["InsecureTLS", "ExecPlugin", "ServiceAccountToken"],
}


@pytest.mark.parametrize("fields", [[name] for name in FORGED] + [list(FORGED)])
async def test_t54_nothing_of_a_lifecycles_spec_is_followed(fields):
    """Whatever stands in it, what is imported is the policy's own, from the source it is for."""
    rig = LifecycleRig()
    rig.put(CLUSTERS, source_body("evil", namespace="other", url="https://evil.example"))
    rig.put(SECRETS, secret_body("root", token="root"), namespace="kube-system")
    spec = rig.lifecycle_object["spec"] | {name: FORGED[name] for name in fields}
    status = {"source": "clusters.cluster.mcp.io/team/one"}
    rig.put(LIFECYCLES, rig.lifecycle_object | {"spec": spec, "status": status})
    rig.see()
    await rig.look()

    assert rig.rest.writes() == IMPORTED
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"] == pediacluster_body()["spec"]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"] == rig.owners
    reads = [sent.path for sent in rig.rest.requests if sent.method == "GET"]
    assert reads == [SECRETS.path(namespace="team", name="auth-one")]
    assert rig.get(LIFECYCLES, "mcp-one")["status"]["source"] == status["source"]


@pytest.mark.parametrize("is_there", [True, False])
async def test_t54_a_source_that_only_the_spec_names_has_to_have_the_name(is_there):
    """Where nothing else tells of it, the source in the spec counts if the policy names it so."""
    rig = LifecycleRig(source=FORGED["source"])
    if is_there:
        rig.put(CLUSTERS, source_body("evil", namespace="other"))
    rig.see()
    assert await rig.look() == DONE

    assert rig.rest.count("POST", COLLECTION) == 0
    evil = SourceKey("mcp", ObjectKey("other", "evil"))
    assert drain(rig.queues.sources) == [evil] * is_there, "which decides whether it is wanted"
    assert rig.context.candidates.includes("mcp", "mcp-one") is not is_there
    assert "source" not in (rig.get(LIFECYCLES, "mcp-one").get("status") or {})
    assert rig.ready() == (None if is_there else "SourceResourceNotFound")


async def test_t54_the_mark_on_its_pediacluster_tells_whose_a_lifecycle_is():
    """On CRDs that do not keep ``status.source``; the mark of another lifecycle tells nothing."""
    rig = LifecycleRig(source=FORGED["source"])
    rig.put(CLUSTERS, source_body("evil", namespace="other"))
    rig.put(SECRETS, secret_body(token="new"))
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    marks = {SOURCE_ANNOTATION: "clusters.cluster.mcp.io/team/one"}
    rig.exists(annotations=marks, owners=[lifecycle_owner("mcp-one", "older")])
    await rig.look()
    assert rig.rest.writes() == []
    rig.exists(annotations=marks, ownerReferences=rig.owners)
    await rig.look()

    assert rig.rest.writes() == [("PATCH", OBJECT), ("PUT", STATUS)]
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"] == pediacluster_body(tokenData=NEW)["spec"]


@pytest.mark.parametrize("is_witnessed", [True, False])
async def test_t12_what_is_called_otherwise_now_follows_its_source_until_it_goes(is_witnessed):
    """The old PediaCluster works until the new one stands; of what only a spec says, nothing."""
    rig = LifecycleRig(policy={"nameTemplate": "new-{{ .source.metadata.name }}"})
    status = {"source": "clusters.cluster.mcp.io/team/one"} if is_witnessed else {}
    rig.put(LIFECYCLES, rig.lifecycle_object | {"status": status})
    rig.put(SECRETS, secret_body(token="new"))
    rig.exists()
    await rig.look()

    assert rig.rest.count("PATCH", OBJECT) == is_witnessed
    assert rig.ready() == ("SourceRenamed" if is_witnessed else None)
    assert rig.context.tally.find("mcp", ONE) is None, "the lifecycle of the new name speaks for it"


async def test_t54_a_source_that_the_policy_does_not_take_is_not_imported():
    """It is in the cache for the sake of another policy; what is imported already stays."""
    source = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
    rig = LifecycleRig(policy={"source": source | {"selectorTemplate": "false"}})
    before = rig.exists()
    await rig.look()

    assert rig.ready() == "SourceResourceNotFound"
    assert rig.get(PEDIACLUSTERS, "mcp-one") == before
