"""Objects that are kept as JSON."""

import json
import sys

import pytest

from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject

WHO = Identity("v1", "Secret", "team", "auth", "uid", "7")
LONG = json.dumps({"data": {"value": "bGV0dGVycw" * 500}}).encode()


@pytest.mark.parametrize("content", [b"{}", b'{"a":1}', LONG])
@pytest.mark.parametrize("is_kept", [True, False])
def test_what_is_kept_is_what_was_given(content: bytes, is_kept: bool) -> None:
    """Byte for byte, and its size is that of its JSON, however small it was made."""
    obj = JsonObject(WHO, content, is_kept=is_kept)

    assert obj.json == content
    assert obj.size == len(content)
    assert obj.content() == {"apiVersion": "v1", "kind": "Secret", **json.loads(content)}


def test_what_is_kept_takes_less_memory_than_its_json() -> None:
    """One that is short, or that nothing makes smaller, takes no more than that."""
    assert sys.getsizeof(JsonObject(WHO, LONG, is_kept=True)._bytes) < len(LONG) / 10
    assert JsonObject(WHO, b"{}", is_kept=True)._bytes == b"{}"
