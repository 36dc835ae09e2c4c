"""A webhook that changes what we write to lifecycles and policies is not fought (T36).

Of PediaClusters ``lifecycles/test_writer.py`` tells.
"""

import asyncio
import copy

import pytest

from clusterimport.aio import SystemClock
from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.lifecycles.report import Reporter
from clusterimport.controllers.lifecycles.verdict import ImportVerdict, waiting
from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.contested import STAYED_SECONDS, ContestedFields
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, LIFECYCLES, POLICIES
from clusterimport.model.lifecycle import parse_lifecycle
from clusterimport.model.names import (
    EXTENSIONS_ANNOTATION,
    REJECTED_ANNOTATION,
    SOURCE_TYPE_ANNOTATION,
)
from tests.fakes.controllers.importing import KEEPS_ALL, ImportRig, condition, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    policy_owner,
    source_body,
)
from tests.fakes.controllers.reconcilers import LifecycleRig, SourceRig

pytestmark = pytest.mark.looptime

HEARTBEATS = 40
LIFECYCLE = LIFECYCLES.path(name="mcp-one")
STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
POLICY = POLICIES.path(name="mcp")
POLICY_STATUS = POLICIES.path(name="mcp", subresource="status")


def intercept(rig, change):
    """Have a webhook change each body that is written over an object; return how to end it."""
    update = rig.store.update

    def changed(gvr, namespace, name, body, **more):
        body = copy.deepcopy(dict(body))
        change(body)
        return update(gvr, namespace, name, body, **more)

    rig.store.update = changed
    return lambda: setattr(rig.store, "update", update)


def other_condition(body):
    """Have a lifecycle say another condition than its policy."""
    body["spec"]["creationCondition"] = "webhook"


def without_annotations(body):
    """Take all annotations off."""
    body["metadata"]["annotations"] = {}


def other_conditions(body):
    """Change what each condition of a status says, and when that came to be so."""
    for each in (body.get("status") or {}).get("conditions") or ():
        each |= {"status": "Unknown", "reason": "Webhook", "lastTransitionTime": "2020-01-01"}


async def test_t36_a_lifecycle_that_a_webhook_changes_is_written_twice_and_then_with_back_off():
    """Forty events of the source make two writes; its standing names the field."""
    rig = SourceRig()
    rig.owned()
    intercept(rig, other_condition)
    rig.owned(creationCondition="webhook")
    for _ in range(HEARTBEATS):
        result = await rig.look()
        rig.see()
        await asyncio.sleep(1)

    assert rig.rest.count("PATCH", LIFECYCLE) == 2
    assert rig.rest.count("GET", LIFECYCLE) == 1
    standing = rig.standing()
    assert (standing.state, standing.reason) == (State.FAILED, "FieldContested")
    assert "lifecycle mcp-one has fields that do not stay" in standing.message
    assert "spec.creationCondition: managedFields name no other writer" in standing.message
    assert "spec.template" not in standing.message
    assert [event["reason"] for event in rig.told()] == ["FieldContested"]
    assert 0 < result.requeue_after <= 60 - HEARTBEATS + 2


async def test_t54_a_lifecycle_that_is_edited_by_hand_is_put_back_each_time():
    """What stands in the answer as it was written is nobody else's, whatever comes later."""
    rig = SourceRig()
    rig.owned()
    for edits in range(1, 6):
        rig.owned(creationCondition="forged")
        assert await rig.look() == DONE
        rig.see()
        assert rig.rest.count("PATCH", LIFECYCLE) == edits
        assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]


async def test_t36_what_is_due_is_written_and_stays_told_until_it_has_stayed():
    """After the second try comes another one each few minutes; the end of the webhook ends it."""
    rig = SourceRig()
    rig.owned(creationCondition="webhook")
    end = intercept(rig, other_condition)
    await rig.look()
    rig.see()
    due = (await rig.look()).requeue_after
    assert due == 60.0
    await asyncio.sleep(due)
    rig.see()
    assert (await rig.look()).requeue_after == 120.0
    assert rig.standing().reason == "FieldContested"
    assert len(rig.told()) == 1
    end()
    await asyncio.sleep(120)
    rig.see()
    assert await rig.look() == DONE

    assert rig.rest.count("PATCH", LIFECYCLE) == 4
    assert rig.standing() == PENDING
    assert rig.get(LIFECYCLES, "mcp-one")["spec"] == lifecycle_body()["spec"]


