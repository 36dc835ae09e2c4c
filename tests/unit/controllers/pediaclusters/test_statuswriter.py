"""The write of a status: conflicts, refusals and failures."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.pediaclusters.statuswriter import CONFLICT_SECONDS, StatusWriter
from clusterimport.controllers.pediaclusters.verdicts import probed
from clusterimport.kube import errors
from clusterimport.model.gvr import PEDIACLUSTERS
from tests.fakes.controllers.health import REACHABLE, TIMEOUT, UNAUTHORIZED
from tests.fakes.controllers.importing import DIGEST
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import SERVER, STATUS, PediaRig

pytestmark = pytest.mark.looptime

FINDING = probed(REACHABLE, SERVER, 1)
INVALID = errors.Invalid(422, "Invalid", verb="patch")
DENIED = errors.Forbidden(403, "Forbidden", "a webhook says no")
NO_RIGHT = errors.Forbidden(
    403, "Forbidden", 'pediaclusters "mcp-one" is forbidden: User "u" cannot patch resource "x"'
)


class Rig(PediaRig):
    """A PediaCluster, and the writer of its status."""

    def __init__(self):
        super().__init__()
        self.obj = self.imported()
        self.writer = StatusWriter(self.context, DIGEST)

    async def write(self, finding=FINDING):
        return await self.writer.write(self.context.newest.pediacluster("mcp-one"), finding)


async def test_what_differs_is_written_once():
    """The patch has the resourceVersion; its answer is known before the cache has seen it."""
    rig = Rig()
    assert await rig.write() is None
    sent = rig.rest.last("PATCH")
    assert sent.path == STATUS
    version = rig.obj["metadata"]["resourceVersion"]
    assert sent.body["metadata"] == {"resourceVersion": version}
    assert sent.body["status"].keys() == {"conditions", "apiserver", "version"}
    assert await rig.write() is None

    assert rig.writes() == [("PATCH", STATUS)]
    newest = rig.context.newest.pediacluster("mcp-one")
    assert newest["status"]["version"] == "v1.36.2"
    assert newest["spec"]["tokenData"].startswith("digest:")


async def test_one_that_is_gone_needs_no_status():
    """NotFound ends it."""
    rig = Rig()
    rig.rest.meet("PATCH", STATUS, errors.NotFound(404, "NotFound"))

    assert await rig.write() is None


async def test_a_conflict_is_no_failure():
    """It is to be tried again when the newer object is seen, at the latest after five seconds."""
    rig = Rig()
    rig.put(PEDIACLUSTERS, rig.get(PEDIACLUSTERS, "mcp-one"), labels={"a": "b"})
    with capture_logs() as logs:
        assert await rig.write() == CONFLICT_SECONDS == 5
    assert logs == []
    rig.see()

    assert await rig.write() is None
    assert rig.status()["version"] == "v1.36.2"


@pytest.mark.parametrize(
    "error", [NO_RIGHT, errors.ServiceUnavailable(503, "Down"), errors.TransportError("reset")]
)
async def test_a_failure_is_raised(error):
    """The server, or a missing right, which a grant mends of which no event tells."""
    rig = Rig()
    rig.rest.meet("PATCH", STATUS, error)
    with pytest.raises(type(error)):
        await rig.write()
    await asyncio.sleep(2)  # A missing right is not tried again before.

    assert await rig.write() is None


@pytest.mark.parametrize("error", [INVALID, DENIED])
async def test_what_is_refused_is_tried_again_after_minutes(error):
    """After 1, 2 and then 5 minutes; the same finding is not sent meanwhile, and told once each."""
    rig = Rig()
    rig.rest.meet("PATCH", STATUS, *[error] * 4)
    with capture_logs() as logs:
        for number, seconds in enumerate((60, 120, 300, 300), start=1):
            assert await rig.write() == pytest.approx(seconds)
            await asyncio.sleep(10)
            assert await rig.write() == pytest.approx(seconds - 10)
            assert rig.rest.count("PATCH", STATUS) == number
            await asyncio.sleep(seconds - 10)
    assert [line["event"] for line in logs] == ["pediacluster status refused"] * 4
    assert CANARY not in repr(logs)

    assert await rig.write() is None
    assert rig.rest.count("PATCH", STATUS) == 5


async def test_another_finding_is_sent_at_once():
    """A refusal is one of a content; what was accepted, gone, or has another CRD ends it."""
    rig = Rig()
    rig.rest.meet("PATCH", STATUS, INVALID)
    await rig.write()
    assert await rig.write(probed(TIMEOUT, SERVER, 1)) is None
    assert await rig.write() is None
    rig.rest.meet("PATCH", STATUS, INVALID)
    await rig.write(probed(TIMEOUT, SERVER, 1))
    assert await rig.write(probed(UNAUTHORIZED, SERVER, 1)) is None

    again = Rig()
    again.rest.meet("PATCH", STATUS, INVALID, INVALID)
    await again.write()
    again.writer.forget("mcp-one")
    await again.write()
    assert again.rest.count("PATCH", STATUS) == 2
    again.schemas_changed()
    assert await again.write() is None
