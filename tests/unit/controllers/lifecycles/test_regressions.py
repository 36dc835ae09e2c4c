"""Orders of events, and edits, that once led a lifecycle to a wrong end."""

import pytest

from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.tally import State
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
    SECRETS,
)
from clusterimport.model.names import ADOPT_ANNOTATION
from tests.fakes.controllers.importedrig import ImportedRig
from tests.fakes.controllers.importing import ONE, condition, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    ORPHANED,
    lifecycle_body,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.engine.evaluating import base64_of
from tests.fakes.pki.material import CA

pytestmark = pytest.mark.looptime


async def test_a_secret_that_changes_while_it_is_read_first_is_looked_at_again():
    """The event between the server's answer and our reading of it finds the lifecycle."""
    rig = ImportedRig()
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see()
    woken = []

    def change():
        target = rig.references.lifecycles_of
        woken.extend(name for known in rig.references._lifecycles for name in target(known))

    rig.rest.meet("GET", SECRETS.path(namespace="team", name="auth-one"), change)
    await rig.lifecycles.reconcile("mcp-one")

    assert woken == ["mcp-one"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]


async def test_orphan_is_in_force_also_where_a_reference_is_missing():
    """What cannot be rendered is not updated, but its owner no longer takes it along."""
    rig = ImportedRig(deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    before = rig.get(PEDIACLUSTERS, "mcp-one")["spec"]
    await rig.lifecycles.reconcile("mcp-one")

    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == ORPHANED
    assert kept["spec"] == before
    ready = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")
    assert ready["reason"] == "ReferenceResourceNotFound"


@pytest.mark.parametrize("is_judged", [False, True])
async def test_orphan_is_in_force_also_where_the_source_is_gone_or_fails(is_judged):
    """A lifecycle that gets no new spec gives up its PediaCluster by its policy's word."""
    rig = ImportedRig(deletionPolicy="Orphan", nameTemplate='{{ fail "x" }}')
    rig.imported()
    if is_judged:
        rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    await rig.lifecycles.reconcile("mcp-one")

    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == ORPHANED


async def test_observe_changes_no_mark_where_a_reference_is_missing():
    """Observe writes no PediaCluster, whatever its deletion policy."""
    rig = ImportedRig(mode="Observe", deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert [path for _, path in rig.rest.writes() if "pediaclusters" in path] == []


async def test_a_lost_mark_is_renewed_after_a_reference_was_missing():
    """`Created` stays true while the cluster that we created stands, so that it stays ours."""
    rig = ImportedRig()
    rig.imported()
    rig.get(PEDIACLUSTERS, "mcp-one")["metadata"].pop("ownerReferences")
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")
    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "True"

    rig.put(SECRETS, secret_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")
    assert len(rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["ownerReferences"]) == 1


async def test_an_offer_is_not_taken_before_the_cluster_can_be_written():
    """A PediaCluster offered by annotation is not called created while a reference is missing."""
    rig = ImportedRig()
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.put(PEDIACLUSTERS, pediacluster_body(), annotations={ADOPT_ANNOTATION: "mcp"})
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "False"


async def test_a_write_that_is_forbidden_is_told():
    """A missing right lasts until a person grants it, so the lifecycle says so."""
    rig = ImportedRig()
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see()
    text = 'pediaclusters is forbidden: User "x" cannot create resource'
    refusal = errors.Forbidden(403, "Forbidden", text, verb="create", resource="pediaclusters")
    rig.rest.meet("POST", PEDIACLUSTERS.path(), refusal)
    with pytest.raises(errors.Forbidden):
        await rig.lifecycles.reconcile("mcp-one")

    ready = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")
    assert ready["reason"] == "MissingPermission"
    assert "create pediaclusters" in ready["message"]


async def test_observe_reports_on_the_policy_and_not_on_what_the_lifecycle_was_given():
    """A template is tried out on lifecycles that Observe leaves as they are."""
    ca = base64_of(CA)
    template = f'spec:\n  apiserver: "https://other.example"\n  caData: {ca}\n  tokenData: dA==\n'
    rig = ImportedRig(mode="Observe", template=template, references=[])
    rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    ready = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")
    assert "apiserver from https://one.example:6443 to https://other.example" in ready["message"]
    assert [path for _, path in rig.rest.writes() if "pediaclusters" in path] == []


async def test_a_source_that_is_not_selected_is_not_counted():
    """A lifecycle that waits for its deletion adds no source to its policy's sums."""
    rig = ImportedRig()
    rig.imported()
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.tally.of("mcp").selected == 0


async def test_a_lifecycle_does_not_hide_that_its_source_is_rejected():
    """What is wrong with the source stands until the source is looked at again."""
    rig = ImportedRig(nameTemplate='{{ fail "x" }}')
    rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.tally.find("mcp", ONE).state is State.OUTDATED
