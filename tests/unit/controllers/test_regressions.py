"""Orders of events, and edits by people, that once led a reconciler to a wrong or no end."""

import asyncio

import pytest

from clusterimport.controllers.controller import Controller
from clusterimport.controllers.deletions.candidates import OWNERLESS
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.leading import Equipment, ImportTerm, Workers
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.metrics import NullControllerMetrics
from clusterimport.controllers.policies.state import Blocker
from clusterimport.controllers.result import DONE
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.controllers.tally import PENDING, Standing, State
from clusterimport.controllers.term import SourceKey
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import ADOPT_ANNOTATION, LIFECYCLE_ANNOTATION, LIFECYCLE_FINALIZER
from clusterimport.workqueue import NullQueueMetrics
from tests.fakes.importing import DIGEST, ONE, ImportRig, condition, drain
from tests.fakes.importobjects import (
    CLUSTERS,
    lifecycle_body,
    lifecycle_owner,
    pediacluster_body,
    policy_owner,
    secret_body,
    source_body,
)

pytestmark = pytest.mark.looptime

LONG_AGO = "2025-01-01T00:00:00Z"
CREATED = {"conditions": [{"type": "Created", "status": "True", "reason": "PediaClusterCreated"}]}


def crd(resource):
    """Return the CRD of a type of ours or of the platform."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{resource.resource}.{resource.group}"},
        "spec": {},
    }


class Rig(ImportRig):
    """A policy in force with reconcilers; imported sources as needed."""

    def __init__(self, **spec):
        super().__init__()
        self.active = self.activate(**spec)
        self.deletions = DeletionReconciler(self.context, self.blocks)
        self.lifecycles = LifecycleReconciler(
            self.context,
            programs=self.programs,
            guard=ReferenceGuard(ImportRules()),
            digest=DIGEST,
        )
        self.sources_reconciler = SourceReconciler(self.context)
        for resource in (CLUSTERS, LIFECYCLES, POLICIES):
            self.put(CUSTOM_RESOURCE_DEFINITIONS, crd(resource), creationTimestamp=LONG_AGO)

    def imported(self, name="one", *, uid="", finalizers=(), **spec):
        """Put a lifecycle with its PediaCluster, as if its source had been imported."""
        body = lifecycle_body(f"mcp-{name}", policy_uid=uid or self.active.record.uid, **spec)
        lifecycle = self.put(LIFECYCLES, body, finalizers=list(finalizers))
        lifecycle["status"] = dict(CREATED)
        owner = lifecycle_owner(f"mcp-{name}", lifecycle["metadata"]["uid"])
        self.put(PEDIACLUSTERS, pediacluster_body(f"mcp-{name}", owners=[owner]))
        return lifecycle

    async def judge(self, key="mcp"):
        """Let the window of the candidates close, and judge them."""
        await asyncio.sleep(11)
        return await self.deletions.reconcile(key)

    def names(self, gvr):
        return sorted(name for _, name in self.store.types[gvr].objects)


# -- what must not be deleted -------------------------------------------------------------------


async def test_a_policy_that_says_orphan_outranks_a_lifecycle_that_says_delete_still():
    """The lifecycle goes; its PediaCluster stays, without the owner that would take it along."""
    rig = Rig(deletionPolicy="Orphan")
    lifecycle = rig.imported()
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == {LIFECYCLE_ANNOTATION: "mcp-one"}


async def test_a_policy_that_has_changed_on_the_server_deletes_nothing():
    """A selector that our cache does not show yet may take what the old one left out."""
    selector = {"group": CLUSTERS.group, "resource": CLUSTERS.resource, "selectorTemplate": "false"}
    rig = Rig(source=selector)
    lifecycle = rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.see()
    edited = rig.get(POLICIES, "mcp")
    rig.put(POLICIES, {**edited, "spec": {**edited["spec"], "source": {"resource": "x"}}})
    rig.propose(lifecycle)
    result = await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-one"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
    assert result.requeue_after == 1.0
    assert rig.context.candidates.of("mcp") != ()

    rig.see(POLICIES)
    rig.block(None, generation=2)
    await rig.judge()
    assert rig.names(LIFECYCLES) == []


async def test_a_source_that_comes_back_while_others_are_deleted_keeps_its_cluster():
    """Each deletion asks again whether its candidate is still one."""
    rig = Rig()
    first, second = rig.imported("one"), rig.imported("two")
    rig.see()
    rig.propose(first)
    rig.propose(second)
    rig.rest.meet(
        "DELETE",
        LIFECYCLES.path(name="mcp-one"),
        lambda: rig.context.candidates.withdraw("mcp", "mcp-two"),
    )
    await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-two"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-two"]


async def test_a_policy_that_is_made_again_ends_the_deletions_for_its_absence():
    """What is judged under one state of the policy is not carried out under another."""
    rig = Rig()
    lifecycles = [rig.imported("one"), rig.imported("two")]
    rig.see()
    state = rig.tracker.get("mcp")
    policy = rig.get(POLICIES, "mcp")
    rig.drop(POLICIES, "mcp")
    rig.tracker.drop("mcp")
    rig.see(POLICIES)
    for lifecycle in lifecycles:
        rig.propose(lifecycle)

    def make_again():
        rig.put(POLICIES, policy)
        rig.tracker.set(state)

    rig.rest.meet("DELETE", LIFECYCLES.path(name="mcp-one"), make_again)
    await rig.judge()

    assert rig.names(LIFECYCLES) == ["mcp-two"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-two"]


async def test_an_owner_of_another_kind_and_the_same_name_keeps_a_leftover():
    """A PediaCluster whose lifecycle is gone stays while anybody else owns it."""
    rig = Rig()
    other = {"apiVersion": "x/v1", "kind": "Fleet", "name": "mcp-one", "uid": "f"}
    owners = [lifecycle_owner("mcp-one", "gone"), other]
    leftover = rig.put(PEDIACLUSTERS, pediacluster_body(owners=owners))
    rig.see()
    rig.propose(leftover, OWNERLESS)
    await rig.judge(OWNERLESS)

    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]


async def test_a_rename_onto_the_cluster_of_another_source_is_counted():
    """Only a PediaCluster of the same source replaces the old one."""
    rig = Rig(nameTemplate="taken")
    lifecycle = rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.put(PEDIACLUSTERS, pediacluster_body("taken"))
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    entries = rig.get(POLICIES, "mcp")["status"]["deletions"]
    assert [entry["name"] for entry in entries] == ["mcp-one"]


# -- deletions that must come to an end -----------------------------------------------------------


async def test_a_deletion_that_is_tried_again_is_counted_once():
    """Five that could not be written down at first are still only five."""
    rig = Rig()
    for name in "abcde":
        rig.imported(name)
    rig.see()
    for name in "abcde":
        rig.propose(rig.get(LIFECYCLES, f"mcp-{name}"))
    conflict = errors.Conflict(409, "Conflict", verb="patch")
    rig.rest.meet("PATCH", POLICIES.path(name="mcp", subresource="status"), conflict)
    with pytest.raises(errors.Conflict):
        await rig.judge()
    assert len(rig.names(LIFECYCLES)) == 5
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    assert rig.blocks.get("mcp") is None
    assert len(rig.get(POLICIES, "mcp")["status"]["deletions"]) == 5


async def test_a_lifecycle_held_by_clusterpedias_finalizer_is_let_go_after_its_deletion():
    """It is deleting and not gone: its next look, which is queued, removes the finalizer."""
    rig = Rig()
    lifecycle = rig.imported(finalizers=[LIFECYCLE_FINALIZER])
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()
    assert rig.names(PEDIACLUSTERS) == []
    assert rig.names(LIFECYCLES) == ["mcp-one"]
    rig.see(PEDIACLUSTERS)
    assert "mcp-one" in drain(rig.queues.lifecycles)
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.names(LIFECYCLES) == []


async def test_what_observe_keeps_is_not_written_down_as_deleted():
    """Observe uses up no budget and writes nothing, however often it looks."""
    rig = Rig(mode="Observe")
    lifecycle = rig.imported()
    rig.see()
    rig.propose(lifecycle)
    assert await rig.judge() == DONE

    assert rig.rest.writes() == []
    assert rig.names(LIFECYCLES) == ["mcp-one"]
    assert rig.context.candidates.of("mcp") == ()


async def test_the_lifecycle_of_a_policy_made_again_goes_with_its_source():
    """A policy of the same name takes over what the old one had, its deletions included."""
    rig = Rig()
    lifecycle = rig.imported(uid="old")
    rig.see()
    rig.propose(lifecycle)
    await rig.judge()

    assert rig.names(LIFECYCLES) == []
    assert rig.names(PEDIACLUSTERS) == []


async def test_an_unreadable_crd_is_a_doubt_about_a_leftover():
    """A failing look at the type of lifecycles deletes nothing and crashes nothing."""
    rig = Rig()
    leftover = rig.put(
        PEDIACLUSTERS, pediacluster_body(owners=[lifecycle_owner("mcp-one", "gone")])
    )
    rig.see()
    rig.propose(leftover, OWNERLESS)
    path = CUSTOM_RESOURCE_DEFINITIONS.path(name=f"{LIFECYCLES.resource}.{LIFECYCLES.group}")
    rig.rest.meet("GET", path, errors.InternalError(500, "InternalError", verb="get"))
    await rig.judge(OWNERLESS)

    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]
    assert rig.blocks.get(OWNERLESS).reason == "LookFailed"


async def test_a_lifecycle_made_after_its_policy_went_becomes_a_candidate():
    """A creation that was under way when the policy went leaves nothing behind."""
    rig = Rig()
    rig.imported()
    rig.drop(POLICIES, "mcp")
    rig.tracker.drop("mcp")
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.candidates.includes("mcp", "mcp-one")


# -- lifecycles ---------------------------------------------------------------------------------


async def test_a_secret_that_changes_while_it_is_read_first_is_looked_at_again():
    """The event between the server's answer and our reading of it finds the lifecycle."""
    rig = Rig()
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see()
    woken = []

    def change():
        target = rig.lifecycles._references.lifecycles_of
        woken.extend(
            name for known in rig.lifecycles._references._lifecycles for name in target(known)
        )

    rig.rest.meet("GET", SECRETS.path(namespace="team", name="auth-one"), change)
    await rig.lifecycles.reconcile("mcp-one")

    assert woken == ["mcp-one"]
    assert rig.names(PEDIACLUSTERS) == ["mcp-one"]


