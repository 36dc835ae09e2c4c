"""Bodies that the server refuses, and labels that it would refuse."""

import asyncio

import pytest

from clusterimport.model.gvr import PEDIACLUSTERS
from tests.fakes.controllers.importobjects import (
    CANARY,
)
from tests.fakes.controllers.writing import COLLECTION, INVALID, OBJECT, WriterRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", COLLECTION, "CreationFailure"),
        ("PATCH", OBJECT, "FailedPatchPediaCluster"),
    ],
)
async def test_a_refused_body_waits_unless_it_changes(method, path, reason):
    """A 422 is held and told with its fields; the same body after a minute, another at once."""
    rig = WriterRig()
    if method == "PATCH":
        rig.exists(apiserver="https://old:6443")
    rig.rest.meet(method, path, *[INVALID] * 3)
    held = await rig.held()
    assert (held.reason, held.retry_after) == (reason, 60.0)
    assert "spec.caData (FieldValueInvalid)" in held.message
    await asyncio.sleep(15)
    assert (await rig.held()).retry_after == pytest.approx(45.0)
    assert rig.rest.count(method, path) == 1
    await rig.held(token="another")
    assert rig.rest.count(method, path) == 2
    rig.schemas_changed()
    await rig.held(token="another")
    assert rig.rest.count(method, path) == 3
    rig.subject.forget("mcp-one")
    await rig.write(token="another")

    assert CANARY not in str(held)
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("another")


@pytest.mark.parametrize(("method", "path"), [("POST", COLLECTION), ("PATCH", OBJECT)])
async def test_an_accepted_write_ends_the_memory_of_a_refusal(method, path):
    """A body that was refused once and accepted then counts from the beginning again."""
    rig = WriterRig()

    def wrong():
        if method == "PATCH":
            rig.exists(apiserver="https://old:6443")
        elif rig.get(PEDIACLUSTERS, "mcp-one"):
            rig.drop(PEDIACLUSTERS, "mcp-one")
            rig.context.newest.written_pediaclusters.observed_deletion("mcp-one", "uid-2")

    wrong()
    rig.rest.meet(method, path, INVALID, INVALID)
    await rig.held()
    await asyncio.sleep(60)
    assert (await rig.held()).retry_after == 120.0
    await asyncio.sleep(120)
    await rig.write()
    wrong()
    rig.rest.meet(method, path, INVALID)

    assert (await rig.held()).retry_after == 60.0


async def test_t04_a_label_that_the_server_refuses_does_not_hold_a_rotation_back():
    """The connection is written by itself; the labels wait, and are told."""
    rig = WriterRig(updatePolicy="All")
    rig.exists()

    def refuse():
        rig.rest.meet("PATCH", OBJECT, INVALID)

    rig.rest.meet("PATCH", OBJECT, refuse)
    held = await rig.held(token="new", labels={"a": "b"})

    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    assert (held.reason, held.retry_after) == ("FailedPatchPediaCluster", 60.0)
    rig.see()
    await rig.held(token="newer", labels={"a": "b"})
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("newer")
    corrected = await rig.write(token="newer", labels={"a": "c"})
    assert corrected.held is None
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["labels"] == {"a": "c"}


async def test_t04_a_connection_that_the_server_refuses_does_not_hold_labels_back():
    """Neither waits for the other, and what was refused is told first."""
    rig = WriterRig(updatePolicy="All")
    rig.exists()
    rig.rest.meet("PATCH", OBJECT, INVALID)
    held = await rig.held(token="new", labels={"a": "b"})

    assert "spec.caData" in held.message
    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"]["labels"] == {"a": "b"}


async def test_t04_a_label_that_cannot_be_one_is_told_by_key_and_never_sent():
    """With All it is a failure to mend, and the rotation beside it is written."""
    rig = WriterRig(updatePolicy="All")
    rig.exists()
    held = await rig.held(token="new", labels={"owner": "Jane Doe <jane@lab.example>"})

    assert held.reason == "FailedResolveAndDecodePediaCluster"
    assert "metadata.labels[owner]" in held.message
    assert "jane" not in held.message
    assert rig.get(PEDIACLUSTERS, "mcp-one")["spec"]["tokenData"] == base64_of("new")
    assert len(rig.rest.writes()) == 1


async def test_t04_a_label_that_cannot_be_one_matters_only_where_labels_are_written():
    """With Credentials nothing of an update depends on it; a creation does."""
    rig = WriterRig()
    held = await rig.held(labels={"owner": "Jane Doe"})
    assert "metadata.labels[owner]" in held.message
    assert rig.rest.writes() == []
    rig.exists()

    assert (await rig.write(token="new", labels={"owner": "Jane Doe"})).held is None


async def test_t31_a_mark_that_the_server_refuses_is_tried_again_after_a_while():
    """It is no error of the import; the same mark is sent again after a minute."""
    rig = WriterRig(deletionPolicy="Orphan")
    rig.exists()
    rig.rest.meet("PATCH", OBJECT, INVALID, INVALID)
    for _ in range(3):
        await rig.subject.mark(rig.record)
    assert rig.rest.count("PATCH", OBJECT) == 1
    await asyncio.sleep(60)
    await rig.subject.mark(rig.record)
    assert rig.rest.count("PATCH", OBJECT) == 2
    await asyncio.sleep(120)
    await rig.subject.mark(rig.record)

    assert rig.get(PEDIACLUSTERS, "mcp-one")["metadata"].get("ownerReferences") is None
