"""What is made of bytes that arrive, whatever the content is: cut, kept, or refused undecoded."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.kube.decoding import LAST_APPLIED, cut_event, cut_item, open_object
from clusterimport.limits.counted import Limit
from clusterimport.limits.objects import SOURCE_BOUNDS, Bounds
from clusterimport.model.objects import JsonObject, UnusableObject
from tests.fakes.kube.received import received

METADATA = {"name": "a", "namespace": "ns", "uid": "u", "resourceVersion": "7"}
OBJECT = {"apiVersion": "lab.example/v1", "kind": "LabCluster", "metadata": METADATA}
DEEP = b"[" * 300_000 + b"]" * 300_000
"""Deeper than the decoder gets under any Python: 3.14 allows what 8 MiB of stack hold."""
BOUNDS = Bounds(size_bytes=4_000, values=100, depth=10)


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


def obj(**fields):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": METADATA, **fields}


def opened(made, bounds=BOUNDS):
    return open_object(received(made), bounds)


def limit_of(made, bounds=BOUNDS):
    found = opened(made, bounds)
    return found.problem.limit if isinstance(found, UnusableObject) else None


VALUES = st.recursive(
    st.integers(0, 9) | st.text('[{,]"', max_size=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("[,a"), inner),
    max_leaves=20,
)


def count(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, inner))


def nested(levels, inner=0):
    for _ in range(levels):
        inner = [inner]
    return inner


def test_t51_bulk_is_dropped_and_the_rest_is_equal():
    """The managed fields and the last-applied annotation go, everything else stays."""
    metadata = {
        **METADATA,
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {LAST_APPLIED: "{}", "keep": "me"},
    }
    spec = {"managedFields": ["the object's own"], "a": [1.5, None, {"b": "ä\\u0000"}]}
    found = opened(obj(metadata=metadata, spec=spec))

    kept = {**METADATA, "annotations": {"keep": "me"}}
    assert found.content == found.compact.content() == obj(metadata=kept, spec=spec)
    assert found.compact.size == len(found.compact.json)
    assert b"kubectl" not in found.compact.json


def test_t51_what_is_dropped_does_not_count():
    """Managed fields and the last-applied annotation may be as large as they like."""
    bulk = {"managedFields": [[]] * 5_000, "annotations": {LAST_APPLIED: "[" * 5_000}}

    assert limit_of(obj(metadata={**METADATA, **bulk})) is None


def test_t51_a_type_that_the_list_told_is_kept():
    """The compact form of an item of a built-in type has its apiVersion and kind."""
    body = {"metadata": METADATA, "data": {}}
    item = received(body)
    item.api_version, item.kind = "v1", "Secret"
    found = open_object(item, BOUNDS)

    assert json.loads(found.compact.json) == {"apiVersion": "v1", "kind": "Secret", **body}


@pytest.mark.parametrize(
    ("spec", "limit"),
    [
        ("x" * 5_000, Limit.OBJECT_BYTES),
        ([[]] * 101, Limit.OBJECT_VALUES),
        ([0] * 101, Limit.OBJECT_VALUES),
        ([{"a": {}}] * 60, Limit.OBJECT_VALUES),
        ({f"{n}": 0 for n in range(101)}, Limit.OBJECT_VALUES),
        (nested(10), Limit.OBJECT_DEPTH),
        ({"a": nested(9)}, Limit.OBJECT_DEPTH),
        (nested(90), Limit.OBJECT_DEPTH),
        ([nested(4), [nested(8)], {}], Limit.OBJECT_DEPTH),
        (nested(9), None),
        (["[[[[[[[[[[[[,,,,{{{{" * 20], None),
        ({'"[\\': '\\"[[[[[[[[[[[,' * 20}, None),
        ([[]] * 90, None),
        (["a", ["b"]] * 30, None),
    ],
)
def test_t51_what_is_too_large_is_refused_before_it_is_decoded(spec, limit):
    """By its bytes, its values or its levels; commas and brackets in texts are none."""
    assert limit_of(obj(spec=spec)) is limit


@given(st.integers(1, 20), st.integers(2, 20), st.text('[{"a', max_size=40))
def test_t51_levels_are_counted_exactly(levels, bound, text):
    """An object with as many levels as may be is taken, with one more it is not."""
    found = limit_of(obj(spec=nested(levels, text)), Bounds(10_000, 10_000, bound))

    assert found is (None if levels + 1 <= bound else Limit.OBJECT_DEPTH)


@given(VALUES)
def test_t51_values_are_counted_exactly(spec):
    """Maps, lists and what stands in them count one each."""
    made = obj(spec=spec)
    values = count(made) - 1
    bounds = Bounds(100_000, values, 100)

    assert limit_of(made, bounds) is None
    assert limit_of(made, bounds._replace(values=values - 1)) is Limit.OBJECT_VALUES


@pytest.mark.parametrize("bad", [b'"\xff"', b"1e999"])
def test_t01_what_is_only_seen_to_be_broken_when_it_is_decoded_is_refused(bad):
    """Bytes that are no UTF-8 and numbers out of range are passed by when an object is cut."""
    item = received(obj(spec="HERE"))
    item = JsonObject(item, item.json.replace(b'"HERE"', bad))
    found = open_object(item, BOUNDS)

    assert isinstance(found, UnusableObject)
    assert (found.problem.reason("Source"), found.name) == ("SourceNotReadable", "a")


def test_t01_what_could_be_cut_and_not_opened_is_too_deep():
    """How deep the decoder gets depends on who calls it."""
    item = received(obj(spec="HERE"))
    item = JsonObject(item, item.json.replace(b'"HERE"', b"[" * 300_000 + b"]" * 300_000))
    found = open_object(item, BOUNDS)

    assert isinstance(found, UnusableObject)
    assert found.problem.limit is Limit.OBJECT_DEPTH


@pytest.mark.parametrize("place", ["spec", "metadata"])
async def test_t30_the_depth_that_the_server_takes_is_too_deep_for_any_python(place):
    """Whether its decoder reads ten thousand levels or not; managed fields may be as deep."""
    nest = b"[" * 9_990 + b"]" * 9_990
    fields = {"spec": "HERE"} if place == "spec" else {}
    metadata = METADATA if place == "spec" else {"managedFields": "HERE", **METADATA}
    body = json.dumps(obj(**fields) | {"metadata": metadata}).encode().replace(b'"HERE"', nest)
    found = open_object(await cut_item(body), SOURCE_BOUNDS)

    if place == "metadata":
        assert found.content == obj()
    else:
        assert found.problem.limit is Limit.OBJECT_DEPTH
        assert found.name == "a"


def test_t51_real_objects_are_far_within_the_bounds():
    """A Karmada Cluster that has the types of a large member cluster in its status."""
    enablements = [
        {
            "groupVersion": f"group{group}.example.com/v1",
            "resources": [{"name": f"resource{n}", "kind": f"Resource{n}"} for n in range(30)],
        }
        for group in range(60)
    ]
    assert limit_of(obj(status={"apiEnablements": enablements}), SOURCE_BOUNDS) is None


@pytest.mark.slow
def test_t51_the_attack_is_refused():
    """1.3 MB of nested lists, which are 56 MB when decoded."""
    assert limit_of(obj(spec=[[]] * 430_000), SOURCE_BOUNDS) is Limit.OBJECT_BYTES
    assert limit_of(obj(spec=[[]] * 21_000), SOURCE_BOUNDS) is Limit.OBJECT_VALUES
