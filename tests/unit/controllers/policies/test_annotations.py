"""What of a policy is written down in its annotations."""

import asyncio
import dataclasses

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.policies.reconciler import QUIET_START_SECONDS
from clusterimport.controllers.shared.tally import PENDING
from clusterimport.model.gvr import POLICIES
from clusterimport.model.names import EXTENSIONS_ANNOTATION, REJECTED_ANNOTATION
from tests.fakes.controllers.importing import KEEPS_ALL, condition
from tests.fakes.controllers.importobjects import (
    policy_body,
)
from tests.fakes.controllers.policies import IMPORTED, OBJECT, REJECTED, STATUS, PolicyRig

pytestmark = pytest.mark.looptime

LOST = Blocker("ExtensionsLost", "m", freezes=True)


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
    rig = PolicyRig(**spec)
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
    rig = PolicyRig()
    rig.put(POLICIES, policy_body(), annotations={EXTENSIONS_ANNOTATION: "mode"})
    rig.block(LOST)
    await rig.look()

    assert rig.rest.writes() == [("PATCH", STATUS)]
    assert condition(rig.get(POLICIES, "mcp"), "Validated")["reason"] == "ExtensionsLost"
    rig.block(Blocker("InvalidPolicy", "m"))
    await rig.look()
    assert rig.rest.writes()[1] == ("PATCH", OBJECT)


REJECTION = [{"source": "team/one", "reason": "NameConflict"}]

TOLD = '[{"source":"team/one","reason":"NameConflict"}]'


@pytest.mark.parametrize("keeps", [True, False])
async def test_t26_what_was_rejected_stands_in_a_field_or_in_an_annotation(keeps):
    """The next leader reads it there, and not in a message; it goes with the last rejection."""
    rig = PolicyRig()
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
    rig = PolicyRig()
    rig.put(POLICIES, rig.get(POLICIES, "mcp") | {"status": {"rejected": REJECTION}})
    rig.set(PENDING)
    for _ in range(2):
        await asyncio.sleep(QUIET_START_SECONDS)
        await rig.look()

    assert rig.status()["rejected"] == REJECTION
