"""JSON in both directions."""

from types import MappingProxyType

import pytest

from clusterimport.kube.codec import decode, encode
from clusterimport.kube.errors import InvalidBody, StreamError


def test_objects_survive_the_way_there_and_back():
    """Plain values and read-only views of them are encoded alike."""
    value = {"a": [1, 2.5, None, True, "ä"], "b": {}}

    assert decode(encode(value)) == value
    assert encode(MappingProxyType({"a": MappingProxyType({"b": ("c",)})})) == b'{"a":{"b":["c"]}}'


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"canary"', b'{"canary": "\xff"}'])
def test_anything_but_an_object_is_a_stream_error_without_content(body):
    """Neither the text nor a chained exception shows what could not be decoded."""
    with pytest.raises(StreamError) as caught:
        decode(body)

    assert caught.value.reason == "MalformedAnswer"
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_is_not_json_is_refused_without_content():
    """A lone surrogate in data is InvalidBody, a strange type a mistake of ours."""
    with pytest.raises(InvalidBody) as caught:
        encode({"canary": "canary\ud800"})
    assert "canary" not in str(caught.value)
    with pytest.raises(TypeError, match="object is not JSON"):
        encode({"a": object()})