async def test_orphan_is_in_force_also_where_a_reference_is_missing():
    """What cannot be rendered is not updated, but its owner no longer takes it along."""
    rig = Rig(deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    before = rig.get(PEDIACLUSTERS, "mcp-one")["spec"]
    await rig.lifecycles.reconcile("mcp-one")

    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == {LIFECYCLE_ANNOTATION: "mcp-one"}
    assert kept["spec"] == before
    ready = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")
    assert ready["reason"] == "ReferenceResourceNotFound"


@pytest.mark.parametrize("is_judged", [False, True])
async def test_orphan_is_in_force_also_where_the_source_is_gone_or_fails(is_judged):
    """A lifecycle that gets no new spec gives up its PediaCluster by its policy's word."""
    rig = Rig(deletionPolicy="Orphan", nameTemplate='{{ fail "x" }}')
    rig.imported()
    if is_judged:
        rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    await rig.lifecycles.reconcile("mcp-one")

    kept = rig.get(PEDIACLUSTERS, "mcp-one")
    assert kept["metadata"].get("ownerReferences") is None
    assert kept["metadata"]["annotations"] == {LIFECYCLE_ANNOTATION: "mcp-one"}


async def test_observe_changes_no_mark_where_a_reference_is_missing():
    """Observe writes no PediaCluster, whatever its deletion policy."""
    rig = Rig(mode="Observe", deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert [path for _, path in rig.rest.writes() if "pediaclusters" in path] == []


async def test_a_lost_mark_is_renewed_after_a_reference_was_missing():
    """`Created` stays true while the cluster that we created stands, so that it stays ours."""
    rig = Rig()
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
    rig = Rig()
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid))
    rig.put(PEDIACLUSTERS, pediacluster_body(), annotations={ADOPT_ANNOTATION: "mcp"})
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "False"


