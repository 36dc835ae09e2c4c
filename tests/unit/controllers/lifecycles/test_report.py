"""Conditions, tally, Events and metrics of one look at a lifecycle, each only on a change."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict, waiting
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecycle import parse_lifecycle
from tests.fakes.aio.manualclock import START
from tests.fakes.controllers.importing import KEEPS_ALL, ONE
from tests.fakes.controllers.importobjects import CLUSTERS, lifecycle_body
from tests.fakes.controllers.reporting import CREATED, LookRig

pytestmark = pytest.mark.looptime

STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
EXISTED = ImportVerdict(exists=True, created_reason="PediaClusterExisted")
CONFLICT = Held("NameConflict", "the name is taken")
WAITS = waiting("WaitCreationCondition", "not true yet")
BEGINNING = START.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("verdict", "created", "updating", "ready", "standing"),
    [
        (
            CREATED,
            ("True", "PediaClusterCreated"),
            ("False", "PediaClusterUpdated"),
            ("True", "Imported"),
            Standing(State.IMPORTED),
        ),
        (
            EXISTED,
            ("True", "PediaClusterExisted"),
            ("False", "PediaClusterUpdated"),
            ("True", "Imported"),
            Standing(State.IMPORTED),
        ),
        (
            ImportVerdict(exists=True, held=Held("IncompleteCredentials", "no token")),
            ("True", "PediaClusterExisted"),
            ("True", "IncompleteCredentials"),
            ("False", "IncompleteCredentials"),
            Standing(State.OUTDATED, "IncompleteCredentials", "no token"),
        ),
        (
            ImportVerdict(exists=True, held=waiting("ReferenceResourceNotFound", "no secret")),
            ("True", "PediaClusterExisted"),
            ("True", "ReferenceResourceNotFound"),
            ("False", "ReferenceResourceNotFound"),
            Standing(State.OUTDATED, "ReferenceResourceNotFound", "no secret"),
        ),
        (
            ImportVerdict(exists=False, held=CONFLICT),
            ("False", "NameConflict"),
            None,
            ("False", "NameConflict"),
            Standing(State.FAILED, "NameConflict", "the name is taken"),
        ),
        (
            ImportVerdict(exists=False, held=WAITS),
            ("False", "WaitCreationCondition"),
            None,
            ("False", "WaitCreationCondition"),
            Standing(State.WAITING, "WaitCreationCondition", "not true yet"),
        ),
        (
            ImportVerdict(exists=False, observed="would create"),
            ("False", "Observed"),
            None,
            ("False", "Observed"),
            Standing(State.WAITING, "Observed"),
        ),
        (
            ImportVerdict(exists=True, observed="would change apiserver"),
            ("True", "PediaClusterExisted"),
            ("False", "PediaClusterUpdated"),
            ("True", "Imported"),
            Standing(State.IMPORTED),
        ),
    ],
)
async def test_every_verdict_has_its_conditions(verdict, created, updating, ready, standing):
    """One write tells all conditions of a look, and the tally gets the same."""
    rig = LookRig()
    await rig.report(verdict)
    expected = {"Created": created, "Updating": updating, "Ready": ready}

    assert rig.said() == {kind: told for kind, told in expected.items() if told}
    assert rig.rest.writes() == [("PUT", STATUS)]
    assert rig.context.tally.find("mcp", ONE) == standing
    assert rig.condition("Ready")["observedGeneration"] == 1
    assert rig.condition("Ready")["message"] == (
        verdict.held.message if verdict.held else verdict.observed
    )
    await rig.report(verdict)
    assert len(rig.rest.writes()) == 1


async def test_only_a_changed_condition_gets_a_new_time():
    """What keeps its status keeps its transition time, whatever its reason; Created stays True."""
    rig = LookRig()
    await rig.report(CREATED)
    await asyncio.sleep(60)
    await rig.report(ImportVerdict(exists=True, held=CONFLICT))

    assert rig.condition("Created")["lastTransitionTime"] == BEGINNING
    assert rig.condition("Created")["reason"] == "PediaClusterCreated"
    assert rig.condition("Ready")["lastTransitionTime"] > BEGINNING
    await asyncio.sleep(60)
    changed = rig.condition("Ready")["lastTransitionTime"]
    await rig.report(ImportVerdict(exists=True, held=Held("CredentialRejected", "exec")))
    assert rig.condition("Ready")["reason"] == "CredentialRejected"
    assert rig.condition("Ready")["lastTransitionTime"] == changed
    assert rig.condition("Updating")["message"] == "exec"


async def test_a_pediacluster_that_went_is_created_no_more():
    """Without it ``Created`` is false again and ``Updating`` is gone."""
    rig = LookRig()
    await rig.report(CREATED)
    await rig.report(ImportVerdict(exists=False, held=CONFLICT))

    assert rig.said() == {"Created": ("False", "NameConflict"), "Ready": ("False", "NameConflict")}


async def test_references_and_source_are_told():
    """The resolved references and the source as one string; a change of either is a write."""
    rig = LookRig()
    references = [{"group": "", "version": "v1", "resource": "secrets", "name": "x"}]
    await rig.report(CREATED, references)
    status = rig.get(LIFECYCLES, "mcp-one")["status"]

    assert status["references"] == references
    assert status["source"] == "clusters.cluster.mcp.io/team/one"
    await rig.report(CREATED, [])
    assert rig.get(LIFECYCLES, "mcp-one")["status"]["references"] == []
    assert len(rig.rest.writes()) == 2
    await rig.report(CREATED, [])
    assert len(rig.rest.writes()) == 2


async def test_a_field_that_the_crd_prunes_is_not_sent():
    """On Clusterpedia's CRD the source string is left out, and not missed."""
    rig = LookRig()
    rig.schemas.current = ServedSchemas(KEEPS_ALL, {})
    await rig.report(CREATED)
    await rig.report(CREATED)

    assert "source" not in rig.get(LIFECYCLES, "mcp-one")["status"]
    assert len(rig.rest.writes()) == 1


