"""Orders of events, and edits, that once left a policy or its sources in a wrong state."""

import asyncio

import pytest

from clusterimport.aio import StepBudget
from clusterimport.controllers.controller import Controller
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.metrics import NullControllerMetrics
from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.queues import EVERYTHING, SourceKey, Sweep
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    POLICIES,
)
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importedrig import ImportedRig, crd
from tests.fakes.controllers.importing import ONE, ImportRig, condition, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    policy_body,
    policy_owner,
    source_body,
)
from tests.fakes.controllers.terms import TermRig, manager_of

pytestmark = pytest.mark.looptime


async def test_a_restart_under_a_broken_policy_forgets_nothing_that_was_told():
    """What nobody can know after a restart stays as the leader before told it."""
    rig = ImportedRig()
    blocked = {"type": "DeletionBlocked", "status": "True", "reason": "X", "message": "m"}
    validated = {"type": "Validated", "status": "False", "reason": "Y", "message": "n"}
    status = {
        "conditions": [blocked, validated],
        "observedGeneration": 1,
        "sources": 9,
        "selected": 7,
        "imported": 7,
    }
    rig.put(POLICIES, {**rig.get(POLICIES, "mcp"), "status": status})
    rig.block(Blocker("InvalidPolicy", "broken"), active=None)
    rig.see()
    await PolicyReconciler(rig.context, rig.blocks, rig.random).reconcile("mcp")

    told = rig.get(POLICIES, "mcp")
    assert {name: told["status"][name] for name in ("sources", "selected", "imported")} == {
        "sources": 9,
        "selected": 7,
        "imported": 7,
    }
    assert condition(told, "DeletionBlocked")["reason"] == "X"
    assert condition(told, "Validated")["reason"] == "InvalidPolicy"


async def test_without_schemas_no_lifecycle_is_written():
    """Fields of ours are not taken off lifecycles because their CRD could not be read."""
    rig = ImportedRig(deletionPolicy="Orphan")
    rig.imported(deletionPolicy="Orphan")
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.schemas.current = type(rig.schemas.current)()
    await rig.sources_reconciler.reconcile(SourceKey("mcp", ONE))

    assert rig.rest.writes() == []


async def test_a_source_that_a_new_selector_leaves_out_does_not_keep_its_policy_unsettled():
    """A changed policy looks at everything that stands in its sums, also what no cache has."""
    rig = TermRig()
    rig.drop(CLUSTERS, "one", "team")
    rig.see()
    rejected = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
    gone = ObjectKey("team", "gone")
    rig.context.tally.set("mcp", gone, rejected)
    rig.context.tally.renew("mcp", [ObjectKey("team", "of an older cache")])
    rig.policy_changed("mcp", sources=True)

    for key in drain(rig.queues.sources):
        await rig.reconcilers.sources.reconcile(key)
    assert rig.context.tally.of("mcp").selected == 0
    assert not rig.context.is_busy("mcp")


async def test_a_lifecycle_edited_to_another_source_is_looked_at_by_both():
    """The source that lost its lifecycle to an edit has to notice, too."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.see()
    rig.taken()
    old = rig.get(LIFECYCLES, "mcp-one")
    source = {**old["spec"]["source"], "name": "two"}
    new = {**old, "spec": {**old["spec"], "source": source}}
    rig.lifecycle_changed(old, new, initial=False)
    assert set(drain(rig.queues.sources)) == {
        SourceKey("mcp", ONE),
        SourceKey("mcp", ObjectKey("team", "two")),
    }

    ownerless = {**old, "metadata": {**old["metadata"], "ownerReferences": []}}
    rig.lifecycle_changed(old, ownerless, initial=False)
    assert drain(rig.queues.sources) == [SourceKey("mcp", ONE)]


async def test_a_status_seen_frees_the_memory_of_its_write():
    """The overlay holds nothing that the cache has, also of changes that concern nobody."""
    rig = TermRig()
    lifecycle = rig.put_lifecycle()
    rig.see()
    written = rig.context.newest.written_lifecycles
    rig.put(LIFECYCLES, {**lifecycle, "status": {"conditions": []}})
    written.wrote("mcp-one", rig.get(LIFECYCLES, "mcp-one"))
    drain(rig.queues.lifecycles)
    rig.see(LIFECYCLES)

    assert len(written) == 0
    assert drain(rig.queues.lifecycles) == []


async def test_policies_are_judged_before_anything_is_looked_at_under_another_schema():
    """A policy whose fields are no longer kept stops before its lifecycles are compared."""
    rig = ImportRig()
    for resource in (POLICIES, LIFECYCLES):
        schema = {"openAPIV3Schema": {"properties": {"spec": {"properties": {}}}}}
        version = {"name": resource.version, "schema": schema}
        rig.put(CUSTOM_RESOURCE_DEFINITIONS, {**crd(resource), "spec": {"versions": [version]}})
    rig.put(POLICIES, policy_body(mode="Observe"))
    manager = manager_of(rig)
    rig.see()
    await manager._hub.types._refresh()
    for queue in manager.queues:
        queue.reopen()
    following = asyncio.create_task(manager.run())
    await asyncio.sleep(1)
    following.cancel()
    await asyncio.wait({following})

    assert drain(manager.queues.sweeps) == [Sweep("mcp"), EVERYTHING]
    assert manager._tracker.get("mcp").blocker.reason == "ExtensionsLost"


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
        "busy",
        Busy(),
        queue,
        workers=1,
        clock=rig.clock,
        metrics=NullControllerMetrics(),
        budget=StepBudget(),
    )
    queue.add("x")
    running = asyncio.create_task(controller.run())
    await asyncio.sleep(5)
    running.cancel()
    await asyncio.wait({running})

    assert 5 <= len(tries) <= 12


async def test_t22_standings_count_while_they_are_looked_at_again():
    """A look is outstanding work, and what was counted last stays; a blocked policy awaits none."""
    rig = TermRig()
    rig.context.tally.set("mcp", ONE, Standing(State.IMPORTED))
    rig.policy_changed("mcp", sources=True)
    assert rig.context.tally.of("mcp").pending == {ONE}
    assert rig.context.tally.find("mcp", ONE) == Standing(State.IMPORTED)
    rig.context.tally.set("mcp", ONE, Standing(State.IMPORTED))
    rig.block(Blocker("InvalidPolicy", "m"))
    rig.policy_changed("mcp", sources=True)

    assert rig.context.tally.find("mcp", ONE) == Standing(State.IMPORTED)
    assert not rig.context.is_busy("mcp")
    assert policy_owner()["controller"]