async def test_t36_what_is_contested_of_a_lifecycle_holds_nothing_else_back():
    """The other fields follow the policy at once, and what is imported is looked at as ever."""
    rig = SourceRig()
    rig.owned(creationCondition="webhook")
    intercept(rig, other_condition)
    for _ in range(3):
        await rig.look()
        rig.see()
    drain(rig.queues.lifecycles)
    rig.activate(template="spec: {}")
    await rig.look()

    assert rig.get(LIFECYCLES, "mcp-one")["spec"]["template"] == "spec: {}"
    assert rig.rest.last("PATCH").body["spec"] == {"template": "spec: {}"}
    assert drain(rig.queues.lifecycles) == ["mcp-one"]


async def test_t36_whose_a_lifecycle_is_no_webhook_says():
    """Its controller is put back each time: another policy could have it deleted meanwhile."""
    rig = SourceRig()
    obj = rig.owned()
    for number in range(4):
        other = [policy_owner(uid=f"another-{number}")]
        rig.put(LIFECYCLES, obj, ownerReferences=other)
        rig.see()
        assert await rig.look() == DONE

    assert rig.rest.count("PATCH", LIFECYCLE) == 4


async def test_t36_a_lifecycle_that_is_gone_is_remembered_no_more():
    """One that is made again under the name is written at once."""
    rig = SourceRig()
    rig.owned(creationCondition="webhook")
    intercept(rig, other_condition)
    for _ in range(3):
        await rig.look()
        rig.see()
    rig.context.contested.forget("mcp-one")
    await rig.look()

    assert rig.rest.count("PATCH", LIFECYCLE) == 3


def waits(reason):
    """Return the verdict on a lifecycle that waits."""
    return ImportVerdict(exists=False, held=waiting(reason, "m"))


class StatusRig(ImportRig):
    """A lifecycle, and what writes its status."""

    def __init__(self):
        super().__init__()
        self.active = self.activate()
        self.put(CLUSTERS, source_body())
        self.put(LIFECYCLES, lifecycle_body(policy_uid=self.active.record.uid))
        self.subject = Reporter(self.context)

    async def tell(self, verdict):
        """Report a verdict on the lifecycle as it is now."""
        self.see()
        obj = self.context.newest.lifecycle("mcp-one")
        await self.subject.tell(obj, parse_lifecycle(obj), verdict, [])


async def test_t36_a_status_that_a_webhook_changes_is_written_twice_and_then_with_back_off():
    """Forty looks make two writes; an Event tells, since a condition would not stay either."""
    rig = StatusRig()
    intercept(rig, other_conditions)
    for _ in range(HEARTBEATS):
        await rig.tell(waits("WaitCreationCondition"))
        await asyncio.sleep(1)

    assert rig.rest.count("PUT", STATUS) == 2
    (event,) = [event for event in rig.told() if event["reason"] == "FieldContested"]
    assert "lifecycle mcp-one has fields that do not stay" in event["note"]
    assert "status.conditions: " in event["note"]
    await asyncio.sleep(60 - HEARTBEATS + 2)
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    await rig.tell(waits("WaitCreationCondition"))
    assert rig.rest.count("PUT", STATUS) == 3


async def test_t36_news_goes_into_a_contested_status_at_once():
    """What it says is another thing than what did not stay."""
    rig = StatusRig()
    end = intercept(rig, other_conditions)
    for _ in range(3):
        await rig.tell(waits("WaitCreationCondition"))
    end()
    await rig.tell(ImportVerdict(exists=True, created_reason="PediaClusterCreated"))

    assert condition(rig.get(LIFECYCLES, "mcp-one"), "Created")["status"] == "True"


async def test_t36_a_state_that_comes_and_goes_is_not_contested():
    """Each change is told, however often it is the same two in turns."""
    rig = StatusRig()
    for _ in range(5):
        await rig.tell(ImportVerdict(exists=True, created_reason="PediaClusterCreated"))
        await rig.tell(waits("PediaClusterTerminating"))

    assert rig.rest.count("PUT", STATUS) == 10


