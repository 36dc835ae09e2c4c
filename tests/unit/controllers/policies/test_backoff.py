"""Writes of a policy that fail are tried ever more seldom."""

import asyncio
from contextlib import suppress

import pytest

from clusterimport.kube import errors
from clusterimport.kube.translation import from_status
from clusterimport.model.gvr import POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.policies import IMPORTED, OBJECT, STATUS, PolicyRig

pytestmark = pytest.mark.looptime

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
    await fail_for_a_while(PolicyRig(), STATUS, error)


async def test_t35_the_annotation_of_a_policy_backs_off():
    """Every write to a policy, and not its status alone."""
    await fail_for_a_while(PolicyRig(mode="Observe"), OBJECT, errors.InternalError(500, "X"))


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
    rig = PolicyRig()
    asked = from_status(429, b"{}", {"Retry-After": "3600"}, "patch", "p")
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
    rig = PolicyRig()
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
