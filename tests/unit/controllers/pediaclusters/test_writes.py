"""What cannot be written at once is neither lost nor found out again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.pediaclusters.statuswriter import CONFLICT_SECONDS
from clusterimport.controllers.shared.health import HealthState
from clusterimport.kube import errors
from clusterimport.model.gvr import PEDIACLUSTERS
from tests.fakes.controllers.health import TIMEOUT
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import ONE, SERVER, STATUS, PediaRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

NEW = {"tokenData": base64_of("new")}


def tokens(rig):
    """Return the tokens of all probes so far."""
    return [probe.connection.token for probe in rig.clusters.probes]


async def test_a_conflict_loses_nothing_and_asks_nobody():
    """What was found is told when the newer object is seen; it is no failure of the cluster."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    labelled = rig.get(PEDIACLUSTERS, ONE)
    rig.put(PEDIACLUSTERS, labelled, labels={"a": "b"})
    with capture_logs() as logs:
        result = await rig.look(see=False)
    assert result.requeue_after == CONFLICT_SECONDS
    assert rig.target().failures == 0
    assert rig.health().state is HealthState.HEALTHY, "the lifecycle does not wait for it"
    assert logs == []
    assert "version" not in rig.status()
    await asyncio.sleep(0.01)
    result = await rig.look()

    assert rig.status()["version"] == "v1.36.2"
    assert 26.9 <= result.requeue_after <= 33
    assert len(rig.clusters.asked) == 1
    assert (await rig.look()).requeue_after <= 33
    assert rig.rest.count("PATCH", STATUS) == 2


async def test_a_conflict_does_not_outlive_what_it_is_about():
    """The next result, or new credentials, take the place of what could not be written."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    rig.put(PEDIACLUSTERS, rig.get(PEDIACLUSTERS, ONE), labels={"a": "b"})
    await rig.look(see=False)
    rig.clusters.results[SERVER] = TIMEOUT
    rig.pediacluster(**NEW)
    await rig.look()

    assert condition(rig.get(PEDIACLUSTERS, ONE), "Ready")["status"] == "False"
    assert "version" not in rig.status()
    assert tokens(rig) == [CANARY, "new"]


async def test_whoever_else_writes_the_status_is_not_fought():
    """What was told once is told again after the next probe, and not at every change of others."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    for number in range(5):
        rig.pediacluster(status={"version": f"v0.0.{number}"})
        await rig.look()
    assert rig.status() == {"version": "v0.0.4"}
    assert rig.rest.count("PATCH", STATUS) == 1
    await rig.go(34)
    assert rig.status()["version"] == "v1.36.2"
    assert rig.rest.count("PATCH", STATUS) == 2


async def test_a_failure_to_write_loses_nothing_and_asks_nobody():
    """The lifecycle hears of it all the same, and the next look writes."""
    rig = PediaRig()
    rig.imported()
    rig.rest.meet("PATCH", STATUS, *[errors.ServiceUnavailable(503, "Down")] * 2)
    for _ in range(2):
        with pytest.raises(errors.ServiceUnavailable):
            await rig.look()
    assert rig.health().state is HealthState.HEALTHY
    assert rig.target().failures == 0
    await rig.look()

    assert rig.status()["version"] == "v1.36.2"
    assert len(rig.clusters.asked) == 1


async def test_a_refused_status_does_not_keep_a_cluster_from_being_asked():
    """The write waits for minutes, the probes go on."""
    rig = PediaRig()
    rig.imported()
    rig.rest.meet("PATCH", STATUS, *[errors.Invalid(422, "Invalid", verb="patch")] * 2)
    with capture_logs():
        await rig.go(170)
    assert rig.rest.count("PATCH", STATUS) == 2
    assert len(rig.clusters.asked) >= 5
    await rig.go(30)

    assert rig.status()["version"] == "v1.36.2"
    assert rig.rest.count("PATCH", STATUS) == 3


@pytest.mark.parametrize("how", ["schemas", "made again"])
async def test_a_refusal_is_forgotten_with_its_cause(how):
    """Another CRD takes perhaps what the one before did not, and so does another object."""
    rig = PediaRig()
    rig.imported()
    rig.rest.meet("PATCH", STATUS, errors.Invalid(422, "Invalid", verb="patch"))
    with capture_logs():
        await rig.look()
    if how == "schemas":
        rig.schemas_changed()
    else:
        rig.gone()
        await rig.look()
        rig.imported()
    await rig.look()

    assert rig.status()["version"] == "v1.36.2"
