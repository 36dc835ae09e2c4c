"""A policy's status, annotation and finalizers: few writes, and none that changes nothing."""

import asyncio
import dataclasses
from contextlib import suppress

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.policies.access import MISSING_SECONDS
from clusterimport.controllers.policies.reconciler import QUIET_START_SECONDS, PolicyReconciler
from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.blocks import HeldDeletions
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.informers import InformerStatus
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, NAMESPACES, POLICIES, SECRETS
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import EXTENSIONS_ANNOTATION, POLICY_FINALIZER, REJECTED_ANNOTATION
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, ImportRig, condition, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    REFERENCE,
    lifecycle_body,
    policy_body,
    source_body,
)

pytestmark = pytest.mark.looptime

IMPORTED = Standing(State.IMPORTED)
REJECTED = Standing(State.FAILED, "NameConflict", "m", has_lifecycle=False)
HELD = HeldDeletions("DeletionBudgetExceeded", "", 7, 0, 7, ("mcp-one",), "t")
TEAM = DeletionKey("mcp", "namespace/team")
LOST = Blocker("ExtensionsLost", "m", freezes=True)
STATUS = POLICIES.path(name="mcp", subresource="status")
OBJECT = POLICIES.path(name="mcp")


class Rig(ImportRig):
    """A policy in force, and its reconciler."""

    def __init__(self, **spec):
        super().__init__()
        self.activate(**spec)
        self.subject = PolicyReconciler(self.context, self.blocks, self.random)

    async def look(self):
        self.see(POLICIES, LIFECYCLES)
        return await self.subject.reconcile("mcp")

    def status(self):
        return self.get(POLICIES, "mcp").get("status") or {}

    def set(self, standing, source=ONE):
        self.context.tally.set("mcp", source, standing)


async def test_a_settled_policy_is_told_once():
    """The first look writes the status, the second finds nothing to write."""
    rig = Rig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.set(IMPORTED)
    assert await rig.look() == DONE
    assert rig.rest.writes() == [("PATCH", STATUS)]
    assert rig.status()["imported"] == 1
    assert rig.status()["sources"] == 1
    assert rig.status()["observedGeneration"] == 1
    assert condition(rig.get(POLICIES, "mcp"), "Ready")["status"] == "True"

    await asyncio.sleep(5)
    assert await rig.look() == DONE
    assert len(rig.rest.writes()) == 1
    assert rig.told() == []
    assert rig.metrics.gauges["mcp imported"] == 1
    assert rig.metrics.gauges["mcp failed"] == 0


async def test_only_what_changed_is_sent_and_with_the_version_it_is_based_on():
    """The patch carries the resourceVersion and leaves out fields that stand already."""
    rig = Rig()
    await rig.look()
    version = rig.get(POLICIES, "mcp")["metadata"]["resourceVersion"]
    await asyncio.sleep(2)
    rig.set(REJECTED)
    await rig.look()
    body = rig.rest.last("PATCH").body

    assert body["metadata"] == {"resourceVersion": version}
    assert set(body["status"]) == {"conditions", "selected", "failed"}


async def test_a_stale_view_is_a_conflict():
    """A policy that has changed underneath is not overwritten."""
    rig = Rig()
    rig.see()
    rig.put(POLICIES, policy_body(), labels={"a": "b"})
    with pytest.raises(errors.Conflict):
        await rig.subject.reconcile("mcp")


async def test_a_status_is_written_once_a_second():
    """A thousand sources that change at once make one write, and the last state is told."""
    rig = Rig()
    await rig.look()
    for number in range(20):
        rig.set(IMPORTED, ObjectKey("team", str(number)))
        result = await rig.look()
        assert len(rig.rest.writes()) == 1
        assert 0 < result.requeue_after <= 1.0
        await asyncio.sleep(0.04)
    await asyncio.sleep(result.requeue_after)
    assert await rig.look() == DONE

    assert len(rig.rest.writes()) == 2
    assert rig.status()["imported"] == 20