async def test_t36_an_annotation_of_a_lifecycle_that_does_not_stay_is_written_twice():
    """On Clusterpedia's CRDs it tells of the source's type; without it the import goes on."""
    rig = LifecycleRig()
    body = {"metadata": {"name": "clusters.cluster.mcp.io"}}
    rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, creationTimestamp="2026-06-01T00:00:00Z", uid="u")
    rig.tracker.type_uids["clusters.cluster.mcp.io"] = "u"
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    intercept(rig, without_annotations)
    for _ in range(5):
        await rig.look()
        rig.see()

    assert SOURCE_TYPE_ANNOTATION not in rig.get(LIFECYCLES, "mcp-one")["metadata"].get(
        "annotations", {}
    )
    assert rig.rest.count("PATCH", LIFECYCLE) == 2
    assert rig.ready() == "Imported"
    body = rig.get(LIFECYCLES, "mcp-one")
    rig.drop(LIFECYCLES, "mcp-one")
    rig.see()
    await rig.look()
    rig.put(LIFECYCLES, {name: body[name] for name in ("apiVersion", "kind", "metadata", "spec")})
    rig.see()
    await rig.look()
    assert rig.rest.count("PATCH", LIFECYCLE) == 3


class PolicyRig(ImportRig):
    """A policy in force, and its reconciler."""

    def __init__(self, **spec):
        super().__init__()
        self.activate(**spec)
        self.subject = PolicyReconciler(self.context, self.blocks, self.random)

    async def look(self):
        """Reconcile the policy a second after the last time."""
        await asyncio.sleep(1)
        self.see(POLICIES)
        return await self.subject.reconcile("mcp")


async def test_t36_a_policy_whose_annotation_is_taken_off_still_has_its_status():
    """The mark of its extensions is written twice; no event comes of what came to nothing."""
    rig = PolicyRig(mode="Observe")
    intercept(rig, without_annotations)
    for _ in range(2):
        assert (await rig.look()).requeue_after == 1.0
    for _ in range(HEARTBEATS):
        await rig.look()

    assert EXTENSIONS_ANNOTATION not in rig.get(POLICIES, "mcp")["metadata"].get("annotations", {})
    assert rig.rest.writes() == [("PATCH", POLICY)] * 2 + [("PATCH", POLICY_STATUS)]
    assert condition(rig.get(POLICIES, "mcp"), "Ready")["status"] == "True"


async def test_t36_a_mark_of_rejected_sources_that_is_taken_off_holds_up_no_status():
    """On Clusterpedia's CRDs it stands in an annotation."""
    rig = PolicyRig()
    rig.schemas.current = ServedSchemas(
        {"properties": {"status": {"properties": {"conditions": {}}}}}, KEEPS_ALL
    )
    await rig.look()
    intercept(rig, without_annotations)
    failed = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False, is_rejected=True)
    rig.context.tally.set("mcp", parse_lifecycle(lifecycle_body()).source.key, failed)
    for _ in range(HEARTBEATS):
        await rig.look()

    assert REJECTED_ANNOTATION not in rig.get(POLICIES, "mcp")["metadata"].get("annotations", {})
    assert rig.rest.count("PATCH", POLICY) == 2
    assert condition(rig.get(POLICIES, "mcp"), "Ready")["reason"] == "SourcesFailed"


async def test_t36_a_policys_status_that_a_webhook_changes_is_not_written_each_second():
    """Twice, and then every few minutes; an Event tells once of it, and no other one each time."""
    rig = PolicyRig()
    source = parse_lifecycle(lifecycle_body()).source.key
    rig.context.tally.set("mcp", source, Standing(State.WAITING, "WaitCreationCondition", "m"))
    intercept(rig, other_conditions)
    for _ in range(HEARTBEATS):
        result = await rig.look()

    assert rig.rest.count("PATCH", POLICY_STATUS) == 2
    assert 0 < result.requeue_after <= 60
    told = [event["reason"] for event in rig.told()]
    assert told.count("FieldContested") == 1
    assert told.count("Waiting") == 2
    rig.drop(POLICIES, "mcp")
    await rig.look()
    assert len(rig.subject._contested) == 0


async def test_nothing_is_remembered_of_what_was_written_long_ago():
    """Of thousands of objects that is most; those that were written since stay."""
    fields = ContestedFields(SystemClock())
    patch = {"metadata": {"resourceVersion": "1"}, "status": {"source": "team/one"}}
    for number in range(3):
        fields.wrote(f"c{number}", patch)
    await asyncio.sleep(STAYED_SECONDS - 1)
    fields.wrote("c0", patch)
    await asyncio.sleep(2)
    fields.wrote("c3", patch)

    assert len(fields) == 2
    fields.wrote("c0", patch)
    assert [field.path for field in fields.withheld("c0", patch)] == [("status", "source")]
