"""Lists."""

import asyncio
import json

import pytest

from clusterimport.kube.errors import StreamError
from clusterimport.kube.listing import cut_list


def body(**changes) -> bytes:
    full = {
        "apiVersion": "v1",
        "kind": "PodList",
        "metadata": {"resourceVersion": "7"},
        "items": [],
    }
    return json.dumps({**full, **changes}).encode()


async def test_a_page_is_decoded_completely():
    """Items, version, continue token and the number that remains are all there."""
    metadata = {"resourceVersion": "7", "continue": "abc", "remainingItemCount": 3}
    page = await cut_list(body(metadata=metadata, items=[{"metadata": {"name": "a"}}]))

    assert page.items == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]
    assert (page.resource_version, page.continue_token, page.remaining) == ("7", "abc", 3)


async def test_items_that_tell_their_type_keep_it():
    """What a custom resource says of itself is not overwritten; null items are none."""
    item = {"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "a"}}

    assert (await cut_list(body(items=[item]))).items == [item]
    empty = await cut_list(body(items=None))
    assert (empty.items, empty.continue_token, empty.remaining) == ([], "", None)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b"{}",
        b'{"items": []}',
        body(kind="Status"),
        body(kind="Pod"),
        body(metadata={}),
        body(metadata=None),
        body(items={}),
        body()[:-1],
        b'{"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [{"a": "canary"}}',
        body() + b"canary",
    ],
)
async def test_what_is_not_a_complete_list_is_never_an_empty_one(wrong):
    """Anything else than a list with a version raises, without its content."""
    with pytest.raises(StreamError) as caught:
        await cut_list(wrong)

    assert "canary" not in str(caught.value)


async def test_t01_an_item_that_cannot_be_named_is_left_out_and_counted():
    """Of a list with a text and an empty object among its items, the others come."""
    page = await cut_list(body(items=["canary", {}, {"metadata": {"name": "a"}}, None]))

    assert [item.name for item in page.items] == ["a"]
    assert page.nameless == 3


async def test_a_big_list_lets_others_run():
    """While 8 MiB are decoded, another task gets its turns."""
    big = body(items=[{"metadata": {"name": str(n)}, "data": "x" * 10_000} for n in range(800)])
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    page = await cut_list(big)
    task.cancel()

    assert len(page.items) == 800
    assert 7 <= turns <= 20
