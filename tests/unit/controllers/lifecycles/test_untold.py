"""What is told on a change of a status, where nobody knows whether that was written."""

import pytest

from clusterimport.controllers.lifecycles.verdict import Held, ImportVerdict
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecycle import parse_lifecycle
from tests.fakes.controllers.reporting import HEALTHY, WRONG, LookRig, ReportRig
from tests.fakes.kube.memoryrest import LostAnswer

pytestmark = pytest.mark.looptime

STATUS = LIFECYCLES.path(name="mcp-one", subresource="status")
CONFLICT = Held("NameConflict", "the name is taken")


@pytest.mark.parametrize("failure", [LostAnswer("x"), errors.ServiceUnavailable(503, "X")])
async def test_a_failure_whose_status_met_one_too_is_told_all_the_same(failure):
    """Also where the status was written, and only its answer lost; and no more than once."""
    rig = LookRig()
    rig.rest.meet("PUT", STATUS, failure)
    with pytest.raises(errors.KubeError):
        await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    assert rig.told() == []

    await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    assert [event["reason"] for event in rig.told()] == ["NameConflict", "NameConflict"]
    assert rig.metrics.counts == {"rejected mcp NameConflict": 1}

    await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    assert rig.told() == []


async def test_what_became_of_a_cluster_is_told_though_an_answer_was_lost():
    """It fails, and nobody heard that this was written; then it answers again, and all is told."""
    rig = ReportRig()
    await rig.tell(HEALTHY)
    rig.told()
    rig.rest.meet("PUT", STATUS, LostAnswer("x"))
    with pytest.raises(errors.KubeError):
        await rig.tell(WRONG)
    await rig.tell()
    assert [event["reason"] for event in rig.told()] == ["Unauthorized"]

    await rig.tell(HEALTHY)
    assert [event["reason"] for event in rig.told()] == ["Reachable"]


async def test_of_two_writes_that_failed_the_first_says_what_was_before():
    """The second knows only what the first one left, of which nobody was told."""
    rig = LookRig()
    rig.rest.meet("PUT", STATUS, LostAnswer("x"), errors.ServiceUnavailable(503, "X"))
    for message in ("the name is taken", "it still is"):
        with pytest.raises(errors.KubeError):
            await rig.report(ImportVerdict(exists=False, held=Held("NameConflict", message)))

    await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    assert [event["reason"] for event in rig.told()] == ["NameConflict", "NameConflict"]


async def test_a_view_that_was_stale_has_nothing_told_twice():
    """What was told already is no news to the look that comes after a conflict."""
    rig = LookRig()
    stale = rig.context.newest.lifecycle("mcp-one")
    await rig.report(ImportVerdict(exists=False, held=CONFLICT))
    assert len(rig.told()) == 2
    other = ImportVerdict(exists=False, held=Held("NameConflict", "it still is"))
    with pytest.raises(errors.Conflict):
        await rig.subject.tell(stale, parse_lifecycle(stale), other, [])

    await rig.report(other)
    assert rig.told() == []