@pytest.mark.parametrize("is_viewed", [True, False])
async def test_a_restart_is_quiet_for_half_a_minute(is_viewed):
    """A known policy that is looked at again tells so only if that takes long."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = Rig()
    obj = restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.block(None, uid=obj["metadata"]["uid"])
    if is_viewed:
        restarted.context.tally.renew("mcp", [ONE])
    else:
        restarted.sources().add_interest("late", lambda _: True)
        restarted.activate(see=False)
        restarted.block(None, generation=1)
    result = await restarted.look()
    assert result.requeue_after == pytest.approx(QUIET_START_SECONDS)
    await asyncio.sleep(10)
    result = await restarted.look()
    assert result.requeue_after == pytest.approx(QUIET_START_SECONDS - 10)
    assert restarted.rest.writes() == []

    await asyncio.sleep(20)
    await restarted.look()
    assert restarted.rest.writes() == [("PATCH", STATUS)]
    told = condition(restarted.get(POLICIES, "mcp"), "Reconciling")
    assert told["status"] == "True"


async def test_a_restart_that_finds_nothing_writes_nothing():
    """When the look ends as everything was, not one write is made."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = Rig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    restarted.set(IMPORTED)
    restarted.context.tally.judged("mcp", ONE)
    assert await restarted.look() == DONE

    assert restarted.rest.writes() == []
    assert not restarted.context.tally.of("mcp").is_renewed


async def test_something_new_is_told_at_once():
    """A new source of a settled policy is told as work, without the quiet of a restart."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    await asyncio.sleep(2)
    rig.set(PENDING, ObjectKey("team", "two"))
    assert await rig.look() == DONE
    assert rig.status()["selected"] == 2

    # And the rest of it until all has settled, even if the policy is looked at again meanwhile.
    await asyncio.sleep(2)
    rig.context.tally.renew("mcp", [ONE])
    rig.set(PENDING, ObjectKey("team", "three"))
    assert await rig.look() == DONE
    assert rig.status()["selected"] == 3


async def test_a_new_generation_is_told_at_once():
    """An edited policy says at once that it is being looked at."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    await asyncio.sleep(2)
    rig.put(POLICIES, policy_body(template="spec: {}"))
    rig.block(None, generation=2)
    rig.context.tally.renew("mcp", [ONE])
    assert await rig.look() == DONE

    assert rig.status()["observedGeneration"] == 2
    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"


async def test_candidates_for_deletion_are_outstanding_work_until_blocked():
    """A candidate under judgement keeps the policy from being settled; a block is told instead."""
    rig = Rig()
    obj = rig.put(LIFECYCLES, lifecycle_body())
    rig.propose(obj)
    await rig.look()
    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"

    rig.blocks.set("mcp", TEAM.tenant, HELD)
    await asyncio.sleep(2)
    await rig.look()
    told = rig.get(POLICIES, "mcp")
    assert condition(told, "Reconciling")["status"] == "False"
    assert condition(told, "DeletionBlocked")["message"] == rig.blocks.get("mcp").message
    assert told["status"]["heldDeletions"] == [{"namespace": "team", "count": 7, "token": "t"}]
    assert condition(told, "Ready")["reason"] == "DeletionBlocked"
    assert rig.told() == [], "the deletion reconciler has told it"

    rig.blocks.clear("mcp", TEAM.tenant)
    rig.context.candidates.withdraw("mcp", "mcp-one")
    await asyncio.sleep(2)
    await rig.look()
    assert "heldDeletions" not in rig.status()


async def test_t53_one_tenants_block_does_not_settle_another_ones_deletions():
    """While somebody's candidates are judged, work is outstanding, whoever is held."""
    rig = Rig()
    rig.propose(rig.put(LIFECYCLES, lifecycle_body()))
    rig.blocks.set("mcp", "namespace/other", HELD)
    await rig.look()

    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"


async def test_a_failure_makes_one_event_per_reason():
    """An Event is made when Ready turns False, and when its reason changes, not each time."""
    rig = Rig()
    rig.set(REJECTED)
    await rig.look()
    (event,) = rig.told()
    assert (event["type"], event["reason"]) == ("Warning", "SourcesFailed")
    assert event["regarding"]["name"] == "mcp"
    await asyncio.sleep(2)
    rig.set(REJECTED, ObjectKey("team", "two"))
    await rig.look()
    assert rig.told() == []
    await asyncio.sleep(2)
    rig.block(Blocker("InvalidPolicy", "why"))
    await rig.look()

    assert [event["reason"] for event in rig.told()] == ["InvalidPolicy"]


WAITING = Standing(State.WAITING, "WaitCreationCondition", "printed nothing")