async def test_a_write_that_is_forbidden_is_told():
    """A missing right lasts until a person grants it, so the lifecycle says so."""
    rig = Rig()
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
    template = 'spec:\n  apiserver: "https://other.example"\n  caData: Y2E=\n  tokenData: dA==\n'
    rig = Rig(mode="Observe", template=template, references=[])
    rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    ready = condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")
    assert ready["message"] == "would change apiserver, tokenData"
    assert [path for _, path in rig.rest.writes() if "pediaclusters" in path] == []


async def test_a_source_that_is_not_selected_is_not_counted():
    """A lifecycle that waits for its deletion adds no source to its policy's sums."""
    rig = Rig()
    rig.imported()
    rig.see()
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.tally.of("mcp").selected == 0


async def test_a_lifecycle_does_not_hide_that_its_source_is_rejected():
    """What is wrong with the source stands until the source is looked at again."""
    rig = Rig(nameTemplate='{{ fail "x" }}')
    rig.imported()
    rig.put(CLUSTERS, source_body())
    rig.put(SECRETS, secret_body())
    rig.see()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))
    await rig.lifecycles.reconcile("mcp-one")

    assert rig.context.tally.find("mcp", ONE).state is State.FAILED


# -- sources and policies -----------------------------------------------------------------------


async def test_without_schemas_no_lifecycle_is_written():
    """Fields of ours are not taken off lifecycles because their CRD could not be read."""
    rig = Rig(deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.schemas.current = type(rig.schemas.current)()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))

    assert rig.rest.writes() == []


