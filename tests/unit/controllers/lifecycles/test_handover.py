"""What was judged of a connection is handed over to whoever looks at the PediaCluster."""

from functools import partial

import pytest

from clusterimport.controllers.lifecycles.verdict import Held
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    CANARY,
)
from tests.fakes.controllers.writing import INVALID, WriterRig

pytestmark = pytest.mark.looptime


async def test_what_was_judged_is_handed_over_with_what_was_written():
    """A creation and a rotation each hand over the connection that stands there now."""
    rig = WriterRig()
    await rig.write()
    rig.see()
    first = handed_over(rig)
    await rig.write(token="new")
    rig.see()
    second = handed_over(rig)
    await rig.write(token="new")

    assert (first.connection.token, second.connection.token) == (CANARY, "new")
    assert handed_over(rig) is None


async def test_nothing_is_handed_over_where_something_else_was_stored():
    """What the server answers counts: a webhook may have changed the connection."""
    rig = WriterRig()
    create = rig.store.create

    def changed(gvr, namespace, body):
        spec = body["spec"] | {"apiserver": "https://elsewhere:6443"}
        return create(gvr, namespace, body | {"spec": spec})

    rig.store.create = changed
    await rig.write()

    assert "mcp-one" not in rig.context.handover


async def test_nothing_is_handed_over_where_somebody_set_secrets_beside_it():
    """What a Secret holds was not judged, whichever of the two counts."""
    rig = WriterRig()
    create = rig.store.create

    def changed(gvr, namespace, body):
        beside = {"authenticationFrom": {"token": {"name": "a", "key": "b"}}}
        return create(gvr, namespace, body | {"spec": body["spec"] | beside})

    rig.store.create = changed
    await rig.write()

    assert "mcp-one" not in rig.context.handover


async def test_nobody_looks_at_a_pediacluster_while_its_connection_is_written():
    """Whoever comes with the event comes back after the answer, also after a refusal."""
    rig = WriterRig()
    seen = []

    def asked(gvr, namespace, body):
        again = partial(rig.queues.pediaclusters.add, "mcp-one")
        seen.append(rig.context.newest.written_pediaclusters.put_off("mcp-one", again))
        raise INVALID

    rig.store.create = asked
    with pytest.raises(Held):
        await rig.write()

    assert seen == [True]
    assert not rig.context.newest.written_pediaclusters.put_off("mcp-one", pytest.fail)
    assert drain(rig.queues.pediaclusters) == ["mcp-one"]


def handed_over(rig):
    """Take the verdict on the connection that stands in the PediaCluster."""
    return rig.context.handover.take(rig.context.newest.pediacluster("mcp-one"), frozenset())
