"""From bytes to an identity, whatever the content is."""

import asyncio
import json

import pytest

from clusterimport.kube.cutting import cut_event, cut_item
from clusterimport.limits.counted import Limit
from clusterimport.model.objects import JsonObject, UnusableObject

METADATA = {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "7"}
OBJECT = {"apiVersion": "lab.example/v1", "kind": "LabCluster", "metadata": METADATA}
DEEP = b"[" * 300_000 + b"]" * 300_000
"""Deeper than the decoder gets under any Python: 3.14 allows what 8 MiB of stack hold."""


def placed(obj, value):
    """Return JSON in which the text "HERE" is replaced."""
    return json.dumps(obj).encode().replace(b'"HERE"', value)


def identity(obj):
    return obj.api_version, obj.kind, obj.namespace, obj.name, obj.uid, obj.resource_version


FOUND = ("lab.example/v1", "LabCluster", "ns", "a", "u", "7")


async def test_t01_an_object_is_cut_and_not_decoded():
    """Its identity is known, its bytes are kept as they came, and read when they are asked for."""
    body = placed({**OBJECT, "spec": {"a": 1}}, b"")
    obj = await cut_item(body)

    assert isinstance(obj, JsonObject)
    assert identity(obj) == FOUND
    assert obj.json == body
    assert obj["spec"] == {"a": 1}


@pytest.mark.parametrize(
    "obj",
    [
        {**OBJECT, "spec": "HERE"},
        {"aaa": "HERE", **OBJECT},
        {**OBJECT, "metadata": {"annotations": {"a": "HERE"}, **METADATA}},
        {"metadata": METADATA, "spec": "HERE", "kind": "LabCluster", "apiVersion": FOUND[0]},
    ],
)
@pytest.mark.parametrize(
    ("value", "what", "limit"),
    [
        (DEEP, "TooLarge", Limit.OBJECT_DEPTH),
        (b'"\\ud800"', "NotReadable", Limit.OBJECT_ENCODING),
        (b"NaN", "NotReadable", Limit.OBJECT_ENCODING),
    ],
)
async def test_t01_an_object_that_cannot_be_read_has_its_identity_and_a_reason(
    obj, value, what, limit
):
    """Wherever the unreadable part stands, also before the identity."""
    event = await cut_event(b'{"type":"MODIFIED","object":' + placed(obj, value) + b"}")

    assert event.type == "MODIFIED"
    assert isinstance(event.object, UnusableObject)
    assert identity(event.object) == FOUND
    assert (event.object.problem.what, event.object.problem.limit) == (what, limit)
    assert event.object.content()["metadata"] == METADATA


@pytest.mark.parametrize("place", [0, 2, 4])
async def test_t01_deep_managed_fields_do_no_harm(place):
    """They are cut away, and the rest of the object is read."""
    members = list(METADATA.items())
    members.insert(place, ("managedFields", "HERE"))
    metadata = dict(members)
    body = placed({**OBJECT, "metadata": metadata, "spec": {"a": 1}}, DEEP)

    item = await cut_item(body)
    event = await cut_event(b'{"type":"ADDED","object":' + body + b"}")

    for obj in (item, event.object):
        assert isinstance(obj, JsonObject)
        assert obj.content() == {**OBJECT, "spec": {"a": 1}}


async def test_t01_an_item_has_the_type_of_its_list():
    """Also one that cannot be read; what it says of itself counts more."""
    for value in (b"1", DEEP):
        body = placed({"metadata": METADATA, "data": "HERE"}, value)
        assert identity(await cut_item(body, "v1", "Secret"))[:2] == ("v1", "Secret")
        body = placed({**OBJECT, "spec": "HERE"}, value)
        assert identity(await cut_item(body, "v1", "Secret")) == FOUND


async def test_t01_a_large_object_that_is_too_deep_gives_others_their_turn():
    """While 3 MiB are looked through, another task runs."""
    body = placed(
        {"aaa": "HERE", **OBJECT}, b"[" * 300_000 + b"[0]," * 700_000 + b"0" + b"]" * 300_000
    )
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    obj = await cut_item(body)
    task.cancel()

    assert identity(obj) == FOUND
    assert turns >= 5