@pytest.mark.parametrize(
    ("standings", "sources", "reason"),
    [([WAITING], 1, "Waiting"), ([], 1, "NothingSelected"), ([WAITING, IMPORTED], 1, None)],
)
async def test_t21_a_policy_that_imports_nothing_makes_one_event(standings, sources, reason):
    """Whoever expects an import hears of it once, as of something normal."""
    rig = Rig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    for number, standing in enumerate(standings):
        rig.set(standing, ObjectKey("team", str(number)))
    await rig.look()
    assert rig.status()["sources"] == sources
    events = rig.told()
    assert [(event["type"], event["reason"]) for event in events] == (
        [("Normal", reason)] if reason else []
    )
    await asyncio.sleep(2)
    rig.set(WAITING, ObjectKey("team", "another"))
    await rig.look()

    assert [event for event in rig.told() if event["reason"] == reason] == []


@pytest.mark.parametrize("gvr", [CLUSTERS, SECRETS])
async def test_t20_what_cannot_be_read_for_a_minute_is_a_condition(gvr):
    """Sources and references alike; before the minute is over nothing is said, nor written."""
    rig = Rig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.set(IMPORTED)
    await rig.look()
    counted = {name: rig.status()[name] for name in ("sources", "selected", "imported")}
    down = errors.ServiceUnavailable(503, "ServiceUnavailable", "the webhook", verb="list")
    rig.informers.of(gvr).fail(down, since=rig.clock.monotonic())
    rig.drop(CLUSTERS, "one", "team")
    result = await rig.look()
    assert result.requeue_after == pytest.approx(60.0)
    await asyncio.sleep(59.0)
    assert (await rig.look()).requeue_after == pytest.approx(1.0)
    assert len(rig.rest.writes()) == 1

    await asyncio.sleep(1.0)
    await rig.look()
    ready = condition(rig.get(POLICIES, "mcp"), "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "SourcesUnreadable")
    assert str(gvr.group_resource) in ready["message"]
    assert "503 ServiceUnavailable: the webhook" in ready["message"]
    assert "Look at what serves the type" in ready["message"]
    assert {name: rig.status()[name] for name in counted} == counted
    (event,) = rig.told()
    assert (event["type"], event["reason"]) == ("Warning", "SourcesUnreadable")

    await asyncio.sleep(2.0)
    rig.informers.of(gvr).tell(InformerStatus(synced=True))
    await rig.look()
    ready = condition(rig.get(POLICIES, "mcp"), "Ready")
    assert (ready["status"], ready["reason"]) == ("True", "Imported")


FIXED = [REFERENCE | {"namespaceTemplate": "vault"}]


async def test_t23_a_namespace_that_does_not_exist_is_told():
    """The policy is valid when it is made; it is looked for every half minute, and then hourly."""
    rig = Rig(references=FIXED)
    rig.store.serve(NAMESPACES, "Namespace", namespaced=False)
    result = await rig.look()
    for kind in ("Validated", "Ready"):
        told = condition(rig.get(POLICIES, "mcp"), kind)
        assert (told["status"], told["reason"]) == ("False", "InvalidPolicy")
        assert "namespace vault does not exist" in told["message"]
    assert result.requeue_after == MISSING_SECONDS
    path = NAMESPACES.path(name="vault")
    await rig.look()
    assert rig.rest.count("GET", path) == 1

    rig.put(NAMESPACES, {"metadata": {"name": "vault"}})
    await asyncio.sleep(MISSING_SECONDS)
    assert (await rig.look()).requeue_after is None
    assert condition(rig.get(POLICIES, "mcp"), "Validated")["status"] == "True"
    await asyncio.sleep(600)
    await rig.look()
    assert rig.rest.count("GET", path) == 2
    await asyncio.sleep(3600)
    await rig.look()
    assert rig.rest.count("GET", path) == 3


@pytest.mark.parametrize(
    "error", [errors.Forbidden(403, "Forbidden"), errors.NotFound(404, "NotFound")]
)
async def test_t23_a_namespace_that_cannot_be_read_is_not_missing(error):
    """Without the right, or an answer that names it, nothing is said."""
    rig = Rig(references=FIXED)
    rig.rest.meet("GET", NAMESPACES.path(name="vault"), error)
    assert (await rig.look()).requeue_after is None

    assert condition(rig.get(POLICIES, "mcp"), "Validated")["status"] == "True"


async def test_t22_objects_that_no_selector_takes_are_counted_now_and_then():
    """``sources`` follows them, ten seconds apart where nothing else has changed."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    for number in range(3):
        rig.put(CLUSTERS, source_body(f"c{number}"))
        rig.see(CLUSTERS)
        result = await rig.look()
        await asyncio.sleep(1.0)
    assert len(rig.rest.writes()) == 1
    await asyncio.sleep(result.requeue_after)
    await rig.look()

    assert rig.status()["sources"] == 3
    assert len(rig.rest.writes()) == 2


async def test_t22_the_metric_is_never_less_than_what_is_known():
    """While everything is looked at again, and after a takeover, the sums stay what they were."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    rig.context.tally.renew("mcp", [ONE])
    await rig.look()
    assert rig.metrics.gauges["mcp imported"] == 1
    assert rig.metrics.gauges["mcp pending"] == 1

    restarted = Rig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    assert restarted.metrics.gauges["mcp imported"] == 1
    assert "mcp unreachable" not in restarted.metrics.gauges


async def test_t22_a_first_import_is_shown_as_it_goes():
    """Whoever watches the columns sees it grow; and so does the next look of the same leader."""
    rig = Rig()
    for number in range(3):
        rig.set(IMPORTED, ObjectKey("team", str(number)))
        rig.set(PENDING, ONE)
        await rig.look()
        assert rig.status()["imported"] == number + 1
        await asyncio.sleep(2.0)


async def test_t22_a_takeover_under_an_invalid_policy_keeps_its_numbers():
    """The caches of an older generation are warm, and nothing is looked at: nothing is known."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = Rig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.block(Blocker("InvalidPolicy", "m"))
    for _ in range(2):
        await restarted.look()
        await asyncio.sleep(2.0)

    assert restarted.status()["imported"] == 1
    assert condition(restarted.get(POLICIES, "mcp"), "Ready")["reason"] == "InvalidPolicy"


async def test_t22_a_takeover_on_clusterpedias_crds_shows_no_zeros():
    """Their status keeps no numbers, so the metric waits until they are known."""
    rig = Rig()
    rig.set(IMPORTED)
    await rig.look()
    conditions = {"conditions": rig.status()["conditions"]}
    restarted = Rig()
    restarted.put(POLICIES, policy_body() | {"status": conditions})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    assert "mcp imported" not in restarted.metrics.gauges
    restarted.set(IMPORTED)
    restarted.context.tally.judged("mcp", ONE)
    await restarted.look()
    assert restarted.metrics.gauges["mcp imported"] == 1


REFUSALS = [
    errors.BadRequest(400, "BadRequest"),
    errors.Forbidden(403, "Forbidden"),
    errors.NotFound(404, "NotFound"),
    errors.Conflict(409, "Conflict"),
    errors.Invalid(422, "Invalid"),
    errors.TooManyRequests(429, "TooManyRequests", retry_after_seconds=1.0),
    errors.InternalError(500, "InternalError"),
    errors.ServerTimeout(504, "Timeout"),
    errors.TransportError("reset"),
]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
async def test_t35_the_status_writer_backs_off(error):
    """However often its sources change, a write that fails is tried a few times in 70 s."""
    await fail_for_a_while(Rig(), STATUS, error)


async def test_t35_the_annotation_of_a_policy_backs_off():
    """Every write to a policy, and not its status alone."""
    await fail_for_a_while(Rig(mode="Observe"), OBJECT, errors.InternalError(500, "X"))


async def fail_for_a_while(rig, path, error):
    """Have a write fail for 70 s of changes; it is tried a few times, and comes when it can."""
    rig.rest.meet("PATCH", path, *[error] * 70)
    for number in range(70):
        rig.set(IMPORTED, ObjectKey("team", str(number)))
        with suppress(errors.KubeError):
            await rig.look()
        await asyncio.sleep(1.0)
    assert 2 <= len(rig.rest.writes()) <= 14

    rig.rest.heal()
    await asyncio.sleep(60.0)
    for _ in range(2):
        await rig.look()
        await asyncio.sleep(1.0)
    assert rig.status()["imported"] == 70


async def test_t35_retry_after_is_waited_for_and_no_longer_than_a_minute():
    """What the server asks for holds for the status, too; an hour of it is a mistake."""
    rig = Rig()
    asked = errors.from_status(429, b"{}", {"Retry-After": "3600"}, "patch", "p")
    rig.rest.meet("PATCH", STATUS, asked)
    with pytest.raises(errors.TooManyRequests):
        await rig.look()
    rig.set(IMPORTED)
    assert (await rig.look()).requeue_after == pytest.approx(60.0)
    await asyncio.sleep(60.0)
    await rig.look()

    assert rig.status()["imported"] == 1


async def test_t35_a_success_ends_the_back_off():
    """And a policy that is gone leaves nothing behind."""
    rig = Rig()
    rig.rest.meet("PATCH", STATUS, *[errors.InternalError(500, "X")] * 3)
    for _ in range(3):
        with pytest.raises(errors.InternalError):
            await rig.look()
        await asyncio.sleep(10.0)
    await rig.look()
    assert rig.subject._backoff.retries("mcp") == 0
    assert rig.subject._not_before == {}

    rig.rest.meet("PATCH", STATUS, errors.InternalError(500, "X"))
    rig.set(IMPORTED)
    await asyncio.sleep(2.0)
    with pytest.raises(errors.InternalError):
        await rig.look()
    rig.drop(POLICIES, "mcp")
    await rig.look()
    assert rig.subject._not_before == {}
    assert rig.subject._backoff.retries("mcp") == 0


@pytest.mark.parametrize("change", ["uid", "generation", "none"])
async def test_nothing_is_told_by_an_older_verdict(change):
    """Until the tracker has looked at this object in this generation, its status stands."""
    rig = Rig()
    if change == "none":
        rig.tracker.drop("mcp")
    else:
        rig.block(None, **{"uid": {"uid": "another"}, "generation": {"generation": 7}}[change])

    assert await rig.look() == DONE
    assert rig.rest.writes() == []


@pytest.mark.parametrize(
    ("spec", "present", "wanted"),
    [
        ({"mode": "Observe"}, {}, "mode"),
        ({"mode": "Observe", "deletionPolicy": "Orphan"}, {}, "deletionPolicy,mode"),
        ({"mode": "Observe"}, {EXTENSIONS_ANNOTATION: "updatePolicy"}, "mode"),
        ({}, {EXTENSIONS_ANNOTATION: "mode", "other": "stays"}, None),
    ],
)
async def test_the_extensions_in_use_are_written_down(spec, present, wanted):
    """The annotation names our fields that the policy sets; the status waits for its event."""
    rig = Rig(**spec)
    rig.put(POLICIES, policy_body(**spec), annotations=present)
    # Of a write that comes to nothing there is no event.
    assert (await rig.look()).requeue_after == 1.0
    assert rig.rest.writes() == [("PATCH", OBJECT)]
    annotations = rig.get(POLICIES, "mcp")["metadata"]["annotations"]
    assert annotations.get(EXTENSIONS_ANNOTATION) == wanted
    assert annotations.get("other") == present.get("other")
    assert "resourceVersion" in rig.rest.last("PATCH").body["metadata"]

    await rig.look()
    assert rig.rest.writes() == [("PATCH", OBJECT), ("PATCH", STATUS)]


async def test_a_frozen_policy_keeps_its_annotation():
    """What tells that fields were lost must not be corrected to what is left of them."""
    rig = Rig()
    rig.put(POLICIES, policy_body(), annotations={EXTENSIONS_ANNOTATION: "mode"})
    rig.block(LOST)
    await rig.look()

    assert rig.rest.writes() == [("PATCH", STATUS)]
    assert condition(rig.get(POLICIES, "mcp"), "Validated")["reason"] == "ExtensionsLost"
    rig.block(Blocker("InvalidPolicy", "m"))
    await rig.look()
    assert rig.rest.writes()[1] == ("PATCH", OBJECT)


async def test_fields_that_the_crd_prunes_are_not_sent():
    """On Clusterpedia's CRD only the conditions are written, and no difference is seen after."""
    rig = Rig()
    conditions = {"properties": {"status": {"properties": {"conditions": {}}}}}
    rig.schemas.current = ServedSchemas(conditions, KEEPS_ALL)
    await rig.look()
    assert set(rig.status()) == {"conditions"}
    await asyncio.sleep(5)
    await rig.look()

    assert len(rig.rest.writes()) == 1


@pytest.mark.parametrize(
    ("finalizers", "left"),
    [
        ([POLICY_FINALIZER], None),
        (["a", POLICY_FINALIZER, "b"], ["a", "b"]),
        (["a"], ["a"]),
    ],
)
async def test_a_policy_that_is_being_deleted_is_let_go(finalizers, left):
    """Clusterpedia's finalizer is removed and no other; nothing else is written."""
    rig = Rig()
    rig.put(POLICIES, policy_body(), finalizers=finalizers, deletionTimestamp="now")
    assert await rig.look() == DONE
    obj = rig.get(POLICIES, "mcp")

    assert (obj["metadata"]["finalizers"] if obj else None) == left
    expected = [("PATCH", OBJECT)] if POLICY_FINALIZER in finalizers else []
    assert rig.rest.writes() == expected


async def test_a_policy_that_went_in_between_is_let_go_too():
    """That the object is gone already is no failure; that it changed is one."""
    rig = Rig()
    rig.put(POLICIES, policy_body(), finalizers=[POLICY_FINALIZER], deletionTimestamp="now")
    rig.rest.meet(
        "PATCH", OBJECT, errors.NotFound(404, "NotFound"), errors.Conflict(409, "Conflict")
    )

    assert await rig.look() == DONE
    with pytest.raises(errors.Conflict):
        await rig.look()


async def test_a_policy_that_is_gone_leaves_candidates():
    """Its lifecycles become candidates, its metrics and sums are forgotten; nothing is deleted."""
    rig = Rig()
    rig.set(IMPORTED)
    obj = rig.put(LIFECYCLES, lifecycle_body())
    rig.put(LIFECYCLES, lifecycle_body("other"), ownerReferences=[])
    rig.drop(POLICIES, "mcp")
    assert await rig.look() == DONE
    (candidate,) = rig.context.candidates.of(TEAM)

    assert candidate == Candidate.of(obj, None)
    assert rig.context.tally.of("mcp").selected == 0
    assert rig.metrics.counts["forgot mcp"] == 1
    assert rig.health_metrics.counts == {"forgot policy mcp": 1}
    assert rig.rest.writes() == []
    assert drain(rig.queues.deletions) == []
    await asyncio.sleep(2.1)
    assert drain(rig.queues.deletions) == [TEAM]


REJECTION = [{"source": "team/one", "reason": "NameConflict"}]
TOLD = '[{"source":"team/one","reason":"NameConflict"}]'


@pytest.mark.parametrize("keeps", [True, False])
async def test_t26_what_was_rejected_stands_in_a_field_or_in_an_annotation(keeps):
    """The next leader reads it there, and not in a message; it goes with the last rejection."""
    rig = Rig()
    if not keeps:
        rig.schemas.current = ServedSchemas({}, KEEPS_ALL)
    rig.context.tally.settled("mcp")
    rig.set(dataclasses.replace(REJECTED, is_rejected=True))
    for _ in range(3):
        await rig.look()
        await asyncio.sleep(2)
    policy = rig.get(POLICIES, "mcp")
    assert policy["status"].get("rejected") == (REJECTION if keeps else None)
    noted = policy["metadata"].get("annotations") or {}
    assert noted.get(REJECTED_ANNOTATION) == (None if keeps else TOLD)
    assert condition(policy, "Ready")["reason"] == "SourcesFailed"

    rig.set(IMPORTED)
    for _ in range(3):
        await rig.look()
        await asyncio.sleep(2)
    policy = rig.get(POLICIES, "mcp")
    assert not policy["status"].get("rejected")
    assert REJECTED_ANNOTATION not in (policy["metadata"].get("annotations") or {})
    writes = len(rig.rest.writes())
    await rig.look()
    assert len(rig.rest.writes()) == writes


async def test_t26_a_leader_that_has_not_looked_at_all_forgets_nothing_that_was_told():
    """What stands stays until each source was looked at once."""
    rig = Rig()
    rig.put(POLICIES, rig.get(POLICIES, "mcp") | {"status": {"rejected": REJECTION}})
    rig.set(PENDING)
    for _ in range(2):
        await asyncio.sleep(QUIET_START_SECONDS)
        await rig.look()

    assert rig.status()["rejected"] == REJECTION
