"""What clustersynchro-manager says, as the lifecycle repeats it."""

import pytest

from clusterimport.controllers.shared.duty import Assumptions, StatusMode, read_synchro
from clusterimport.controllers.shared.health import PENDING, UNWATCHED, HealthState
from tests.fakes.controllers.importobjects import CANARY, pediacluster_body
from tests.fakes.controllers.pediaclusters import ONE, PediaRig, said, synchro_says

HEALTHY, UNHEALTHY, WAITS = HealthState.HEALTHY, HealthState.UNHEALTHY, HealthState.PENDING
NOT_READY = said("Ready", "False", "NotReady")
STOPPED = said("ClusterHealthy", "Unknown", "MonitorStop")


def read(status):
    """Read a status of a PediaCluster."""
    return read_synchro(pediacluster_body() | {"status": status})


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ((), HEALTHY, "Ready"),
        ((NOT_READY, said("ClusterHealthy", "False", "NotReachable")), UNHEALTHY, "NotReachable"),
        ((NOT_READY, said("ClusterHealthy", "False", "Unhealthy")), UNHEALTHY, "Unhealthy"),
        (
            (
                NOT_READY,
                said("Validated", "False", "InvalidConfig"),
                said("SynchroRunning", "False", "InvalidConfig"),
                STOPPED,
            ),
            UNHEALTHY,
            "InvalidConfig",
        ),
        (
            (
                NOT_READY,
                said("Validated", "False", "InvalidSyncResources"),
                said("ClusterHealthy", "False", "Unhealthy"),
            ),
            UNHEALTHY,
            "InvalidSyncResources",
        ),
        (
            (
                NOT_READY,
                said("ClusterHealthy", "False", "NotReachable"),
                said("SynchroRunning", "False", "Shutdown"),
            ),
            UNHEALTHY,
            "NotReachable",
        ),
        ((NOT_READY, said("SynchroRunning", "False", "Shutdown")), UNHEALTHY, "Shutdown"),
        (
            (NOT_READY, said("SynchroRunning", "False", "InitialFailed"), STOPPED),
            UNHEALTHY,
            "InitialFailed",
        ),
        ((NOT_READY, said("SynchroRunning", "False", "WaitInit"), STOPPED), WAITS, ""),
        ((NOT_READY, said("SynchroRunning", "False", "Pending"), STOPPED), WAITS, ""),
        ((NOT_READY, STOPPED), WAITS, ""),
        ((NOT_READY,), WAITS, ""),
        ((NOT_READY, said("ClusterHealthy", "False", "")), UNHEALTHY, "NotReady"),
        ((NOT_READY, said("ClusterHealthy", "False", "a b")), UNHEALTHY, "NotReady"),
        ((NOT_READY, said("ClusterHealthy", "False", "X" * 65)), UNHEALTHY, "NotReady"),
    ],
)
def test_its_verdict_is_repeated_with_its_reason(changes, state, reason):
    """The first of its conditions that is false gives it; at its beginning there is none yet."""
    health = read(synchro_says(*changes))

    assert (health.state, health.reason) == (state, reason)
    assert health.notes is None


@pytest.mark.parametrize("status", [{}, {"conditions": []}, {"conditions": None}])
def test_before_it_has_looked_there_is_no_verdict(status):
    """A PediaCluster without any status will get one."""
    assert read(status) == PENDING


def test_what_others_wrote_before_it_is_not_its_verdict():
    """Without ``SynchroRunning``, which it always writes, what stands there is of another one."""
    ours = [said("Validated", "True"), said("Ready", "True", "Ready")]
    assert read({"conditions": ours}) == PENDING
    assert read({"conditions": [said("SynchroRunning", "True")]}) == PENDING


@pytest.mark.parametrize("changes", [(), (NOT_READY, said("ClusterHealthy", "False", "Unhealthy"))])
def test_its_words_are_not_repeated(changes):
    """They may quote an answer, or what was sent; the message says where to read them."""
    told = [each | {"message": f"get https://x: {CANARY}"} for each in changes]
    ready = said("Ready", "True", "Ready", message=CANARY) if not told else told[0]
    health = read(synchro_says(ready, *told))

    assert CANARY not in repr(health)
    assert health.message == (
        f"clustersynchro-manager's verdict; see: kubectl describe pediacluster {ONE}"
    )


@pytest.mark.looptime
@pytest.mark.parametrize(("is_probing", "otherwise"), [(True, PENDING), (False, UNWATCHED)])
async def test_before_a_look_its_verdict_is_known_and_ours_is_not(is_probing, otherwise):
    """So that a new leader repeats what stands, and claims nothing that it has to take back."""
    rig = PediaRig()
    rig.imported("mine", shardingName="ours")
    rig.imported("taken", status=synchro_says(NOT_READY, STOPPED))
    rig.imported(status=synchro_says(NOT_READY, said("ClusterHealthy", "False", "Unhealthy")))
    assumptions = Assumptions(rig.duties, rig.caches.pediaclusters, is_probing=is_probing)

    assert assumptions.of(ONE).reason == "Unhealthy"
    assert assumptions.of("taken") == PENDING
    assert assumptions.of("mine") == otherwise
    assert assumptions.of("unknown") == otherwise


@pytest.mark.looptime
async def test_a_verdict_that_is_not_asked_for_is_not_assumed():
    """With ``own`` it is ours that counts, whatever stands there."""
    rig = PediaRig(status=StatusMode.OWN)
    rig.imported(status=synchro_says())

    assert Assumptions(rig.duties, rig.caches.pediaclusters, is_probing=True).of(ONE) == PENDING