async def test_the_write_is_based_on_what_was_looked_at():
    """The patch has the resourceVersion, its answer is known at once, a stale one conflicts."""
    rig = LookRig()
    stale = rig.context.newest.lifecycle("mcp-one")
    await rig.report(CREATED)
    assert "Ready" in str(rig.context.newest.lifecycle("mcp-one")["status"])
    with pytest.raises(errors.Conflict):
        await rig.subject.tell(stale, parse_lifecycle(stale), EXISTED, [{"name": "x"}])


async def test_a_lifecycle_that_is_gone_needs_no_status():
    """NotFound ends the report quietly; another failure is raised."""
    rig = LookRig()
    rig.rest.meet(
        "PUT", STATUS, errors.NotFound(404, "NotFound"), errors.ServiceUnavailable(503, "X")
    )
    await rig.report(CREATED)
    with pytest.raises(errors.ServiceUnavailable):
        await rig.report(CREATED)


async def test_a_failure_is_told_once_per_reason():
    """Policy, lifecycle and source hear of a new reason: two Events, one count; not of a repeat."""
    rig = LookRig()
    await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    events = rig.told()
    assert [(e["type"], e["reason"], e["regarding"]["kind"]) for e in events] == [
        ("Warning", "NameConflict", "PediaClusterLifecycle"),
        ("Warning", "NameConflict", "Cluster"),
    ]
    assert events[0]["note"] == "the name is taken"
    assert events[1]["note"] == "lifecycle mcp-one: the name is taken"
    assert rig.metrics.counts == {"rejected mcp NameConflict": 1}

    await rig.report(ImportVerdict(exists=False, held=Held("NameConflict", "another message")))
    assert rig.told() == []
    await rig.report(ImportVerdict(exists=False, held=Held("CredentialRejected", "exec")))
    assert len(rig.told()) == 2


async def test_t27_what_is_held_is_told_with_policy_source_and_reason():
    """One line of the log is enough to know whom it concerns."""
    rig = LookRig()
    with capture_logs() as logs:
        await rig.report(ImportVerdict(exists=False, held=CONFLICT))
        await rig.report(ImportVerdict(exists=False, held=CONFLICT))

    assert [entry for entry in logs if entry["event"] == "import held"] == [
        {
            "event": "import held",
            "log_level": "warning",
            "reason": "NameConflict",
            "lifecycle": "mcp-one",
            "policy": "mcp",
            "source": "clusters.cluster.mcp.io/team/one",
        }
    ]


async def test_waiting_and_a_first_success_make_no_event():
    """What goes as it should is not told; the end of a failure is, on the lifecycle."""
    rig = LookRig()
    await rig.report(ImportVerdict(exists=False, held=WAITS))
    assert rig.told() == []
    await rig.report(CREATED)
    (event,) = rig.told()
    assert (event["type"], event["reason"]) == ("Normal", "Imported")
    assert event["regarding"]["kind"] == "PediaClusterLifecycle"
    await rig.report(CREATED)
    assert rig.told() == []
    fresh = LookRig()
    await fresh.report(CREATED)
    assert fresh.told() == []
    assert fresh.metrics.counts == {}


