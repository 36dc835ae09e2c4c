"""Is a deletion certain, as far as the policy decides it? Asked of the server, live."""

import pytest

from clusterimport.controllers.deletions.findings import Certainty
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from tests.fakes.controllers.importobjects import (
    MACHINES,
    lifecycle_owner,
    pediacluster_body,
    policy_body,
)
from tests.fakes.controllers.reconcilers import LONG_AGO as EARLIER
from tests.fakes.controllers.reconcilers import ConfirmRig

pytestmark = pytest.mark.looptime

LATER = "2026-01-01T00:00:01Z"
REINSTALLED = ("doubtful", "SourceTypeReinstalled")


@pytest.mark.parametrize(
    "blocker", [Blocker("ExtensionsLost", "m", freezes=True), Blocker("X", "m")]
)
async def test_a_policy_that_is_not_in_force_knows_nothing(blocker):
    """While its newest generation is blocked nothing is certain, and nobody is asked."""
    rig = ConfirmRig()
    rig.gone()
    rig.block(blocker)

    assert await rig.verdict() == ("doubtful", blocker.reason)
    assert rig.rest.requests == []


async def test_a_lifecycle_without_a_policy_is_nobodys():
    """Without a controller owner it is never unwanted."""
    rig = ConfirmRig()
    rig.gone()
    rig.obj = rig.put(LIFECYCLES, rig.obj, ownerReferences=[])

    assert await rig.verdict() == ("wanted", "Wanted")


async def test_a_policy_that_is_gone_is_certain_and_free():
    """Deleting a policy was a person's decision: it uses up no budget."""
    rig = ConfirmRig()
    rig.crd(POLICIES)
    rig.tracker.drop("mcp")
    rig.drop(POLICIES, "mcp")
    finding = await rig.ask()

    assert (finding.certainty, finding.reason) == (Certainty.UNWANTED, "PolicyGone")
    assert not finding.is_counted


@pytest.mark.parametrize("has_pediacluster", [True, False])
async def test_a_policy_that_observed_takes_no_pediacluster_along(*, has_pediacluster: bool):
    """The lifecycle's status tells that its policy observed; without PediaCluster it may go."""
    rig = ConfirmRig()
    rig.crd(POLICIES)
    rig.tracker.drop("mcp")
    rig.drop(POLICIES, "mcp")
    status = {"conditions": [{"type": "Observed", "status": "True"}]}
    rig.obj = rig.put(LIFECYCLES, rig.obj | {"status": status})
    if has_pediacluster:
        owner = lifecycle_owner(meta.name_of(rig.obj), meta.uid_of(rig.obj))
        rig.put(PEDIACLUSTERS, pediacluster_body(meta.name_of(rig.obj), owners=[owner]))

    rig.see()
    expected = ("doubtful", "Observed") if has_pediacluster else ("unwanted", "PolicyGone")
    assert await rig.verdict() == expected


@pytest.mark.parametrize("why", ["exists", "made again", "type gone", "young type", "another name"])
async def test_a_policy_that_may_be_there_keeps_its_lifecycles(why):
    """It exists live, was made again, or its own type is not what it was: nothing goes."""
    rig = ConfirmRig()
    rig.tracker.drop("mcp")
    rig.crd(POLICIES, LATER if why == "young type" else EARLIER)
    if why == "made again":
        rig.put(POLICIES, policy_body(), uid="another")
    elif why != "exists":
        rig.drop(POLICIES, "mcp")
    if why == "type gone":
        rig.store.types.pop(POLICIES)
    elif why == "another name":
        error = errors.NotFound(404, "NotFound", details_name="another")
        rig.rest.meet("GET", POLICIES.path(name="mcp"), error)
    expected = ("wanted", "Wanted") if why in {"exists", "made again"} else REINSTALLED

    assert await rig.verdict() == expected


@pytest.mark.parametrize("why", ["changed", "said this type", "made again"])
async def test_a_changed_source_type_is_asked_of_the_live_policy(why):
    """What the policy selects now is read live; only then does a lifecycle of the old type go."""
    rig = ConfirmRig()
    before = rig.obj
    rig.store.serve(MACHINES, "Machine")
    source = {"group": MACHINES.group, "resource": MACHINES.resource}
    rig.activate(source=source)
    if why == "said this type":
        rig.put(POLICIES, policy_body())
    elif why == "made again":
        rig.put(POLICIES, policy_body(source=source), uid="another")
    rig.obj = before
    finding = await rig.ask()

    if why == "changed":
        assert (finding.certainty, finding.reason) == (Certainty.UNWANTED, "SourceTypeChanged")
        assert finding.is_counted
    else:
        assert finding.certainty is Certainty.WANTED
