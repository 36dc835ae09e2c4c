"""What becomes of a source whose lifecycle the server does not take."""

import asyncio
import json

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    policy_owner,
)
from tests.fakes.controllers.reconcilers import KEY, SourceRig

pytestmark = pytest.mark.looptime

COLLECTION = LIFECYCLES.path()
SELECTORLESS = {"group": CLUSTERS.group, "resource": CLUSTERS.resource}
OBJECT = LIFECYCLES.path(name="mcp-one")
INVALID = errors.Invalid(422, "Invalid", verb="create", resource="pediaclusterlifecycles")
DENIED = errors.Forbidden(403, "Forbidden", 'User "u" is forbidden: User "u" cannot create x')


async def test_a_refused_body_is_sent_again_after_a_minute_or_a_change():
    """A 422 is told, and the same body waits; another body or CRD ends the wait."""
    rig = SourceRig()
    rig.rest.meet("POST", COLLECTION, INVALID, INVALID, INVALID)
    assert (await rig.look()).requeue_after == 60.0
    assert rig.standing().reason == "FailedReconcile"
    assert not rig.standing().has_lifecycle
    await asyncio.sleep(20)
    assert (await rig.look()).requeue_after == pytest.approx(40.0)
    assert rig.rest.count("POST", COLLECTION) == 1
    rig.schemas_changed()
    assert (await rig.look()).requeue_after == 60.0
    assert rig.rest.count("POST", COLLECTION) == 2
    rig.activate(template="spec: {}", references=[])
    assert (await rig.look()).requeue_after == 60.0

    assert rig.rest.count("POST", COLLECTION) == 3
    assert len(rig.told()) == 1
    await asyncio.sleep(60)
    assert await rig.look() == DONE


async def test_a_refused_patch_waits_too():
    """A refusal of an update is treated as that of a creation."""
    rig = SourceRig()
    rig.owned(template="old")
    rig.rest.meet("PATCH", OBJECT, INVALID)
    assert (await rig.look()).requeue_after == 60.0
    assert (await rig.look()).requeue_after == 60.0

    assert rig.rest.count("PATCH", OBJECT) == 1
    assert rig.standing().has_lifecycle


@pytest.mark.parametrize(
    ("error", "told"),
    [(errors.ServiceUnavailable(503, "X"), 0), (errors.Conflict(409, "X"), 0), (DENIED, 1)],
)
async def test_a_failure_of_the_moment_is_left_to_the_queue(error, told):
    """It is raised and tried again with back-off; only a missing right is told at once."""
    rig = SourceRig()
    rig.rest.meet("POST", COLLECTION, error)
    with pytest.raises(type(error)):
        await rig.look()

    assert len(rig.told()) == told
    assert rig.context.tally.is_busy("mcp") is False
    await asyncio.sleep(2)  # A missing right is not tried again before.
    await rig.look()
    assert rig.get(LIFECYCLES, "mcp-one") is not None


async def test_a_name_that_was_just_taken_is_looked_at():
    """AlreadyExists means that our cache is behind: the object itself tells whose it is."""
    rig = SourceRig()
    rig.put(LIFECYCLES, lifecycle_body(), ownerReferences=[policy_owner("other")])
    assert await rig.look() == DONE
    assert drain(rig.queues.sources) == [KEY]
    assert await rig.look() == DONE

    assert rig.standing().reason == "NameConflict"
    assert rig.rest.count("POST", COLLECTION) == 1


async def test_a_judged_source_is_outstanding_no_more():
    """A look that ended, whatever it found, ends the work on the source; a failed one does not."""
    rig = SourceRig()
    two = SourceKey("mcp", ObjectKey("team", "two"))
    rig.context.tally.renew("mcp", [ONE, two.source])
    rig.rest.meet("POST", COLLECTION, errors.ServiceUnavailable(503, "X"))
    await rig.look(two)
    with pytest.raises(errors.ServiceUnavailable):
        await rig.look()
    assert rig.context.tally.is_busy("mcp")
    await rig.look()

    assert not rig.context.tally.is_busy("mcp")


