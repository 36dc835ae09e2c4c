"""What the columns of a policy count, and what its message says of them."""

import pytest

from clusterimport.controllers.policies.status import build_status, is_counted
from clusterimport.controllers.shared.tally import PENDING
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.observing import (
    FAILED,
    IMPORTED,
    NOW,
    OUTDATED,
    REJECTED,
    UNREACHABLE,
    WAITING,
    observe,
)

pytestmark = pytest.mark.looptime


async def test_t22_each_number_has_one_meaning():
    """Imported is what has its PediaCluster; failed is what went wrong, imported or not."""
    standings = [IMPORTED, IMPORTED, PENDING, WAITING, FAILED, REJECTED, OUTDATED, UNREACHABLE]
    status = build_status({}, observe(*standings), NOW)
    del status["conditions"]

    assert status == {
        "heldDeletions": None,
        "rejected": None,
        "observedGeneration": 3,
        "sources": 9,
        "selected": 8,
        "imported": 4,
        "waiting": 1,
        "failed": 4,
    }


async def test_t22_the_message_counts_what_the_columns_count():
    """The number of failed ones is that of the column, and each kind is named with its reason."""
    seen = observe(IMPORTED, UNREACHABLE, UNREACHABLE, FAILED, OUTDATED, WAITING)
    status = build_status({}, seen, NOW)
    message = condition({"status": status}, "Ready")["message"]

    assert (status["selected"], status["imported"], status["failed"]) == (6, 4, 4)
    assert message == (
        "4 of 6 sources failed. 2 cannot be created or updated: team/s3: CreationFailure: m; "
        "team/s4: ReferenceResourceNotFound: secrets team/x does not exist. 2 are imported and not "
        "ready: team/s1: Timeout, team/s2: Timeout. 1 waiting: team/s5: WaitCreationCondition"
    )


async def test_t22_of_many_the_first_five_are_named():
    """There may be thousands that come and go: five names, how many more, and where to look."""
    status = {"status": build_status({}, observe(*[UNREACHABLE] * 9), NOW)}

    assert condition(status, "Ready")["message"] == (
        "9 of 9 sources failed. 9 are imported and not ready: team/s0: Timeout, team/s1: Timeout, "
        "team/s2: Timeout, team/s3: Timeout, team/s4: Timeout and 4 more "
        "(kubectl get pediaclusterlifecycles)"
    )


@pytest.mark.parametrize(
    ("standings", "seen", "message"),
    [
        ([WAITING], 9, "0 of 1 imported, 1 waiting: team/s0: WaitCreationCondition"),
        ([WAITING, IMPORTED], 9, "1 of 2 imported, 1 waiting: team/s0: WaitCreationCondition"),
        ([], 9, "the policy selects none of 9 clusters.cluster.mcp.io"),
        ([], 0, "the API server has 0 clusters.cluster.mcp.io"),
    ],
)
async def test_t21_what_is_not_imported_is_told_and_named(standings, seen, message):
    """A policy that imports nothing says which of three causes that has."""
    status = {"status": build_status({}, observe(*standings, seen=seen), NOW)}

    assert condition(status, "Ready")["message"] == message


COUNTED = {"sources": 43, "selected": 43, "imported": 41, "waiting": 1, "failed": 2}


@pytest.mark.parametrize(
    ("is_complete", "is_viewed", "changed"),
    [
        (True, True, {"sources": 9, "selected": 1, "imported": 1, "waiting": 0, "failed": 0}),
        (False, True, {"sources": 9}),
        (False, False, {}),
    ],
)
async def test_t22_a_count_that_is_not_known_is_left_as_it_was(is_complete, is_viewed, changed):
    """A leader that has not seen all sources yet knows less than the status says."""
    seen = observe(IMPORTED, is_viewed=is_viewed, was_counted=True)
    seen.tally.is_complete = is_complete
    status = build_status(COUNTED, seen, NOW)

    assert {field: status[field] for field in COUNTED if field in status} == changed


async def test_t22_the_first_import_of_all_is_counted_as_it_goes():
    """Of a policy that nobody counted yet, the sums so far are better than none."""
    seen = observe(IMPORTED, PENDING, is_busy=True)
    seen.tally.is_complete = False
    status = build_status({"selected": 1, "imported": 0}, seen, NOW)

    assert (status["selected"], status["imported"]) == (2, 1)


async def test_t22_whether_somebody_has_counted_is_told_by_the_status():
    """Its numbers tell, or where the CRD keeps none, that a generation was once in force."""
    first = {"type": "Ready", "status": "Unknown", "reason": "Listing"}

    assert not is_counted({})
    assert not is_counted({"conditions": [first]})
    assert is_counted({"conditions": [first | {"observedGeneration": 1}]})
    assert is_counted({"selected": 0})