def term_of(rig):
    """Return a term on a rig's caches, its queues in reach."""
    equipment = Equipment(
        clock=rig.clock,
        random=rig.random,
        caches=rig.caches,
        tracker=rig.tracker,
        schemas=rig.schemas,
        programs=rig.programs,
        guard=ReferenceGuard(ImportRules()),
        digest=DIGEST,
        identity="me",
        workers=Workers(),
        controller_metrics=NullControllerMetrics(),
        import_metrics=rig.metrics,
        queue_metrics=lambda _: NullQueueMetrics(),
    )
    return ImportTerm(equipment, rig.rest, may_write=lambda: True)


async def test_a_source_that_a_new_selector_leaves_out_does_not_keep_its_policy_unsettled():
    """A changed policy looks at everything that stands in its sums, also what no cache has."""
    rig = Rig()
    rig.see()
    term = term_of(rig)
    rejected = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
    gone = ObjectKey("team", "gone")
    term._context.tally.set("mcp", gone, rejected)
    term._context.tally.renew("mcp", [ObjectKey("team", "of an older cache")])
    term.policy_changed("mcp", sources=True)

    for key in drain(term._queues.sources):
        await term._sources.reconcile(key)
    assert term._context.tally.of("mcp").selected == 0
    assert not term._context.tally.is_busy("mcp")


async def test_a_lifecycle_edited_to_another_source_is_looked_at_by_both():
    """The source that lost its lifecycle to an edit has to notice, too."""
    rig = Rig()
    rig.imported()
    rig.see()
    term = term_of(rig)
    old = rig.get(LIFECYCLES, "mcp-one")
    source = {**old["spec"]["source"], "name": "two"}
    new = {**old, "spec": {**old["spec"], "source": source}}
    term.lifecycle_changed(old, new, initial=False)
    assert set(drain(term._queues.sources)) == {
        SourceKey("mcp", ONE),
        SourceKey("mcp", ObjectKey("team", "two")),
    }

    ownerless = {**old, "metadata": {**old["metadata"], "ownerReferences": []}}
    term.lifecycle_changed(old, ownerless, initial=False)
    assert drain(term._queues.sources) == [SourceKey("mcp", ONE)]


async def test_a_status_seen_frees_the_memory_of_its_write():
    """The overlay holds nothing that the cache has, also of changes that concern nobody."""
    rig = Rig()
    lifecycle = rig.imported()
    rig.see()
    term = term_of(rig)
    rig.switchboard.term = term
    written = term._context.written_lifecycles
    rig.put(LIFECYCLES, {**lifecycle, "status": {"conditions": []}})
    written.wrote("mcp-one", rig.get(LIFECYCLES, "mcp-one"))
    drain(term._queues.lifecycles)
    rig.see(LIFECYCLES)

    assert len(written) == 0
    assert drain(term._queues.lifecycles) == []


async def test_a_server_that_asks_for_no_pause_is_not_asked_in_a_loop():
    """`Retry-After: 0` does not outrank the back-off, and keeps the priority of the key."""
    rig = ImportRig()
    tries = []

    class Busy:
        async def reconcile(self, key):
            tries.append(key)
            if len(tries) > 50:
                return DONE
            raise errors.TooManyRequests(429, "TooManyRequests", retry_after_seconds=0.0)

    queue = rig.queues.policies
    controller = Controller(
        "busy", Busy(), queue, workers=1, clock=rig.clock, metrics=NullControllerMetrics()
    )
    queue.add("x")
    running = asyncio.create_task(controller.run())
    await asyncio.sleep(5)
    running.cancel()
    await asyncio.wait({running})

    assert 5 <= len(tries) <= 12


async def test_standings_of_a_settled_policy_are_pending_after_a_change():
    """A blocked policy says nothing about its sources, and is not busy with them."""
    rig = Rig()
    rig.see()
    term = term_of(rig)
    term._context.tally.set("mcp", ONE, Standing(State.IMPORTED))
    rig.block(Blocker("InvalidPolicy", "m"))
    term.policy_changed("mcp", sources=True)

    assert term._context.tally.find("mcp", ONE) == PENDING
    assert not term._context.tally.is_busy("mcp")
    assert policy_owner()["controller"]