SAID = {"source": "team/one", "reason": "FailedParseSourceSelector"}
PROSE = {
    "type": "Ready",
    "status": "False",
    "reason": "SourcesFailed",
    "message": "1 of 1: team/one: FailedParseSourceSelector: m",
}


@pytest.mark.parametrize(
    ("status", "annotation", "keeps", "is_told"),
    [
        ({}, "", True, False),
        ({"rejected": [SAID]}, "", True, True),
        ({"rejected": [SAID | {"reason": "NameConflict"}]}, "", True, False),
        ({"rejected": [SAID | {"source": "team/two"}]}, "", True, False),
        ({"rejected": [SAID | {"source": "x"}] * 64}, "", True, True),
        ({"conditions": [PROSE]}, "", True, False),
        ({}, json.dumps([SAID]), True, False),
        ({}, json.dumps([SAID]), False, True),
        ({}, "[{", False, False),
        ({"rejected": "x"}, "", True, False),
    ],
    ids=[
        "nothing",
        "told",
        "another reason",
        "another source",
        "more than it holds",
        "prose",
        "an annotation beside the field",
        "an annotation",
        "not JSON",
        "no list",
    ],
)
async def test_t26_whether_it_was_told_is_read_from_fields(status, annotation, keeps, is_told):
    """The next leader makes an Event of what no field names; messages are for people alone."""
    rig = SourceRig(source=SELECTORLESS | {"selectorTemplate": "{{ div 1 0 }}"})
    rig.schemas.current = ServedSchemas(KEEPS_ALL if keeps else {}, KEEPS_ALL)
    body = rig.get(POLICIES, "mcp") | {"status": status}
    notes = {"policy.clusterpedia.io/rejected": annotation} if annotation else {}
    rig.put(POLICIES, body, annotations=notes)
    rig.see(POLICIES)
    rig.context.tally.renew("mcp", [ONE])
    await rig.look()

    assert rig.standing().reason == SAID["reason"]
    assert bool(rig.told()) is not is_told


@pytest.mark.parametrize("is_complete", [False, True])
async def test_t26_what_an_earlier_leader_told_is_not_told_before_all_was_looked_at(is_complete):
    """An event may bring a source before the first sweep does; what comes afterwards is news."""
    rig = SourceRig(source=SELECTORLESS | {"selectorTemplate": "{{ div 1 0 }}"})
    rig.schemas.current = ServedSchemas(KEEPS_ALL, KEEPS_ALL)
    rig.put(POLICIES, rig.get(POLICIES, "mcp") | {"status": {"rejected": [SAID]}})
    rig.see(POLICIES)
    if is_complete:
        rig.context.tally.settled("mcp")
    await rig.look()

    assert rig.standing().reason == SAID["reason"]
    assert bool(rig.told()) is is_complete


async def gone(rig, policy):
    """Let a policy be gone, and its source be looked at as that asks for; return what it was."""
    state = rig.tracker.get("mcp")
    rig.tracker.drop(policy)
    await rig.look()
    return state


@pytest.mark.parametrize("policy", ["mcp", "another"])
async def test_t07_what_a_policy_that_is_gone_waited_for_is_not_remembered(policy):
    """A name that becomes free is told to those alone that still want it."""
    rig = SourceRig()
    rig.put(LIFECYCLES, lifecycle_body(), ownerReferences=[policy_owner("other")])
    rig.see()
    await rig.look()
    assert rig.standing().reason == "NameConflict"
    await gone(rig, policy)

    assert list(rig.context.claims.release("mcp-one")) == ([] if policy == "mcp" else [KEY])


@pytest.mark.parametrize(("policy", "tries"), [("mcp", 2), ("another", 1)])
async def test_t07_what_was_refused_to_a_policy_that_is_gone_is_not_remembered(policy, tries):
    """One that is made again under its name tries at once."""
    rig = SourceRig()
    rig.rest.meet("POST", COLLECTION, INVALID, INVALID)
    await rig.look()
    state = await gone(rig, policy)
    rig.tracker.set(state)
    await rig.look()

    assert rig.rest.count("POST", COLLECTION) == tries
