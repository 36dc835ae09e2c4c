"""After a swap: imports that stand and would be refused today are counted in one warning."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.model.gvr import POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ImportRig

pytestmark = pytest.mark.looptime

REFUSED = Standing(State.FAILED, "CredentialRejected", "spec.kubeconfig: exec")


async def test_refused_credentials_are_counted_once_a_term():
    """When all has settled for the first time the count and the flag are told, and not again."""
    rig = ImportRig()
    rig.activate()
    subject = PolicyReconciler(rig.context, rig.blocks, rig.random)

    async def look(*standings):
        for number, standing in enumerate(standings):
            rig.context.tally.set("mcp", ObjectKey("team", str(number)), standing)
        await asyncio.sleep(2)
        rig.see(POLICIES)
        with capture_logs() as logs:
            await subject.reconcile("mcp")
        return [entry for entry in logs if entry["event"] == "credentials refused"]

    other = Standing(State.FAILED, "NameConflict", "m")
    assert await look(REFUSED, other, PENDING, REFUSED) == []
    (warning,) = await look(REFUSED, other, Standing(State.IMPORTED), REFUSED)
    assert (warning["policy"], warning["count"]) == ("mcp", 2)
    assert warning["allowed_by"] == "--allowed-credential-features"
    assert await look(REFUSED, REFUSED, REFUSED, REFUSED) == []