async def test_an_observing_policy_makes_no_event():
    """What would be done is a condition, no success and no failure."""
    rig = LookRig()
    await rig.report(ImportVerdict(exists=False, observed="would create"))
    await rig.report(ImportVerdict(exists=False, observed="would create it otherwise"))

    assert rig.told() == []


async def test_a_source_that_is_gone_has_no_event():
    """Only the lifecycle is told where the source is not in the cache."""
    rig = LookRig()
    rig.drop(CLUSTERS, "one", "team")
    rig.see()
    await rig.report(ImportVerdict(exists=False, held=CONFLICT))

    assert [event["regarding"]["kind"] for event in rig.told()] == ["PediaClusterLifecycle"]


@pytest.mark.parametrize(("stands", "state"), [(False, State.FAILED), (True, State.OUTDATED)])
async def test_t21_a_failure_counts_once_it_has_lasted_a_minute(stands, state):
    """Before that its source is one on which work is outstanding, and stands where it stood."""
    rig = LookRig()
    before = Standing(State.WAITING, "WaitCreationCondition", "m")
    rig.context.tally.set("mcp", ONE, before)
    error = errors.ServiceUnavailable(503, "Down")
    await rig.fail(error, stands=stands)
    await asyncio.sleep(59)
    await rig.fail(error, stands=stands)
    assert rig.rest.writes() == []
    assert rig.context.tally.find("mcp", ONE) == before
    assert rig.context.tally.of("mcp").pending == {ONE}
    assert rig.told() == []

    await asyncio.sleep(1)
    await rig.fail(error, stands=stands)
    message = "for more than a minute: 503 Down. It is tried again"
    assert rig.context.tally.find("mcp", ONE) == Standing(state, "FailedReconcile", message)
    assert rig.context.tally.of("mcp").pending == set()


async def test_t20_a_failure_that_has_lasted_a_minute_is_a_condition():
    """Its cause is told once, also where it cannot be written at first; a success ends it."""
    rig = LookRig()
    down = errors.InternalError(500, "InternalError", "the webhook is away", verb="get")
    for seconds in (0, 30, 29):
        await asyncio.sleep(seconds)
        await rig.fail(down)
    assert rig.rest.writes() == []
    await asyncio.sleep(1)
    rig.rest.meet("PUT", STATUS, errors.InternalError(500, "X"))
    await rig.fail(down)
    await rig.fail(down)
    assert rig.said()["Ready"] == ("False", "FailedReconcile")
    assert "500 InternalError: the webhook is away" in rig.condition("Ready")["message"]
    written = len(rig.rest.writes())
    await asyncio.sleep(60)
    await rig.fail(down)
    assert len(rig.rest.writes()) == written
    assert [event["reason"] for event in rig.told()] == ["FailedReconcile"] * 2

    await rig.report(CREATED)
    assert rig.said()["Ready"] == ("True", "Imported")
    await rig.fail(down, stands=True)
    assert rig.said()["Ready"] == ("True", "Imported"), "the minute begins anew"
    rig.subject.forget("mcp-one")
    assert rig.subject._failing_since == {}


async def test_a_look_at_a_replaced_spec_does_not_count():
    """Where the spec changed during the look only the look at the new one reaches the tally."""
    rig = LookRig()
    obj = rig.context.newest.lifecycle("mcp-one")
    rig.context.tally.set("mcp", ONE, PENDING)
    rig.put(LIFECYCLES, lifecycle_body(policy_uid=rig.active.record.uid, template="new"))
    rig.see()
    error = errors.ServiceUnavailable(503, "Down")
    await rig.fail(error, obj=obj)

    assert rig.context.tally.find("mcp", ONE) == PENDING


@pytest.mark.parametrize(("verdict", "observed"), [(CREATED, 1), (EXISTED, 0)])
async def test_the_latency_is_that_of_creations(verdict, observed):
    """The time from the event to the PediaCluster is observed where this look made it."""
    rig = LookRig()
    rig.context.latency.changed("mcp", ONE)
    await rig.report(verdict)

    assert len(rig.metrics.latencies) == observed


async def test_a_change_of_an_imported_source_is_no_import():
    """Once ``Created`` is told, a later look at the same PediaCluster has no latency."""
    rig = LookRig()
    await rig.report(CREATED)
    rig.context.latency.changed("mcp", ONE)
    await rig.report(CREATED)

    assert rig.metrics.latencies == []
